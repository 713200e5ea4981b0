select customer_id, incident_id, subscription_id, severity, responsible_party, category, open_time,
       recovery_step, promise_due_time, promise_broken, broken_promise_due_time,
       resolve_time, outcome
from incident
where customer_id = any($1)
  and (resolve_time is null
       or (customer_id, incident_id) in (select * from unnest($2::text[], $3::text[])))
