insert into customer_snapshot (customer_id, revision, facts)
select customer_id, revision, facts::json
from unnest($1::text[], $2::bigint[], $3::text[]) as new (customer_id, revision, facts)
on conflict on constraint customer_snapshot_pkey do update
set revision = excluded.revision, facts = excluded.facts
