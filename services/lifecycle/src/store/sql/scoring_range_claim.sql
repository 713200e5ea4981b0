select range.run, range.number, range.after_customer, range.until_customer
from scoring_range as range
join scoring_run as run on run.number = range.run
where run.end_time is null and range.done_time is null
  and run.rules_version = $1 and run.model_activation = $2 and run.care_plan_version = $3
order by range.number
limit 1
for update of range skip locked
