-- Touches the row of an account that the customer has already, and none that another one has.
insert into account_owner (account_id, customer_id)
select account_id, customer_id
from unnest($1::text[], $2::text[]) as claim (customer_id, account_id)
order by account_id
on conflict on constraint account_owner_pkey do update
set customer_id = excluded.customer_id
where account_owner.customer_id = excluded.customer_id
