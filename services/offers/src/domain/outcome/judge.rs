//! Judging a call by the facts of profiles.

use kernel::id::SubscriptionId;
use kernel::time::{Span, Timestamp};

use super::{Description, SubscriptionEvidence};
use super::{EndKind, EndedAs, EndedCall, Evidence, SaveStatus, Standing, StatusReason};

/// The windows that are the same for every call, in days.
const WINDOWS_DAYS: [i64; 3] = [30, 90, 180];
/// The soonest that a save shows to last, in days.
const DURABLE_DAYS: i64 = 90;
/// How long after the benefit it has to last, in days.
const AFTER_THE_BENEFIT_DAYS: i64 = 30;

/// What judging needs of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What the customer wanted to leave.
    pub subscription_id: SubscriptionId,
    /// How it ended.
    pub ended_as: EndedAs,
    /// Day 0.
    pub decided_at: Timestamp,
    /// When it shows whether it lasts.
    pub durable_due_at: Timestamp,
    /// The revision with which profiles carried the cancellation out that stands, where there is one.
    pub profiles_revision: Option<u64>,
    /// What was accepted was taken back, or could not be delivered and was not made good.
    pub benefit_undone: bool,
    /// Another call about the same began within the day before.
    pub repeats: bool,
}

/// Whether the customer was here, for each window; absent while that is not due, in doubt, or not for
/// anybody to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Windows {
    /// At 30 days.
    pub here_30_days: Option<bool>,
    /// At 90 days.
    pub here_90_days: Option<bool>,
    /// At 180 days.
    pub here_180_days: Option<bool>,
    /// When it shows whether it lasts.
    pub durable: Option<bool>,
}

/// What a call comes to by the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Where the save stands.
    pub status: SaveStatus,
    /// Why, where its name does not say.
    pub reason: Option<StatusReason>,
    /// The windows.
    pub windows: Windows,
    /// When service or billing ends or ended; absent while neither is set.
    pub left_at: Option<Timestamp>,
    /// When something is due next, whatever the facts; absent when nothing is.
    pub next_look_at: Option<Timestamp>,
}

/// A judgement and what it rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The judgement.
    pub judgement: Judgement,
    /// The revision of the facts; absent where profiles knows no such customer.
    pub revision: Option<u64>,
    /// When.
    pub judged_at: Timestamp,
}

impl Judged {
    /// Tells whether it holds instead of an earlier one: newer facts win, of the same facts the later
    /// look. That nobody knows the customer has no revision, and is believed.
    pub fn supersedes(&self, earlier: &Self) -> bool {
        match (self.revision, earlier.revision) {
            (Some(own), Some(other)) => (own, self.judged_at) >= (other, earlier.judged_at),
            _ => true,
        }
    }
}

impl Measured {
    /// Takes what judging needs from a call and its description.
    pub fn new(call: &EndedCall, description: &Description) -> Self {
        let benefit_ends_at = description.offer.as_ref().and_then(|it| it.benefit_ends_at);
        let standing = call.cancellation.as_ref();
        Self {
            subscription_id: call.subscription_id.clone(),
            ended_as: description.ended_as,
            decided_at: description.decided_at,
            durable_due_at: durable_due_at(description.decided_at, benefit_ends_at),
            profiles_revision: standing.and_then(|cancellation| cancellation.profiles_revision),
            benefit_undone: call.accepted().is_some_and(|accepted| accepted.undone),
            repeats: call.repeats,
        }
    }

    fn last_due_at(&self) -> Timestamp {
        let [.., last] = WINDOWS_DAYS;
        days_after(self.decided_at, last).max(self.durable_due_at)
    }
}

/// When it shows whether a save lasts.
pub fn durable_due_at(decided_at: Timestamp, benefit_ends_at: Option<Timestamp>) -> Timestamp {
    let afterwards = benefit_ends_at.map(|end| days_after(end, AFTER_THE_BENEFIT_DAYS));
    let soonest = days_after(decided_at, DURABLE_DAYS);
    afterwards.map_or(soonest, |afterwards| afterwards.max(soonest))
}

/// Judges a call at an instant by the newest facts there are; absent facts mean that profiles knows no
/// such customer. `before` is what it came to when it was looked at last: an answer that was given
/// stands until facts say otherwise, and facts that leave it in doubt or are missing say nothing.
pub fn judge(
    call: &Measured,
    evidence: Option<&Evidence>,
    before: Option<&Judgement>,
    now: Timestamp,
) -> Judgement {
    let sight = evidence.and_then(|evidence| {
        let subscription = evidence.subscription(&call.subscription_id)?;
        Some(Sight {
            call,
            evidence,
            subscription,
        })
    });
    if let (None, Some(before), false) = (&sight, before, call.repeats) {
        let next_look_at = next_look_at(call, before.left_at, now);
        return Judgement {
            next_look_at,
            ..*before
        };
    }
    let answered = before.map_or_else(Windows::default, |before| before.windows);
    let windows = sight
        .as_ref()
        .map_or(answered, |sight| sight.windows(answered, now));
    let (status, reason) = match (&sight, evidence) {
        _ if call.repeats => (SaveStatus::Excluded, Some(StatusReason::RepeatedContact)),
        (Some(sight), _) => sight.status(windows, now),
        (None, Some(_)) => (
            SaveStatus::Excluded,
            Some(StatusReason::SubscriptionUnknown),
        ),
        (None, None) => (SaveStatus::Excluded, Some(StatusReason::CustomerUnknown)),
    };
    let left_at = sight
        .as_ref()
        .and_then(|sight| sight.subscription.ends_at());
    Judgement {
        status,
        reason,
        windows,
        left_at,
        next_look_at: next_look_at(call, left_at, now),
    }
}

/// The next window that is due, or an end that comes before it.
fn next_look_at(call: &Measured, left_at: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    let due = WINDOWS_DAYS.map(|days| days_after(call.decided_at, days));
    let end = left_at.filter(|end| *end < call.last_due_at());
    let instants = due.into_iter().chain([call.durable_due_at]).chain(end);
    instants.filter(|at| *at > now).min()
}

/// Whether a customer was here at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Here,
    Gone,
    /// Gone in a way that says nothing about offers.
    Excluded(StatusReason),
    /// The facts do not say.
    InDoubt(StatusReason),
}

/// A call and the facts about what the customer wanted to leave.
struct Sight<'a> {
    call: &'a Measured,
    evidence: &'a Evidence,
    subscription: &'a SubscriptionEvidence,
}

impl Sight<'_> {
    fn windows(&self, answered: Windows, now: Timestamp) -> Windows {
        let here = |due: Timestamp, answered| match (due <= now).then(|| self.presence(due))? {
            Presence::Here => Some(true),
            Presence::Gone => Some(false),
            Presence::Excluded(_) => None,
            Presence::InDoubt(_) => answered,
        };
        let [at_30, at_90, at_180] =
            WINDOWS_DAYS.map(|days| days_after(self.call.decided_at, days));
        Windows {
            here_30_days: here(at_30, answered.here_30_days),
            here_90_days: here(at_90, answered.here_90_days),
            here_180_days: here(at_180, answered.here_180_days),
            durable: here(self.call.durable_due_at, answered.durable),
        }
    }

    fn presence(&self, at: Timestamp) -> Presence {
        let end = self.subscription.ends_at();
        let has_ended = end.is_some_and(|end| end <= at);
        if let Some(reason) = self
            .excluding_end()
            .filter(|_| has_ended || self.left_on_the_call())
        {
            return Presence::Excluded(reason);
        }
        if self.left_on_the_call() || has_ended || self.evidence.is_away(at) {
            return Presence::Gone;
        }
        if self.evidence.deceased && end.is_none() {
            // Nobody says when.
            return Presence::Excluded(StatusReason::Deceased);
        }
        if self.starts_anew_after(at) {
            return Presence::Gone;
        }
        match self.subscription.standing {
            Standing::InService => Presence::Here,
            Standing::Paused => Presence::InDoubt(StatusReason::Paused),
            Standing::Suspended => self.suspended(at),
        }
    }

    /// Who is suspended has been billed until a payment failed. Where none has since the call, the facts
    /// do not date it.
    fn suspended(&self, at: Timestamp) -> Presence {
        let since = self.evidence.payment_failed_at;
        match since.filter(|since| *since > self.call.decided_at) {
            Some(since) if since <= at => Presence::Gone,
            Some(_) => Presence::Here,
            None => Presence::InDoubt(StatusReason::Suspended),
        }
    }

    /// Who cancelled on the call has left, however long the notice runs. Facts in which profiles has
    /// carried that out and no end is set any more show that it was undone there.
    fn left_on_the_call(&self) -> bool {
        let carried_out = self.call.profiles_revision;
        let is_newer = carried_out.is_some_and(|revision| revision <= self.evidence.revision);
        let undone = is_newer && self.subscription.ends_at().is_none();
        self.call.ended_as == EndedAs::Cancelled && !undone
    }

    fn starts_anew_after(&self, at: Timestamp) -> bool {
        let started = self.subscription.started_at;
        started.is_some_and(|start| start > self.call.decided_at && at < start)
    }

    fn excluding_end(&self) -> Option<StatusReason> {
        self.subscription.ends_at()?;
        match self.subscription.end {
            EndKind::Churn => None,
            EndKind::ByProvider => Some(StatusReason::EndedByProvider),
            EndKind::Elsewhere => Some(StatusReason::GoesOnElsewhere),
            EndKind::Death => Some(StatusReason::Deceased),
        }
    }

    fn status(&self, windows: Windows, now: Timestamp) -> (SaveStatus, Option<StatusReason>) {
        let until = now.min(self.call.last_due_at());
        let presence = self.presence(until);
        let (call, end) = (self.call, self.subscription.ends_at());
        let had_ended = end.is_some_and(|end| end <= call.decided_at);
        let saved = saved(windows);
        match presence {
            Presence::Excluded(reason) if saved.is_none() => (SaveStatus::Excluded, Some(reason)),
            _ if self.left_on_the_call() => (SaveStatus::Left, None),
            _ if had_ended && call.ended_as == EndedAs::Accepted => {
                (SaveStatus::InvalidSave, Some(StatusReason::ServiceHadEnded))
            }
            _ if had_ended => (SaveStatus::Excluded, Some(StatusReason::NotInService)),
            Presence::Gone => (SaveStatus::LostDeflect, None),
            _ if was_gone(windows) => (SaveStatus::LostDeflect, None),
            _ if call.ended_as == EndedAs::Accepted && call.benefit_undone => {
                let undelivered = StatusReason::BenefitNotDelivered;
                (SaveStatus::InvalidSave, Some(undelivered))
            }
            presence => {
                let status = saved.unwrap_or(SaveStatus::Watchlist);
                (status, self.doubt(presence, now))
            }
        }
    }

    /// What makes a customer doubtful who is still here.
    fn doubt(&self, presence: Presence, now: Timestamp) -> Option<StatusReason> {
        let end = self.subscription.ends_at();
        match presence {
            Presence::InDoubt(reason) | Presence::Excluded(reason) => Some(reason),
            _ if end.is_some_and(|end| end > now && end <= self.call.last_due_at()) => {
                Some(StatusReason::EndIsSet)
            }
            _ => None,
        }
    }
}

fn saved(windows: Windows) -> Option<SaveStatus> {
    let steps = [
        (windows.here_180_days, SaveStatus::Saved180),
        (windows.here_90_days, SaveStatus::Saved90),
        (windows.here_30_days, SaveStatus::Saved30),
    ];
    let mut steps = steps.into_iter();
    steps
        .find(|(here, _)| *here == Some(true))
        .map(|(_, status)| status)
}

fn was_gone(windows: Windows) -> bool {
    let all = [
        windows.here_30_days,
        windows.here_90_days,
        windows.here_180_days,
        windows.durable,
    ];
    all.contains(&Some(false))
}

/// An instant so many days of 24 hours later; the last there is where it lies beyond.
fn days_after(at: Timestamp, days: i64) -> Timestamp {
    let later = at.checked_add(Span::new().hours(24 * days));
    later.unwrap_or(Timestamp::MAX)
}
