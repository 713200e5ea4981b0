-- Takes the channels out that are closed, and lets others have the task.
update care_task as task
set channels = string_to_array(left_open.channels, ','), claim_token = null,
    claim_expire_time = null
from unnest($1::text[], $2::text[], $3::text[]) as left_open (customer_id, task_id, channels)
where task.customer_id = left_open.customer_id and task.task_id = left_open.task_id::uuid
  and task.claim_token = $4::text::uuid
