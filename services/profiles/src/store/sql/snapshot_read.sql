select customer_id, revision, facts::text as "facts!"
from customer_snapshot
where customer_id = any($1)
