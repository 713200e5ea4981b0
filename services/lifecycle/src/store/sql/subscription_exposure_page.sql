select customer_id, subscription_id, business_line, contract_kind, start_time, end_time, lives_on
from subscription_exposure
where (customer_id, subscription_id) > ($1, $2)
order by customer_id, subscription_id
limit $3
