-- What waits for a customer to reach them, with the channels it names.
select task_id::text as "task_id!", kind, channels
from care_task
where customer_id = $1 and owner = $3 and task_id <> $2::text::uuid
  and (state = 'waiting' or (state = 'leased' and lease_expire_time <= now()))
for update
