//! Leaving on the wire.

use contract::offers::v1 as pb;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::refusal::Refusal;

use super::parse::hash;
use crate::domain::exit_plan::{ExitType, KeepInTouch};
use crate::usecase::confirm_cancellation::{Command, Confirmed};

/// Reads a cancellation. Only what must be known to end the right subscription can be refused: the
/// rest is read like everywhere else, and what cannot be read counts as not said.
pub(super) fn parse(wire: &pb::ConfirmCancellationRequest) -> Result<Command, Refusal> {
    let mut checks = Violations::default();
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let subscription_id = checks.id("subscription_id", &wire.subscription_id);
    let contact_id = checks.id("contact_id", &wire.contact_id);
    // Nobody is told: leaving is not refused for what is only good to know.
    let mut left_out = Violations::default();
    let request_id = left_out.id("request_id", &wire.request_id);
    let reason = left_out.required_text("reason", &wire.reason, 64);
    let requested_end_at = left_out.instant("requested_end_time", wire.requested_end_time.as_ref());
    let agent = wire.agent.as_ref();
    let agent_id = agent.and_then(|agent| left_out.id("agent.agent_id", &agent.agent_id));
    let keep_in_touch = left_out
        .optional_known("keep_in_touch", wire.keep_in_touch)
        .and_then(keep_in_touch);
    checks.finish(|| {
        Some(Command {
            request: request_id.map(|id| (id, hash(wire))),
            customer_id: customer_id?,
            subscription_id: subscription_id?,
            contact_id: contact_id?,
            reason,
            requested_end_at,
            agent_id,
            keep_in_touch,
        })
    })
}

/// Reads a choice; none is as good as any.
const fn keep_in_touch(wire: pb::KeepInTouch) -> Option<KeepInTouch> {
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
