select customer_digest
from erased_customer
where customer_digest = any($1)
