insert into incident (customer_id, incident_id, subscription_id, severity, responsible_party,
                      category, open_time, recovery_step, promise_due_time, promise_broken,
                      broken_promise_due_time, resolve_time, outcome)
select *
from unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::smallint[], $6::text[],
            $7::timestamptz[], $8::smallint[], $9::timestamptz[], $10::boolean[],
            $11::timestamptz[], $12::timestamptz[], $13::text[])
on conflict on constraint incident_pkey do update
set subscription_id = excluded.subscription_id,
    severity = excluded.severity,
    responsible_party = excluded.responsible_party,
    category = excluded.category,
    open_time = excluded.open_time,
    recovery_step = excluded.recovery_step,
    promise_due_time = excluded.promise_due_time,
    promise_broken = excluded.promise_broken,
    broken_promise_due_time = excluded.broken_promise_due_time,
    resolve_time = excluded.resolve_time,
    outcome = excluded.outcome
