-- Those of the customers whom nobody else is counting the contacts of.
select customer.customer_id as "customer_id!"
from unnest($1::text[]) as customer (customer_id)
where pg_try_advisory_xact_lock(hashtextextended(customer.customer_id, 1667330661))
