select customer_id, revision, business_line, stage, stage_rule, stage_since, risk_memory, live,
       churn_risk, probability_alive, value_minor, value_currency, rules_version, model_activation,
       scored_time, valid_until
from scored_customer
where stage = $1 and ($2 = '' or business_line = $2) and customer_id > $3
order by customer_id
limit $4
