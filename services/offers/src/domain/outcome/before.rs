//! What a call came to when it was looked at last, and what it comes to once the person is erased.

use kernel::id::CustomerId;
use kernel::time::{Span, Timestamp};

use super::{
    EndKind, EndedAs, Evidence, Judgement, Measured, SaveStatus, Standing, StatusReason,
    SubscriptionEvidence, Windows, judge,
};

/// What a call came to when it was looked at last, and what it was about then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// What it came to.
    pub judgement: Judgement,
    /// The revision of the facts it rests on; absent where profiles knew no such customer.
    pub revision: Option<u64>,
    /// How the call had ended.
    pub ended_as: EndedAs,
    /// Day 0.
    pub decided_at: Timestamp,
    /// When it shows whether it lasts.
    pub durable_due_at: Timestamp,
}

impl Before {
    /// The judgement, where it is about the call as it is now. A call that moved on since has other
    /// windows, or another end.
    pub fn of(&self, call: &Measured) -> Option<&Judgement> {
        let same = self.ended_as == call.ended_as
            && is_same_instant(self.decided_at, call.decided_at)
            && is_same_instant(self.durable_due_at, call.durable_due_at);
        same.then_some(&self.judgement)
    }
}

/// Rows keep microseconds.
fn is_same_instant(one: Timestamp, other: Timestamp) -> bool {
    (one.as_microsecond() - other.as_microsecond()).abs() <= 1
}

/// Judges a call for the last time, when the person is erased at an instant: nobody can be asked any
/// more. Only who is neither served nor billed is erased, so that they left by then, and whatever is
/// not due yet is answered: they will not be here. What was answered or excluded stands.
pub fn judge_erased(
    customer_id: &CustomerId,
    call: &Measured,
    before: Option<&Before>,
    now: Timestamp,
) -> Judgement {
    let of_call = before.and_then(|before| before.of(call));
    if let Some(excluded) = of_call.filter(|it| it.status == SaveStatus::Excluded) {
        return Judgement {
            next_look_at: None,
            ..*excluded
        };
    }
    let known_end = before.and_then(|before| before.judgement.left_at);
    // They rang while they were served, whoever's clock is ahead.
    let soonest = call.decided_at.checked_add(Span::new().seconds(1));
    let latest = soonest.map_or(now, |soonest| soonest.max(now));
    let left_at = known_end.map_or(latest, |end| end.min(latest));
    let (standing, end) = known_of(of_call);
    let evidence = Evidence {
        customer_id: customer_id.clone(),
        revision: 0,
        deceased: false,
        payment_failed_at: None,
        away: Vec::new(),
        subscriptions: vec![SubscriptionEvidence {
            subscription_id: call.subscription_id.clone(),
            standing,
            started_at: None,
            service_ends_at: Some(left_at),
            billing_ends_at: Some(left_at),
            end,
        }],
    };
    let last = judge(call, Some(&evidence), of_call, Timestamp::MAX);
    of_call.map_or(last, |before| last.beside(before))
}

/// What the last look said beside the windows.
const fn known_of(before: Option<&Judgement>) -> (Standing, EndKind) {
    let reason = match before {
        Some(before) => before.reason,
        None => None,
    };
    match reason {
        Some(StatusReason::Paused | StatusReason::Suspended) => (Standing::Paused, EndKind::Churn),
        Some(StatusReason::EndedByProvider) => (Standing::InService, EndKind::ByProvider),
        Some(StatusReason::GoesOnElsewhere) => (Standing::InService, EndKind::Elsewhere),
        Some(StatusReason::Deceased) => (Standing::InService, EndKind::Death),
        _ => (Standing::InService, EndKind::Churn),
    }
}

impl Judgement {
    /// With the answers that were given before, which nobody can give better.
    fn beside(self, before: &Self) -> Self {
        let (last, answered) = (self.windows, before.windows);
        let windows = Windows {
            here_30_days: answered.here_30_days.or(last.here_30_days),
            here_90_days: answered.here_90_days.or(last.here_90_days),
            here_180_days: answered.here_180_days.or(last.here_180_days),
            durable: answered.durable.or(last.durable),
        };
        let nothing_new = windows == answered;
        let (status, reason) = if nothing_new {
            (before.status, before.reason)
        } else {
            (self.status, self.reason)
        };
        Self {
            status,
            reason,
            windows,
            ..self
        }
    }
}
