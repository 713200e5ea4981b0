-- Bounded by the oldest transaction still running: one with a smaller id may yet commit changes,
-- and reading past it would lose them.
select transaction_id::text::bigint as "transaction_id!", id, customer_id, transition_time,
       from_stage, to_stage, stage_rule, evidence, churn_risk, probability_alive, rules_version,
       model_activation, revision
from stage_transition
where (transaction_id, id) > ($1::text::xid8, $2)
  and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
order by stage_transition.transaction_id, stage_transition.id
limit $3
