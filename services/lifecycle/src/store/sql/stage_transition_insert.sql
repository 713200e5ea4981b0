insert into stage_transition
    (customer_id, number, transition_time, from_stage, to_stage, stage_rule, evidence, churn_risk,
     probability_alive, rules_version, model_activation, revision)
select row.customer_id,
       1 + coalesce((select max(number) from stage_transition as earlier
                     where earlier.customer_id = row.customer_id), 0),
       row.transition_time, row.from_stage, row.to_stage, row.stage_rule, row.evidence,
       row.churn_risk, row.probability_alive, row.rules_version, row.model_activation, row.revision
from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::double precision[], $8::double precision[], $9::bigint[], $10::bigint[],
            $11::bigint[])
    as row (customer_id, transition_time, from_stage, to_stage, stage_rule, evidence, churn_risk,
            probability_alive, rules_version, model_activation, revision)
