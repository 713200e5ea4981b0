update care_task as task
set channels = string_to_array(narrowed.channels, ',')
from unnest($2::text[], $3::text[]) as narrowed (task_id, channels)
where task.customer_id = $1 and task.task_id = narrowed.task_id::uuid
