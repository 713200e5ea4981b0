select customer_id, (array_agg(day order by day desc))[1:$2] as "latest_days!",
       count(*) as "day_count!"
from (
    select distinct customer_id, (event_time at time zone 'UTC')::date - date '1970-01-01' as day
    from event
    where customer_id = any($1) and kind = 1
) as purchase
group by customer_id
