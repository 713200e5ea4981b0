select task.customer_id, task.task_id::text as "task_id!", task.kind, task.subject, task.theme,
       task.owner, task.source, task.due_time, task.expire_time, task.state, task.state_reason,
       task.state_time, task.channel, task.lease_count, task.permission_findings,
       task.permission_rules_version, task.lease_token::text as "lease_token?",
       task.lease_expire_time as "lease_expire_time?"
from care_task as task
where task.customer_id = coalesce(
        (select stays_customer_id from care_alias where care_alias.customer_id = $1), $1)
  and task.task_id = $2::text::uuid
for update
