select customer_id
from observed_customer
where customer_id > $1 and hashtext(customer_id)::bigint % $3 = 0
order by customer_id
limit $2
