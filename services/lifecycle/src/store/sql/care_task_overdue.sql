-- Drops what nobody needs any more, and what was handed out too often. A bounded number at once.
with over as (
    select customer_id, task_id from care_task
    where owner = $1 and state in ('waiting', 'leased') and next_attempt_time <= $2
      and (expire_time <= $2 or lease_count >= $3)
      and (lease_expire_time is null or lease_expire_time <= now())
      and (claim_expire_time is null or claim_expire_time <= now())
    order by next_attempt_time
    limit 500
    for update skip locked
)
update care_task as task
set state = 'dropped', state_time = $2,
    state_reason = case when task.lease_count >= $3 then 'NOT_DELIVERED' else 'EXPIRED' end
from over
where task.customer_id = over.customer_id and task.task_id = over.task_id
