//! Leaving on the wire.

use contract::offers::v1 as pb;
use contract::types::v1::ConsentChannel;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::refusal::Refusal;

use super::parse::{agent, hash};
use crate::domain::exit_plan::ExitType;
use crate::domain::keep_in_touch::{Choices, ContactChannel, KeepInTouch};
use crate::usecase::confirm_cancellation::{Command, Confirmed};
use crate::usecase::record_exit_satisfaction::{ExitSatisfaction, NewExitSatisfaction};
use crate::usecase::reinstate;

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
    let choices = choices(wire);
    checks.finish(|| {
        Some(Command {
            request: request_id.map(|id| (id, hash(wire))),
            customer_id: customer_id?,
            subscription_id: subscription_id?,
            contact_id: contact_id?,
            reason,
            requested_end_at,
            agent_id,
            choices,
        })
    })
}

/// Reads what was chosen about hearing from the company later.
fn choices(wire: &pb::ConfirmCancellationRequest) -> Choices {
    let choice = |number: i32| {
        pb::KeepInTouch::try_from(number)
            .ok()
            .and_then(keep_in_touch)
    };
    let mut choices = Choices::of(choice(wire.keep_in_touch));
    for single in &wire.channel_choices {
        let channel = ConsentChannel::try_from(single.channel).ok();
        if let Some((channel, choice)) = channel.and_then(channel_of).zip(choice(single.choice)) {
            choices.choose(channel, choice);
        }
    }
    choices
}

const fn channel_of(wire: ConsentChannel) -> Option<ContactChannel> {
    match wire {
        ConsentChannel::Unspecified => None,
        ConsentChannel::Phone => Some(ContactChannel::Phone),
        ConsentChannel::Email => Some(ContactChannel::Email),
        ConsentChannel::Sms => Some(ContactChannel::Sms),
        ConsentChannel::Post => Some(ContactChannel::Post),
        ConsentChannel::App => Some(ContactChannel::App),
    }
}

const fn channel(channel: ContactChannel) -> ConsentChannel {
    match channel {
        ContactChannel::Phone => ConsentChannel::Phone,
        ContactChannel::Email => ConsentChannel::Email,
        ContactChannel::Sms => ConsentChannel::Sms,
        ContactChannel::Post => ConsentChannel::Post,
        ContactChannel::App => ConsentChannel::App,
    }
}

const fn choice(choice: Option<KeepInTouch>) -> pb::KeepInTouch {
    match choice {
        None => pb::KeepInTouch::Unspecified,
        Some(KeepInTouch::Wanted) => pb::KeepInTouch::Wanted,
        Some(KeepInTouch::NotWanted) => pb::KeepInTouch::NotWanted,
    }
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
    pb::ExitPlan {
        r#type: exit_type(plan.exit_type).into(),
        steps: steps
            .into_iter()
            .map(|step| pb::ExitStep {
                key: step.key.to_owned(),
                due_time: Some(timestamp(step.due_at)),
                owner: step.owner.to_owned(),
            })
            .collect(),
        keep_in_touch: choice(plan.choices.besides).into(),
        cancel_deadline_time: plan.cancel_deadline_at.map(timestamp),
        channel_choices: plan
            .choices
            .single()
            .map(|(reached, chosen)| pb::ChannelChoice {
                channel: channel(reached).into(),
                choice: choice(Some(chosen)).into(),
            })
            .collect(),
    }
}

const fn exit_type(exit_type: ExitType) -> pb::ExitType {
    match exit_type {
        ExitType::Termination => pb::ExitType::Termination,
        ExitType::Withdrawal => pb::ExitType::Withdrawal,
        ExitType::Move => pb::ExitType::Move,
        ExitType::Deceased => pb::ExitType::Deceased,
        ExitType::Involuntary => pb::ExitType::Involuntary,
    }
}

/// Checks which subscription shall go on.
pub(super) fn reinstatement(
    wire: &pb::ReinstateSubscriptionRequest,
) -> Result<reinstate::Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let subscription_id = checks.id("subscription_id", &wire.subscription_id);
    let agent = agent(&mut checks, wire.agent.as_ref());
    checks.finish(|| {
        Some(reinstate::Command {
            request_id: request_id?,
            body_hash: hash(wire),
            customer_id: customer_id?,
            subscription_id: subscription_id?,
            agent_id: agent?.agent_id,
        })
    })
}

/// Checks what somebody said of leaving.
pub(super) fn content(
    wire: &pb::RecordExitSatisfactionRequest,
) -> Result<NewExitSatisfaction, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.optional_id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    let score = match checks.required("score", wire.score.as_ref()) {
        Some(score) => checks.between("score", *score, 0, 10),
        None => None,
    };
    let reason_key = checks.optional_key("reason_key", &wire.reason_key);
    checks.finish(|| {
        Some(NewExitSatisfaction {
            request: request_id?.map(|id| (id, hash(wire))),
            customer_id: customer_id?,
            session_id: session_id?,
            score: i16::try_from(score?).ok()?,
            reason_key: reason_key?,
        })
    })
}

/// Renders what somebody said of leaving.
pub(super) fn satisfaction(said: &ExitSatisfaction) -> pb::ExitSatisfaction {
    pb::ExitSatisfaction {
        score: said.score,
        reason_key: said.reason_key.clone(),
        record_time: Some(timestamp(said.recorded_at)),
    }
}
