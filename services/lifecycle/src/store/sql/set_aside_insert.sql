insert into set_aside_customer (customer_id, revision, reason)
select row.customer_id, row.revision, row.reason
from unnest($1::text[], $2::bigint[], $3::text[]) as row (customer_id, revision, reason)
on conflict on constraint set_aside_customer_pkey do update
set revision = excluded.revision, reason = excluded.reason, set_aside_time = now()
