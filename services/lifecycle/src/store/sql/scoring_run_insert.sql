insert into scoring_run
    (number, start_time, rules_version, model_activation, care_plan_version, customer_count)
select coalesce(max(number), 0) + 1, $1, $2, $3, $4, (select count(*) from customer_facts)
from scoring_run
on conflict do nothing
returning number
