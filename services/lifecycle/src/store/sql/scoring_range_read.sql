select snapshot.customer_id, snapshot.revision, snapshot.format, snapshot.facts,
       scored.stage as "stage?", scored.stage_since as "stage_since?",
       scored.risk_memory as "risk_memory?", scored.rules_version as "rules_version?",
       scored.model_activation as "model_activation?", scored.scored_time as "scored_time?",
       scored.valid_until as "valid_until?", scored.revision as "scored_revision?",
       scored.care_plan_version as "care_plan_version?",
       scored.care_fingerprint as "care_fingerprint?"
from customer_facts as snapshot
left join scored_customer as scored
    on scored.customer_id = snapshot.customer_id
   and scored.customer_id > $1 and ($2::text is null or scored.customer_id <= $2)
where snapshot.customer_id > $1 and ($2::text is null or snapshot.customer_id <= $2)
order by snapshot.customer_id
