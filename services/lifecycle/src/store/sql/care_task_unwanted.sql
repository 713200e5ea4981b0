-- Withdraws what the plan asked for and wants no more.
update care_task as task
set state = 'dropped', state_time = $1, claim_token = null, claim_expire_time = null,
    state_reason = case when task.expire_time <= $1 then 'EXPIRED' else customer.reason end
from unnest($2::text[], $3::text[]) as customer (customer_id, reason)
where task.customer_id = customer.customer_id and task.source = 'plan'
  and (task.state = 'waiting' or (task.state = 'leased' and task.lease_expire_time <= now()))
  and not exists (
      select from unnest($4::text[], $5::text[], $6::text[]) as wanted (customer_id, kind, subject)
      where wanted.customer_id = task.customer_id and wanted.kind = task.kind
        and wanted.subject = task.subject)
