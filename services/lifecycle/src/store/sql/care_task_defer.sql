-- What waits for a later time waits until then, or until nobody needs it.
update care_task as task
set state = 'waiting', state_reason = deferred.reason, state_time = $1,
    next_attempt_time = least(deferred.next_time, task.expire_time),
    claim_token = null, claim_expire_time = null
from unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[])
    as deferred (customer_id, task_id, next_time, reason)
where task.customer_id = deferred.customer_id and task.task_id = deferred.task_id::uuid
  and task.claim_token = $6::text::uuid
