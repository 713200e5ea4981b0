-- What other services asked for and waits.
select customer_id, task_id::text as "task_id!", kind, subject, owner, ask_time
from care_task
where customer_id = any($1) and source <> 'plan'
  and (state = 'waiting' or (state = 'leased' and lease_expire_time <= now()))
