select customer_id
from customer_alias
where alias_customer_id = $1
