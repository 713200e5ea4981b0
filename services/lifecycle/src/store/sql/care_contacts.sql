-- The contacts with some customers: what was done lately, and what is under way.
select customer_id, state_time,
       state <> 'completed' as "is_under_way!"
from care_task
where customer_id = any($1) and owner = 'sender'
  and ((state = 'completed' and state_time > $2)
       or (state = 'leased' and lease_expire_time > now())
       or (state in ('waiting', 'leased') and claim_expire_time > now()))
order by state_time desc
