//! What a draft would have done, as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::publishing::listed_problems;
use super::time;

/// The figures, the calls to look at, and what should be looked at before publishing.
pub fn simulation(
    it: &pb::Simulation,
    examples: &[pb::SimulationExample],
    warnings: &[pb::Problem],
) -> Value {
    json!({
        "read_count": it.read_count,
        "compared_count": it.compared_count,
        "replay_differs_count": it.replay_differs_count,
        "overridden_count": it.overridden_count,
        "unreadable_count": it.unreadable_count,
        "from_time": time(it.from_time.as_ref()),
        "until_time": time(it.until_time.as_ref()),
        "more_exist": it.more_exist,
        "checks": each(&it.checks, |it| json!({
            "code": it.code,
            "breach": it.breach,
            "before_count": it.before_count,
            "after_count": it.after_count,
        })),
        "long_standing": it.long_standing.as_ref().map(fortune),
        "others": it.others.as_ref().map(fortune),
        "changes": it.changes.as_ref().map(changes),
        "gains": each(&it.gains, gain),
        "evidence": it.evidence.as_ref().map(evidence),
        "offers": each(&it.offers, count),
        "pairs": each(&it.pairs, |it| json!({
            "before": it.before,
            "after": it.after,
            "call_count": it.call_count,
        })),
        "other_pairs_count": it.other_pairs_count,
        "let_go_reasons": each(&it.let_go_reasons, count),
        "obstacles": each(&it.obstacles, count),
        "newly_failing": each(&it.newly_failing, |it| json!({
            "offer_key": it.offer_key,
            "code": it.code,
            "call_count": it.call_count,
            "handed_out_count": it.handed_out_count,
        })),
        "budgets": each(&it.budgets, budget),
        "budgets_cut": it.budgets_cut,
        "segments": each(&it.segments, |it| json!({
            "kind": it.kind,
            "name": it.name,
            "fortune": it.fortune.as_ref().map(fortune),
        })),
        "examples": each(examples, example),
        "problems": listed_problems(warnings),
    })
}

fn each<T>(all: &[T], one: impl Fn(&T) -> Value) -> Vec<Value> {
    all.iter().map(one).collect()
}

fn changes(it: &pb::SimulationChanges) -> Value {
    json!({
        "same_count": it.same_count,
        "other_terms_count": it.other_terms_count,
        "other_offers_count": it.other_offers_count,
        "newly_offered_count": it.newly_offered_count,
        "no_longer_offered_count": it.no_longer_offered_count,
    })
}

fn count(it: &pb::SimulationCount) -> Value {
    json!({
        "key": it.key,
        "before_count": it.before_count,
        "after_count": it.after_count,
    })
}

fn fortune(it: &pb::SimulationFortune) -> Value {
    json!({
        "call_count": it.call_count,
        "better_count": it.better_count,
        "worse_count": it.worse_count,
        "newly_offered_count": it.newly_offered_count,
        "no_longer_offered_count": it.no_longer_offered_count,
    })
}

fn gain(it: &pb::SimulationGain) -> Value {
    json!({
        "currency": it.currency,
        "call_count": it.call_count,
        "before_mean_minor": it.before_mean_minor,
        "after_mean_minor": it.after_mean_minor,
        "difference_mean_minor": it.difference_mean_minor,
        "difference_low_minor": it.difference_low_minor,
        "difference_high_minor": it.difference_high_minor,
    })
}

fn evidence(it: &pb::SimulationEvidence) -> Value {
    let estimate = |it: Option<&pb::SimulationEstimate>| {
        it.map(|it| json!({"value": it.value, "low": it.low, "high": it.high}))
    };
    json!({
        "state": it.state,
        "outcome_count": it.outcome_count,
        "left_out_count": it.left_out_count,
        "effective_calls": it.effective_calls,
        "mean_weight": it.mean_weight,
        "logged": estimate(it.logged.as_ref()),
        "inverse_propensity": estimate(it.inverse_propensity.as_ref()),
        "self_normalised": estimate(it.self_normalised.as_ref()),
        "doubly_robust": estimate(it.doubly_robust.as_ref()),
    })
}

fn spent(it: Option<&pb::SimulationSpent>) -> Value {
    it.map_or(
        Value::Null,
        |it| json!({"offered": it.offered, "expected": it.expected}),
    )
}

fn budget(it: &pb::SimulationBudget) -> Value {
    json!({
        "budget_key": it.budget_key,
        "limit_amount": it.limit_amount,
        "currency": it.currency,
        "before": spent(it.before.as_ref()),
        "after": spent(it.after.as_ref()),
        "window_count": it.window_count,
        "dry_before_count": it.dry_before_count,
        "dry_after_count": it.dry_after_count,
        "windows": each(&it.windows, |it| json!({
            "start_date": it.start_date,
            "before": spent(it.before.as_ref()),
            "after": spent(it.after.as_ref()),
            "dry_before_date": it.dry_before_date,
            "dry_after_date": it.dry_after_date,
        })),
    })
}

fn example(it: &pb::SimulationExample) -> Value {
    json!({
        "customer_id": it.customer_id,
        "decision_id": it.decision_id,
        "decide_time": time(it.decide_time.as_ref()),
        "change": it.change,
        "before_offer_keys": it.before_offer_keys,
        "after_offer_keys": it.after_offer_keys,
        "because": it.because,
    })
}
