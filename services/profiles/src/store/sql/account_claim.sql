-- Sorted, so that two transactions that claim the same accounts cannot deadlock.
insert into account_owner (account_id, customer_id)
select account_id, customer_id
from unnest($1::text[], $2::text[]) as claim (customer_id, account_id)
order by account_id
on conflict on constraint account_owner_pkey do nothing
