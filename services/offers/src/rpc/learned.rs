//! What was learnt, to the wire.

use contract::offers::v1 as pb;
use edge::wire::timestamp;
use statistics::selection::{Count, Stage};

use crate::domain::catalogue::StagePrior;
use crate::domain::draw_told::DrawnArm;
use crate::domain::holdout::Assignment;
use crate::domain::learned_drift::Drift;
use crate::domain::learned_table::{Belief, Row};
use crate::domain::posterior::Seen;
use crate::usecase::explain_decision::ExplainedDraw;
use crate::usecase::read_learned::ToldLearned;

/// Renders a version.
pub(super) fn learned(told: &ToldLearned) -> pb::GetLearnedResponse {
    let learned = &told.learned;
    pb::GetLearnedResponse {
        version: learned.version,
        make_time: Some(timestamp(learned.made_at)),
        catalogue_version: learned.catalogue_version,
        seed: learned.seed,
        prices: learned
            .prices
            .iter()
            .map(|(budget, price)| pb::BudgetPrice {
                budget_key: budget.to_string(),
                price: *price,
            })
            .collect(),
        arms: told.rows.iter().map(row).collect(),
        segments: learned.evidence.iter().map(segment).collect(),
        drifts: told
            .lately
            .iter()
            .flat_map(|lately| lately.drifts.iter().map(drift))
            .collect(),
        drift_since_time: told.lately.as_ref().map(|lately| timestamp(lately.since)),
    }
}

fn drift(drift: &Drift) -> pb::LearnedDrift {
    let stage = match drift.stage {
        Stage::Stay => pb::LearnedStage::Stay,
        Stage::Here30Days => pb::LearnedStage::Here30Days,
        Stage::Durable => pb::LearnedStage::Durable,
    };
    pb::LearnedDrift {
        arm: drift.arm.clone(),
        stage: stage.into(),
        seen: Some(count(drift.seen)),
        expected_low: drift.expected_low,
        expected_high: drift.expected_high,
    }
}

fn row(row: &Row) -> pb::LearnedArm {
    let [stay, here_30_days, durable] = row.seen;
    pb::LearnedArm {
        reason_category: row.category.clone(),
        arm: row.arm.clone(),
        stay: Some(count(stay)),
        here_30_days: Some(count(here_30_days)),
        durable: Some(count(durable)),
        believed: row.believed.as_ref().map(belief),
    }
}

fn belief(belief: &Belief) -> pb::LearnedBelief {
    pb::LearnedBelief {
        chances: Some(chances(belief.stages)),
        lasting: belief.lasting,
        lasting_low: belief.lasting_low,
        lasting_high: belief.lasting_high,
    }
}

fn segment(seen: &Seen) -> pb::LearnedSegment {
    pb::LearnedSegment {
        reason_category: seen.segment.category.clone(),
        value_tier: u32::try_from(seen.segment.value_tier).unwrap_or(u32::MAX),
        long_term: seen.segment.long_term,
        arm: seen.arm.clone(),
        stay: Some(count(seen.stay)),
        here_30_days: Some(count(seen.here_30_days)),
        durable: Some(count(seen.durable)),
    }
}

const fn count(count: Count) -> pb::LearnedCount {
    pb::LearnedCount {
        calls: count.calls,
        successes: count.successes,
    }
}

const fn chances(of: StagePrior) -> pb::StageChances {
    pb::StageChances {
        stay: of.stay,
        here_30_days: of.here_30_days,
        durable: of.durable,
    }
}

/// Renders the side of the holdout that a call was on.
pub(super) fn side(assignment: &Assignment) -> pb::HoldoutSide {
    pb::HoldoutSide {
        holdout_key: assignment.key.to_string(),
        share: assignment.share.fraction(),
        held_out: assignment.held_out,
        exposed: assignment.exposed,
    }
}

/// Renders a draw.
pub(super) fn draw(draw: &ExplainedDraw) -> pb::ExplainedDraw {
    pb::ExplainedDraw {
        learned_version: draw.learned_version,
        arms: draw.arms.iter().map(arm).collect(),
    }
}

fn arm(arm: &DrawnArm) -> pb::DrawnArm {
    pb::DrawnArm {
        arm: arm.arm.clone(),
        propensity: arm.propensity,
        drawn: arm.drawn,
        believed: Some(chances(arm.believed)),
        price: arm.price,
    }
}
