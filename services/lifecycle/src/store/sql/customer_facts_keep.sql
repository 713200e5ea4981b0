-- Sorted, so that two who keep the same customers cannot deadlock.
insert into customer_facts (customer_id, revision, format, facts)
select row.customer_id, row.revision, $3, row.facts
from unnest($1::text[], $2::bigint[], $4::bytea[]) as row (customer_id, revision, facts)
order by row.customer_id
on conflict on constraint customer_facts_pkey do update
set revision = excluded.revision, format = excluded.format, facts = excluded.facts
where customer_facts.revision <= excluded.revision
returning customer_id
