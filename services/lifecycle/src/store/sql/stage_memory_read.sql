select customer_id, stage, stage_since, risk_memory, rules_version, model_activation
from scored_customer
where customer_id = any($1)
