//! Exit plans on the wire.

use contract::offers::v1 as pb;
use edge::wire::timestamp;

use crate::domain::exit_plan::{ExitType, KeepInTouch};
use crate::usecase::confirm_cancellation::Confirmed;

/// Reads a choice; none is as good as any.
pub(super) const fn keep_in_touch(wire: pb::KeepInTouch) -> Option<KeepInTouch> {
    match wire {
        pb::KeepInTouch::Unspecified => None,
        pb::KeepInTouch::Wanted => Some(KeepInTouch::Wanted),
        pb::KeepInTouch::NotWanted => Some(KeepInTouch::NotWanted),
    }
}

/// Renders the plan of a confirmed cancellation.
pub(super) fn plan(confirmed: &Confirmed) -> pb::ExitPlan {
    let plan = confirmed.plan;
    let steps = plan.steps(confirmed.dates, confirmed.acknowledged_at);
    let keep_in_touch = match plan.keep_in_touch {
        None => pb::KeepInTouch::Unspecified,
        Some(KeepInTouch::Wanted) => pb::KeepInTouch::Wanted,
        Some(KeepInTouch::NotWanted) => pb::KeepInTouch::NotWanted,
    };
    pb::ExitPlan {
        r#type: exit_type(plan.exit_type).into(),
        steps: steps
            .into_iter()
            .map(|step| pb::ExitStep {
                key: step.key.to_owned(),
                due_time: Some(timestamp(step.due_at)),
            })
            .collect(),
        keep_in_touch: keep_in_touch.into(),
        cancel_deadline_time: plan.cancel_deadline_at.map(timestamp),
    }
}

const fn exit_type(exit_type: ExitType) -> pb::ExitType {
    match exit_type {
        ExitType::Termination => pb::ExitType::Termination,
        ExitType::Withdrawal => pb::ExitType::Withdrawal,
        ExitType::Move => pb::ExitType::Move,
        ExitType::Deceased => pb::ExitType::Deceased,
    }
}
