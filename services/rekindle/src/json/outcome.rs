//! What became of calls, as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::{money, time};
use crate::vocabulary::{self, Vocabulary};

/// A page of calls.
pub fn call_outcomes(page: &pb::ListCallOutcomesResponse) -> Value {
    let outcomes: Vec<Value> = page.outcomes.iter().map(call_outcome).collect();
    json!({"outcomes": outcomes, "next_page_token": page.next_page_token})
}

fn call_outcome(it: &pb::CallOutcome) -> Value {
    let word = |of: &Vocabulary, number: i32| (number != 0).then(|| of.word(number));
    let window = |answer: i32| word(&vocabulary::WINDOW_ANSWER, answer);
    let offer = json!({
        "presented_offer_id": it.presented_offer_id,
        "offer_key": it.offer_key,
        "outcome": word(&vocabulary::PRESENTED_OUTCOME, it.offer_outcome),
        "accept_time": time(it.accept_time.as_ref()),
        "benefit_end_time": time(it.benefit_end_time.as_ref()),
        "cost": money(it.cost.as_ref()),
    });
    let decision = json!({
        "decision_id": it.decision_id,
        "catalogue_version": it.catalogue_version,
        "arm": it.arm,
        "propensity": it.propensity,
        "overridden": it.overridden,
        "let_go_reason": it.let_go_reason,
        "holdout_key": it.holdout_key,
        "held_out": it.held_out,
        "holdout_exposed": it.holdout_exposed,
        "compared_offer_key": it.compared_offer_key,
    });
    let customer = json!({
        "reason": it.reason,
        "business_line": it.business_line,
        "monthly_margin": money(it.monthly_margin.as_ref()),
        "tenure_days": it.tenure_days,
        "contract_kind": word(&vocabulary::CONTRACT_KIND, it.contract_kind),
        "jurisdiction": it.jurisdiction,
        "cancel_call_count": it.cancel_call_count,
    });
    json!({
        "customer_id": it.customer_id,
        "session_id": it.session_id,
        "subscription_id": it.subscription_id,
        "call_end": word(&vocabulary::CALL_END, it.call_end),
        "decide_time": time(it.decide_time.as_ref()),
        "decision": (!it.decision_id.is_empty()).then_some(decision),
        "offer": (!it.presented_offer_id.is_empty()).then_some(offer),
        "customer": customer,
        "neutral_reason": it.neutral_reason,
        "status": word(&vocabulary::SAVE_STATUS, it.status),
        "status_reason": it.status_reason,
        "here_30_days": window(it.here_30_days),
        "here_90_days": window(it.here_90_days),
        "here_180_days": window(it.here_180_days),
        "durable": window(it.durable),
        "durable_due_time": time(it.durable_due_time.as_ref()),
        "leave_time": time(it.leave_time.as_ref()),
        "facts_revision": it.facts_revision,
        "judge_time": time(it.judge_time.as_ref()),
        "judgement_count": it.judgement_count,
        "correction_count": it.correction_count,
        "correct_time": time(it.correct_time.as_ref()),
        "next_look_time": time(it.next_look_time.as_ref()),
    })
}
