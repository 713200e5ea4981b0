select task.customer_id, task.task_id::text as "task_id!", task.kind, task.subject, task.theme,
       task.owner, task.source, task.due_time, task.expire_time, task.state, task.state_reason,
       task.state_time, task.channel, task.lease_count, task.permission_findings,
       task.permission_rules_version, task.lease_token::text as "lease_token?",
       task.lease_expire_time as "lease_expire_time?"
from unnest($1::text[], $2::text[], $3::text[]) with ordinality
    as row (customer_id, kind, subject, place)
left join care_alias as alias on alias.customer_id = row.customer_id
join care_task as task
    on task.customer_id = coalesce(alias.stays_customer_id, row.customer_id)
   and task.kind = row.kind and task.subject = row.subject
order by row.place
