//! The agent's desk as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::learned::{draw, holdout_side};
use super::{money, time};
use crate::vocabulary;

/// The answer to a request for a save offer.
pub fn agent(answer: &pb::RequestSaveOfferResponse) -> Value {
    json!({
        "session_id": answer.session_id,
        "decision_id": answer.decision_id,
        "outcome": vocabulary::DECISION_OUTCOME.word(answer.outcome),
        "customer": answer.customer.as_ref().map(customer),
        "policy": answer.policy.as_ref().map(policy),
        "offers": answer.offers.iter().map(offer).collect::<Vec<_>>(),
        "let_go_reasons": reasons(&answer.let_go_reasons),
        "considerations": reasons(&answer.considerations),
        "guidance": answer.guidance.as_ref().map(guidance),
        "routing": answer.routing.as_ref().map(routing),
        "escalation": answer.escalation.iter().map(escalation).collect::<Vec<_>>(),
        "parity": answer.parity.as_ref().map(parity),
        "cancel_now": answer.cancel_now.as_ref().map(cancel_now),
        "verdicts": answer.verdicts.iter().map(verdict).collect::<Vec<_>>(),
        "degraded": answer.degraded,
        "degraded_reasons": answer.degraded_reasons,
        "catalogue_version": answer.catalogue_version,
        "decide_time": time(answer.decide_time.as_ref()),
        "replayed": answer.replayed,
        "session_state": vocabulary::SESSION_STATE.word(answer.session_state),
    })
}

fn customer(customer: &pb::CustomerView) -> Value {
    json!({
        "stage": customer.stage,
        "stage_rule": customer.stage_rule,
        "tenure_days": customer.tenure_days,
        "lifetime_count": customer.lifetime_count,
        "live_subscription_count": customer.live_subscription_count,
        "ended_subscription_count": customer.ended_subscription_count,
        "open_incident_count": customer.open_incident_count,
        "be_human_about": customer.be_human_about,
        "churn_risk": customer.churn_risk,
        "value_remaining": money(customer.value_remaining.as_ref()),
        "revision": customer.revision,
    })
}

/// What may be said.
pub(super) fn policy(policy: &pb::PolicyOutcome) -> Value {
    json!({
        "offers_allowed": vocabulary::OFFERS_ALLOWED.word(policy.offers_allowed),
        "max_offers": policy.max_offers,
        "disclosures": policy.disclosures,
        "notices": policy.notices,
        "refusal_ends_offers": policy.refusal_ends_offers,
        "max_feedback_screens": policy.max_feedback_screens,
        "cooling_off_days": policy.cooling_off_days,
        "cancel_deadline_hours": policy.cancel_deadline_hours,
        "acknowledgement_medium": policy.acknowledgement_medium,
        "record_retention_months": policy.record_retention_months,
        "applied_rows": policy.applied_rows,
        "policy_version": policy.policy_version,
        "alternatives_on_request": policy.alternatives_on_request,
    })
}

fn offer(offer: &pb::PresentedOffer) -> Value {
    json!({
        "presented_offer_id": offer.presented_offer_id,
        "offer_key": offer.offer_key,
        "lever": vocabulary::LEVER.word(offer.lever),
        "title": offer.title,
        "script": offer.script,
        "terms": offer.terms.as_ref().map(terms),
        "expire_time": time(offer.expire_time.as_ref()),
        "expected_net_gain": money(offer.expected_net_gain.as_ref()),
        "outcome": vocabulary::PRESENTED_OUTCOME.word(offer.outcome),
        "notices": offer.notices,
        "parity": offer.parity.as_ref().map(parity),
        "owed": offer.owed,
        "overridden": offer.overridden,
        "budget_key": offer.budget_key,
    })
}

fn guidance(guidance: &pb::Guidance) -> Value {
    json!({ "say": guidance.say, "do_not_say": guidance.do_not_say })
}

fn routing(routing: &pb::Routing) -> Value {
    json!({
        "team": routing.team,
        "authority": vocabulary::AUTHORITY.word(routing.authority),
        "why_key": routing.why_key,
        "why": routing.why,
    })
}

fn escalation(escalation: &pb::Escalation) -> Value {
    json!({
        "authority": vocabulary::AUTHORITY.word(escalation.authority),
        "offer_key": escalation.offer_key,
        "title": escalation.title,
        "expected_net_gain": money(escalation.expected_net_gain.as_ref()),
    })
}

fn parity(parity: &pb::PriceParity) -> Value {
    json!({
        "reference_price": money(parity.reference_price.as_ref()),
        "price_during_difference": money(parity.price_during_difference.as_ref()),
        "price_after_difference": money(parity.price_after_difference.as_ref()),
        "breach": parity.breach,
    })
}

fn terms(terms: &pb::OfferTerms) -> Value {
    json!({
        "summary": terms.summary,
        "price_now": money(terms.price_now.as_ref()),
        "price_during": money(terms.price_during.as_ref()),
        "price_after": money(terms.price_after.as_ref()),
        "benefit_months": terms.benefit_months,
        "commitment_months": terms.commitment_months,
        "one_off_amount": money(terms.one_off_amount.as_ref()),
        "benefit_end_time": time(terms.benefit_end_time.as_ref()),
    })
}

fn cancel_now(cancel: &pb::CancelNow) -> Value {
    json!({
        "token": cancel.token,
        "service_end_time": time(cancel.service_end_time.as_ref()),
        "billing_end_time": time(cancel.billing_end_time.as_ref()),
    })
}

fn reasons(reasons: &[pb::Reason]) -> Vec<Value> {
    reasons
        .iter()
        .map(|it| json!({"code": it.code, "detail": it.detail}))
        .collect()
}

fn verdict(verdict: &pb::OfferVerdict) -> Value {
    json!({
        "offer_key": verdict.offer_key,
        "kind": vocabulary::VERDICT.word(verdict.kind),
        "reasons": reasons(&verdict.reasons),
        "score": verdict.score.as_ref().map(score),
    })
}

fn score(score: &pb::ScoreTerms) -> Value {
    json!({
        "probability_stay": score.probability_stay,
        "probability_here_30_days": score.probability_here_30_days,
        "probability_durable": score.probability_durable,
        "value_first_month": money(score.value_first_month.as_ref()),
        "value_window": money(score.value_window.as_ref()),
        "value_after": money(score.value_after.as_ref()),
        "expected_value": money(score.expected_value.as_ref()),
        "expected_value_no_offer": money(score.expected_value_no_offer.as_ref()),
        "expected_net_gain": money(score.expected_net_gain.as_ref()),
    })
}

/// The answer to a recorded response.
pub fn responded(answer: &pb::RecordResponseResponse) -> Value {
    json!({
        "offer": answer.offer.as_ref().map(offer),
        "session_state": vocabulary::SESSION_STATE.word(answer.session_state),
        "replayed": answer.replayed,
    })
}

/// The answer to a confirmed cancellation.
pub fn acknowledged(answer: &pb::ConfirmCancellationResponse) -> Value {
    let proof = answer.acknowledgement.as_ref().map(|proof| {
        json!({
            "acknowledgement_id": proof.acknowledgement_id,
            "hash": proof.hash,
            "acknowledge_time": time(proof.acknowledge_time.as_ref()),
            "service_end_time": time(proof.service_end_time.as_ref()),
            "billing_end_time": time(proof.billing_end_time.as_ref()),
            "dates_source": vocabulary::DATES_SOURCE.word(proof.dates_source),
        })
    });
    json!({
        "acknowledgement": proof,
        "session_id": answer.session_id,
        "session_state": vocabulary::SESSION_STATE.word(answer.session_state),
        "replayed": answer.replayed,
    })
}

/// A decision explained.
pub fn explanation(explained: &pb::ExplainDecisionResponse) -> Value {
    json!({
        "answer": explained.answer.as_ref().map(agent),
        "request": explained.request.as_ref().map(request),
        "facts": explained.facts,
        "verdicts": explained.verdicts.iter().map(verdict).collect::<Vec<_>>(),
        "arm": explained.arm,
        "propensity": explained.propensity,
        // A seed has more digits than a JSON number keeps.
        "seed": explained.seed.to_string(),
        "replay_agrees": explained.replay_agrees,
        "trace_id": explained.trace_id,
        "decide_microseconds": explained.decide_microseconds,
        "holdout": explained.holdout.as_ref().map(holdout_side),
        "draw": explained.draw.as_ref().map(draw),
    })
}

fn request(request: &pb::RequestSaveOfferRequest) -> Value {
    let agent = request.agent.as_ref().map(|agent| {
        let authority = vocabulary::AUTHORITY.word(agent.authority);
        json!({"agent_id": agent.agent_id, "authority": authority, "team": agent.team})
    });
    json!({
        "request_id": request.request_id,
        "contact_id": request.contact_id,
        "step": request.step,
        "customer_id": request.customer_id,
        "subscription_id": request.subscription_id,
        "occasion": vocabulary::OCCASION.word(request.occasion),
        "channel": vocabulary::CHANNEL.word(request.channel),
        "jurisdiction": request.jurisdiction,
        "initial_intent": vocabulary::INTENT.word(request.initial_intent),
        "reason": request.reason,
        "secondary_reasons": request.secondary_reasons,
        "agent": agent,
        "language": request.language,
        "permission": vocabulary::PERMISSION.word(request.permission),
        "min_revision": request.min_revision,
        "destination_serviceable": request.destination_serviceable,
    })
}
