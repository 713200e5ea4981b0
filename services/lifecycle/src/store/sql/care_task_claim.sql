with drawn as materialized (select gen_random_uuid() as token)
update care_task as task
set claim_token = drawn.token, claim_expire_time = now() + make_interval(secs => $1)
from drawn, unnest($2::text[], $3::text[]) as claimed (customer_id, task_id)
where task.customer_id = claimed.customer_id and task.task_id = claimed.task_id::uuid
returning task.claim_token::text as "token!"
