//! What was learnt, as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::time;
use crate::vocabulary;

/// A version of what was learnt.
pub fn learned(answer: &pb::GetLearnedResponse) -> Value {
    let prices = answer.prices.iter();
    let prices = prices.map(|it| json!({"budget_key": it.budget_key, "price": it.price}));
    json!({
        "version": answer.version,
        "make_time": time(answer.make_time.as_ref()),
        "catalogue_version": answer.catalogue_version,
        // All 64 bits; a number would lose some.
        "seed": answer.seed.to_string(),
        "prices": prices.collect::<Vec<_>>(),
        "arms": answer.arms.iter().map(arm).collect::<Vec<_>>(),
        "segments": answer.segments.iter().map(segment).collect::<Vec<_>>(),
        "drifts": answer.drifts.iter().map(drift).collect::<Vec<_>>(),
        "drift_since_time": time(answer.drift_since_time.as_ref()),
    })
}

fn drift(drift: &pb::LearnedDrift) -> Value {
    json!({
        "arm": drift.arm,
        "stage": vocabulary::LEARNED_STAGE.word(drift.stage),
        "seen": drift.seen.as_ref().map(count),
        "expected_low": drift.expected_low,
        "expected_high": drift.expected_high,
    })
}

fn arm(arm: &pb::LearnedArm) -> Value {
    let believed = arm.believed.as_ref().map(|it| {
        json!({
            "chances": it.chances.as_ref().map(chances),
            "lasting": it.lasting,
            "lasting_low": it.lasting_low,
            "lasting_high": it.lasting_high,
        })
    });
    json!({
        "reason_category": arm.reason_category,
        "arm": arm.arm,
        "stay": arm.stay.as_ref().map(count),
        "here_30_days": arm.here_30_days.as_ref().map(count),
        "durable": arm.durable.as_ref().map(count),
        "believed": believed,
    })
}

fn segment(segment: &pb::LearnedSegment) -> Value {
    json!({
        "reason_category": segment.reason_category,
        "value_tier": segment.value_tier,
        "long_term": segment.long_term,
        "arm": segment.arm,
        "stay": segment.stay.as_ref().map(count),
        "here_30_days": segment.here_30_days.as_ref().map(count),
        "durable": segment.durable.as_ref().map(count),
    })
}

fn count(count: &pb::LearnedCount) -> Value {
    json!({"calls": count.calls, "successes": count.successes})
}

fn chances(chances: &pb::StageChances) -> Value {
    json!({
        "stay": chances.stay,
        "here_30_days": chances.here_30_days,
        "durable": chances.durable,
    })
}

/// On which side of the holdout a call was.
pub(super) fn holdout_side(side: &pb::HoldoutSide) -> Value {
    json!({
        "holdout_key": side.holdout_key,
        "share": side.share,
        "held_out": side.held_out,
        "exposed": side.exposed,
    })
}

/// A draw.
pub(super) fn draw(draw: &pb::ExplainedDraw) -> Value {
    let arms = draw.arms.iter().map(|it| {
        json!({
            "arm": it.arm,
            "propensity": it.propensity,
            "drawn": it.drawn,
            "believed": it.believed.as_ref().map(chances),
            "price": it.price,
        })
    });
    json!({
        "learned_version": draw.learned_version,
        "arms": arms.collect::<Vec<_>>(),
    })
}
