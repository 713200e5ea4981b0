select customer_id, account_id, business_line, open_time
from account
where customer_id = any($1)
order by customer_id, open_time, account_id
