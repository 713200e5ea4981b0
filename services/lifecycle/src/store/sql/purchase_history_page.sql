select customer_id, business_line, purchase_days
from purchase_history
where (customer_id, business_line) > ($1, $2)
order by customer_id, business_line
limit $3
