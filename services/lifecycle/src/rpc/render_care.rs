//! Care tasks and plans become messages.

use contract::lifecycle::v1 as wire;
use contract::types::v1::{ConsentChannel, Money};
use edge::wire::timestamp;

use crate::domain::care::plan::{CarePlan, CareRule};
use crate::domain::care::{CareKind, CareState, CareTask, Channel};
use crate::usecase::{CareCount, Leased};

pub(super) fn task(task: CareTask) -> wire::CareTask {
    wire::CareTask {
        task_id: task.task_id,
        customer_id: task.customer_id,
        kind: kind(task.kind).into(),
        subject: task.subject,
        theme: task.theme,
        due_time: Some(timestamp(task.due_time)),
        expire_time: Some(timestamp(task.expire_time)),
        state: state(task.state).into(),
        channel: task
            .channel
            .map_or(ConsentChannel::Unspecified, channel)
            .into(),
        owner: task.owner,
        state_reason: task.state_reason,
        state_time: Some(timestamp(task.state_time)),
        lease_count: task.lease_count,
        source: task.source,
        permission_findings: task.permission_findings,
        permission_rules_version: task.permission_rules_version,
    }
}

pub(super) fn leased(leased: Leased) -> wire::LeasedTask {
    wire::LeasedTask {
        task: Some(task(leased.task)),
        lease_token: leased.lease_token,
        lease_expire_time: Some(timestamp(leased.lease_expire_time)),
    }
}

pub(super) fn count(count: CareCount) -> wire::CareCount {
    wire::CareCount {
        kind: kind(count.kind).into(),
        state: state(count.state).into(),
        state_reason: count.state_reason,
        count: count.count,
    }
}

pub(super) fn plan(plan: &CarePlan) -> wire::CarePlan {
    let content = &plan.content;
    let caps = content.contact_caps.iter();
    wire::CarePlan {
        version: plan.version,
        publish_time: plan.publish_time.map(timestamp),
        rules: content.rules.iter().map(rule).collect(),
        channels: channels(&content.channels),
        contact_caps: caps
            .map(|cap| wire::ContactCap {
                contacts: cap.contacts,
                days: cap.days,
            })
            .collect(),
        cap_exempt_kinds: content
            .cap_exempt_kinds
            .iter()
            .map(|exempt| kind(*exempt).into())
            .collect(),
        tenure_credit_percent: content.tenure_credit_percent,
    }
}

fn rule((of_kind, rule): (&CareKind, &CareRule)) -> wire::CareRule {
    wire::CareRule {
        kind: kind(*of_kind).into(),
        days: rule.days,
        window_days: rule.window_days,
        channels: channels(&rule.channels),
        theme: rule.theme.clone(),
        owner: rule.owner.clone(),
        min_value_remaining: rule.min_value_remaining.map(|least| Money {
            minor: least.minor,
            currency: least.currency.code().to_owned(),
        }),
        holdout_basis_points: rule.holdout.0,
    }
}

fn channels(channels: &[Channel]) -> Vec<i32> {
    channels.iter().map(|it| channel(*it).into()).collect()
}

fn channel(channel: Channel) -> ConsentChannel {
    match channel {
        Channel::Phone => ConsentChannel::Phone,
        Channel::Email => ConsentChannel::Email,
        Channel::Sms => ConsentChannel::Sms,
        Channel::Post => ConsentChannel::Post,
        Channel::App => ConsentChannel::App,
    }
}

fn kind(kind: CareKind) -> wire::CareKind {
    match kind {
        CareKind::Welcome => wire::CareKind::Welcome,
        CareKind::FirstInvoice => wire::CareKind::FirstInvoice,
        CareKind::ActivationCheck => wire::CareKind::ActivationCheck,
        CareKind::CheckIn => wire::CareKind::CheckIn,
        CareKind::RecoveryFollowUp => wire::CareKind::RecoveryFollowUp,
        CareKind::PromiseBroken => wire::CareKind::PromiseBroken,
        CareKind::Recognition => wire::CareKind::Recognition,
        CareKind::ExitStep => wire::CareKind::ExitStep,
        CareKind::KeepInTouch => wire::CareKind::KeepInTouch,
        CareKind::Follow => wire::CareKind::Follow,
        CareKind::WinBack => wire::CareKind::WinBack,
        CareKind::WelcomeBack => wire::CareKind::WelcomeBack,
    }
}

fn state(state: CareState) -> wire::CareState {
    match state {
        CareState::Waiting => wire::CareState::Waiting,
        CareState::Leased => wire::CareState::Leased,
        CareState::Completed => wire::CareState::Completed,
        CareState::Skipped => wire::CareState::Skipped,
        CareState::Dropped => wire::CareState::Dropped,
        CareState::HeldOut => wire::CareState::HeldOut,
    }
}
