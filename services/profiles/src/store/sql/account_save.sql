insert into account (customer_id, account_id, business_line, open_time)
select *
from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
on conflict on constraint account_pkey do update
set open_time = excluded.open_time
