-- Drops what was claimed and will never be allowed.
update care_task as task
set state = 'dropped', state_time = $1, state_reason = ended.reason, claim_token = null,
    claim_expire_time = null
from unnest($2::text[], $3::text[], $4::text[]) as ended (customer_id, task_id, reason)
where task.customer_id = ended.customer_id and task.task_id = ended.task_id::uuid
  and task.claim_token = $5::text::uuid
