select kind, state, state_reason, count(*) as "count!"
from care_task
where ($1::timestamptz is null or due_time >= $1) and ($2::timestamptz is null or due_time < $2)
group by kind, state, state_reason
order by kind, state, state_reason
