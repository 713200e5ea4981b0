//! How far a customer has left already, and whether they may simply withdraw.

use kernel::time::{Span, Timestamp};

use super::customer::Subscription;
use super::decision::Inputs;
use super::policy::PolicyOutcome;
use super::session::State;

/// The state of a subscription whose end is set.
const CANCEL_PENDING: &str = "cancel_pending";

/// How far a customer has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// Not at all.
    NotYet,
    /// The end is set and has not come: accepting an offer would clear it.
    Pending,
    /// The end has come.
    Gone,
}

impl Subscription {
    /// Tells whether its end is set.
    pub fn end_is_pending(&self) -> bool {
        self.state == CANCEL_PENDING
    }
}

/// Says how far the customer has left: what profiles knows, and what was confirmed on this call,
/// which profiles may not know yet. Once it does, its facts win: an end may be undone there.
pub fn leaving(inputs: &Inputs<'_>, subscription: &Subscription) -> Leaving {
    let request = inputs.request;
    let revision = inputs.customer.map_or(0, |customer| customer.revision);
    let own = inputs
        .history
        .session(&request.contact_id, &request.subscription_id)
        .filter(|session| session.state == State::CancelRecorded)
        .filter(|session| session.is_newer_than(revision));
    let service_end = own.and_then(|session| session.service_ends_at);
    if !subscription.live || service_end.is_some_and(|end| end <= inputs.now) {
        return Leaving::Gone;
    }
    // What was confirmed on another contact profiles may not know yet, either.
    let mut sessions = inputs.history.sessions.iter();
    let elsewhere = sessions.any(|session| {
        session.subscription_id == request.subscription_id
            && session.is_newer_than(revision)
            && session.service_ends_at.is_some_and(|end| end > inputs.now)
    });
    if own.is_some() || elsewhere || subscription.end_is_pending() {
        return Leaving::Pending;
    }
    Leaving::NotYet
}

/// Tells whether the customer may withdraw from the contract, which is an exit and no occasion for
/// an offer. Where nobody knows when the contract began, it is an ordinary end.
pub fn may_withdraw(policy: &PolicyOutcome, subscription: &Subscription, now: Timestamp) -> bool {
    let days = i64::from(policy.cooling_off_days);
    subscription
        .started_at
        .and_then(|start| start.checked_add(Span::new().hours(24 * days)).ok())
        .is_some_and(|until| days > 0 && now < until)
}
