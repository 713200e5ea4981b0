update care_task as task
set state = 'dropped', state_time = $1, state_reason = dropped.reason, claim_token = null,
    claim_expire_time = null
from unnest($2::text[], $3::text[], $4::text[]) as dropped (customer_id, task_id, reason)
where task.customer_id = dropped.customer_id and task.task_id = dropped.task_id::uuid
  and (task.state = 'waiting' or (task.state = 'leased' and task.lease_expire_time <= now()))
