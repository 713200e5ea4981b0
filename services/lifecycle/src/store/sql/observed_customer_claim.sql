-- Sorted, so that two who take over the same customers cannot deadlock.
insert into observed_customer (customer_id, revision, last_seen_time)
select row.customer_id, row.revision, row.last_seen_time
from unnest($1::text[], $2::bigint[], $3::timestamptz[])
    as row (customer_id, revision, last_seen_time)
order by row.customer_id
on conflict on constraint observed_customer_pkey do update
set revision = excluded.revision, last_seen_time = excluded.last_seen_time
where observed_customer.revision <= excluded.revision
returning customer_id
