select customer_id, count(*) as "count!", max(resolve_time) as last_resolve_time
from incident
where customer_id = any($1)
group by customer_id
