select customer_id, subscription_id, account_id, product, relationship, contract_kind, standing,
       start_time, commitment_end_time, service_end_time, billing_end_time, end_reason,
       end_reached, price_minor, currency, attributes as "attributes: _", stated_reason,
       reason_category
from subscription
where customer_id = any($1)
order by customer_id, start_time, subscription_id
