select alias_customer_id as customer_id, revision, facts::text as "facts!"
from customer_alias
join customer_snapshot using (customer_id)
where alias_customer_id = any($1)
