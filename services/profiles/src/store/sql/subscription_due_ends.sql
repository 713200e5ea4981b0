select customer_id as "customer_id!"
from subscription
where service_end_time <= $1 and not end_reached
order by service_end_time
limit $2
