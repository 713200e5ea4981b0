select customer_id, kind, currency, count(*) as "count!", min(event_time) as "first_time!",
       max(event_time) as "last_time!",
       least(coalesce(sum(amount_minor), 0), 9223372036854775807)::bigint as "total_minor!"
from event
where customer_id = any($1)
group by customer_id, kind, currency
