-- Makes what is wanted and not known. What waits is brought up to date; what was withdrawn because
-- nothing asked for it waits again. Sorted, so that two who plan the same customers cannot deadlock.
insert into care_task
    (customer_id, kind, subject, theme, owner, source, channels, due_time, expire_time, ask_time,
     next_attempt_time, state, state_time)
select row.customer_id, row.kind, row.subject, row.theme, row.owner, 'plan', '{}', row.due_time,
       row.expire_time, $1, row.due_time,
       case when row.is_held_out then 'held_out' else 'waiting' end, $1
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[],
            $8::timestamptz[], $9::boolean[])
    as row (customer_id, kind, subject, theme, owner, due_time, expire_time, is_held_out)
order by row.customer_id, row.kind, row.subject
on conflict on constraint care_task_subject_key do update
set theme = excluded.theme, owner = excluded.owner, due_time = excluded.due_time,
    expire_time = excluded.expire_time, state = 'waiting',
    state_reason = case when care_task.state = 'waiting' then care_task.state_reason else '' end,
    state_time = case when care_task.state = 'waiting' then care_task.state_time else $1 end,
    next_attempt_time = case
        when care_task.state = 'waiting' and care_task.due_time = excluded.due_time
        then care_task.next_attempt_time else excluded.due_time end
where care_task.source = 'plan' and excluded.state = 'waiting'
  and ((care_task.state = 'waiting'
        and (care_task.theme, care_task.owner, care_task.due_time, care_task.expire_time)
            is distinct from
            (excluded.theme, excluded.owner, excluded.due_time, excluded.expire_time))
       or (care_task.state = 'dropped'
           and care_task.state_reason in ('NOT_NEEDED', 'LEAVING', 'CUSTOMER_DIED')))
