//! The review of offers as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::time;
use crate::vocabulary;

/// A review.
pub fn review(answer: &pb::ReviewOffersResponse) -> Value {
    let holdout = answer.holdout.as_ref().map(|it| {
        json!({
            "holdout_key": it.holdout_key,
            "planned_share": it.planned_share,
            "offered_customers": it.offered_customers,
            "held_out_customers": it.held_out_customers,
            "chance": it.chance,
            "is_suspicious": it.is_suspicious,
            "offered_all_the_same": it.offered_all_the_same,
            "on_both_sides": it.on_both_sides,
        })
    });
    json!({
        "review_time": time(answer.review_time.as_ref()),
        "since_time": time(answer.since_time.as_ref()),
        "holdout": holdout,
        "offers": answer.offers.iter().map(offer).collect::<Vec<_>>(),
        "spending": answer.spending.iter().map(spending).collect::<Vec<_>>(),
        "exit_satisfaction": answer.exit_satisfaction.as_ref().map(exit_satisfaction),
    })
}

fn exit_satisfaction(of: &pb::ExitSatisfactionReview) -> Value {
    let by_reason = of.by_reason.iter().map(|it| {
        json!({
            "reason_key": it.reason_key,
            "rated": it.rated,
            "mean_score": it.mean_score,
        })
    });
    json!({
        "cancellations": of.cancellations,
        "rated": of.rated,
        "mean_score": of.mean_score,
        "rated_by_score": of.rated_by_score,
        "by_reason": by_reason.collect::<Vec<_>>(),
    })
}

fn spending(of: &pb::BudgetSpending) -> Value {
    let weeks = of.weeks.iter().map(|week| {
        json!({
            "begin_time": time(week.begin_time.as_ref()),
            "committed": week.committed,
            "given_back": week.given_back,
            "spent_so_far": week.spent_so_far,
        })
    });
    json!({
        "budget_key": of.budget_key,
        "currency": of.currency,
        "limit_amount": of.limit_amount,
        "window": of.window,
        "weeks": weeks.collect::<Vec<_>>(),
    })
}

/// What a manager decided.
pub fn offer_decision(decision: &pb::OfferDecision) -> Value {
    json!({
        "decision": vocabulary::REVIEW_VERDICT.word(decision.decision),
        "reason": decision.reason,
        "decided_by": decision.decided_by,
        "decide_time": time(decision.decide_time.as_ref()),
        "review_due": decision.review_due,
    })
}

fn offer(offer: &pb::OfferReview) -> Value {
    let by_reason = offer.by_reason.iter().map(|it| {
        json!({
            "reason": it.reason,
            "figures": it.figures.as_ref().map(figures),
        })
    });
    let by_segment = offer.by_segment.iter().map(|it| {
        json!({
            "reason": it.reason,
            "value_tier": it.value_tier,
            "long_term": it.long_term,
            "figures": it.figures.as_ref().map(figures),
        })
    });
    json!({
        "offer_key": offer.offer_key,
        "currency": offer.currency,
        "verdict": vocabulary::REVIEW_VERDICT.word(offer.verdict),
        "verdict_reason": offer.verdict_reason,
        "chance_worth_more": offer.chance_worth_more,
        "review_due": offer.review_due,
        "is_due": offer.is_due,
        "in_catalogue": offer.in_catalogue,
        "decision": offer.decision.as_ref().map(offer_decision),
        "all": offer.all.as_ref().map(figures),
        "by_reason": by_reason.collect::<Vec<_>>(),
        "by_segment": by_segment.collect::<Vec<_>>(),
        "parity_breaches": offer.parity_breaches,
        "parity_refused": offer.parity_refused,
        "offered_survival": survival(&offer.offered_survival),
        "held_out_survival": survival(&offer.held_out_survival),
    })
}

fn survival(points: &[pb::SurvivalPoint]) -> Vec<Value> {
    let points = points.iter();
    points
        .map(|it| json!({"week": it.week, "share": it.share, "calls": it.calls}))
        .collect()
}

fn figures(figures: &pb::ReviewFigures) -> Value {
    json!({
        "offered": figures.offered.as_ref().map(side),
        "held_out": figures.held_out.as_ref().map(side),
        "lift_30_days": figures.lift_30_days.as_ref().map(difference),
        "lift_90_days": figures.lift_90_days.as_ref().map(difference),
        "lift_180_days": figures.lift_180_days.as_ref().map(difference),
        "durable_lift": figures.durable_lift.as_ref().map(difference),
        "value_per_call_minor": figures.value_per_call_minor.as_ref().map(difference),
        "cost_per_incremental_save_minor": figures.cost_per_incremental_save_minor,
        "calls_still_needed": figures.calls_still_needed,
        "durable_lift_at_equal_risk":
            figures.durable_lift_at_equal_risk.as_ref().map(difference),
        "explained_by_risk": figures.explained_by_risk,
        "net_retained_margin_minor":
            figures.net_retained_margin_minor.as_ref().map(difference),
    })
}

fn side(side: &pb::ReviewSide) -> Value {
    json!({
        "calls": side.calls,
        "presented": side.presented,
        "taken": side.taken,
        "here_30_days": side.here_30_days.as_ref().map(share),
        "here_90_days": side.here_90_days.as_ref().map(share),
        "here_180_days": side.here_180_days.as_ref().map(share),
        "durable": side.durable.as_ref().map(share),
        "cost_minor": side.cost_minor,
        "here_30_days_after_terms": side.here_30_days_after_terms.as_ref().map(share),
        "here_90_days_after_terms": side.here_90_days_after_terms.as_ref().map(share),
        "serial_calls": side.serial_calls,
        "overridden": side.overridden,
        "took_price_before": side.took_price_before.as_ref().map(share),
        "rang_again": side.rang_again.as_ref().map(share),
    })
}

fn share(share: &pb::Share) -> Value {
    json!({
        "calls": share.calls,
        "count": share.count,
        "share": share.share,
        "low": share.low,
        "high": share.high,
    })
}

fn difference(it: &pb::Difference) -> Value {
    json!({
        "difference": it.difference,
        "low": it.low,
        "high": it.high,
        "standard_error": it.standard_error,
        "always_low": it.always_low,
        "always_high": it.always_high,
    })
}
