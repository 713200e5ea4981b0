select customer_id
from observed_customer
where customer_id > $1
order by customer_id
limit $2
