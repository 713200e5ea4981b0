select alias_customer_id, customer_id
from customer_alias
where alias_customer_id = any($1) or customer_id = any($1)
