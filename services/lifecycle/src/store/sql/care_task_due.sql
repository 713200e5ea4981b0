-- What may be handed out, longest waiting first. A sender that has some channels only gets what names
-- one of these, or names none and is of a kind whose channels in the plan have one.
select customer_id, task_id::text as "task_id!", kind, channels
from care_task
where owner = $1 and state in ('waiting', 'leased') and next_attempt_time <= $2
  and expire_time > $2 and lease_count < $3
  and (lease_expire_time is null or lease_expire_time <= now())
  and (claim_expire_time is null or claim_expire_time <= now())
  and (cardinality($4::text[]) = 0 or kind = any($4))
  and (cardinality($5::text[]) = 0
       or case when cardinality(channels) = 0 then kind = any($6::text[]) else channels && $5 end)
  and not (task_id = any($7::text[]::uuid[]))
order by next_attempt_time, customer_id, task_id
limit $8
for update skip locked
