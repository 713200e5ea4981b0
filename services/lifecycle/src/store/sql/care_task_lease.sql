with leased as (
    update care_task as task
    set state = 'leased', state_reason = '', state_time = $1, sender = $2,
        channel = nullif(allowed.channel, ''), lease_token = gen_random_uuid(),
        lease_expire_time = now() + make_interval(secs => $3),
        lease_count = task.lease_count + 1, claim_token = null, claim_expire_time = null,
        permission_findings = string_to_array(allowed.findings, ','),
        permission_rules_version = allowed.rules_version
    from unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
        as allowed (customer_id, task_id, channel, findings, rules_version)
    where task.customer_id = allowed.customer_id and task.task_id = allowed.task_id::uuid
      and task.claim_token = $9::text::uuid and task.claim_expire_time > now()
      and task.state in ('waiting', 'leased')
    returning task.*
)
select task.customer_id, task.task_id::text as "task_id!", task.kind, task.subject, task.theme,
       task.owner, task.source, task.due_time, task.expire_time, task.state, task.state_reason,
       task.state_time, task.channel, task.lease_count, task.permission_findings,
       task.permission_rules_version, task.lease_token::text as "lease_token?",
       task.lease_expire_time as "lease_expire_time?"
from leased as task
order by task.due_time, task.task_id
