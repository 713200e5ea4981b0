select run.number, run.start_time, run.end_time, run.rules_version, run.model_activation,
       run.care_plan_version,
       run.customer_count,
       count(range.number) as "range_count!",
       count(range.done_time) as "done_range_count!",
       coalesce(sum(range.customer_count), 0) as "done_customer_count!",
       coalesce(sum(range.scored_count), 0) as "scored_count!",
       coalesce(sum(range.unreadable_count), 0) as "unreadable_count!",
       coalesce(sum(range.transition_count), 0) as "transition_count!"
from scoring_run as run
left join scoring_range as range on range.run = run.number
where run.number = coalesce($1, (select max(number) from scoring_run))
group by run.number
