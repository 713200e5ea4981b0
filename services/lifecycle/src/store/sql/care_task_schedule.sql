insert into care_task
    (customer_id, kind, subject, theme, owner, source, channels, due_time, expire_time, ask_time,
     next_attempt_time, state, state_time)
select coalesce(alias.stays_customer_id, row.customer_id), row.kind, row.subject, row.theme,
       row.owner, $2, string_to_array(row.channels, ','), row.due_time, row.expire_time, $1,
       row.due_time, 'waiting', $1
from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::timestamptz[], $10::timestamptz[])
    as row (customer_id, kind, subject, theme, owner, channels, due_time, expire_time)
left join care_alias as alias on alias.customer_id = row.customer_id
order by 1, 2, 3
on conflict on constraint care_task_subject_key do nothing
