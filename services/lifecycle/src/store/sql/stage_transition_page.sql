select number, transition_time, from_stage, to_stage, stage_rule, evidence, churn_risk,
       probability_alive, rules_version, model_activation, revision
from stage_transition
where customer_id = $1 and number < $2
order by number desc
limit $3
