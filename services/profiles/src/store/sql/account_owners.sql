select account_id, customer_id
from account_owner
where account_id = any($1)
