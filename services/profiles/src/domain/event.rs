//! Timeline events: what happened with a customer. Events are never changed.

use std::time::Duration;

use kernel::id::{CustomerId, EventId, SubscriptionId};
use kernel::money::Money;
use kernel::time::Timestamp;

use super::rejection::Rejection;
use super::vocabulary::EventKind;

/// Something that happened with a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEvent {
    /// The customer.
    pub customer_id: CustomerId,
    /// The event, unique for the customer.
    pub event_id: EventId,
    /// The kind.
    pub kind: EventKind,
    /// When it happened.
    pub event_time: Timestamp,
    /// The subscription it belongs to, if one.
    pub subscription_id: Option<SubscriptionId>,
    /// The amount, where it has one.
    pub amount: Option<Money>,
    /// How many; zero when not counted.
    pub quantity: u32,
    /// A short key that says more.
    pub detail: String,
    /// The score of a survey.
    pub survey_score: Option<u8>,
}

impl TimelineEvent {
    /// How far a sender's clock may run ahead of ours.
    pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

    /// Refuses an event that cannot have happened yet.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Rejection> {
        if now + Self::CLOCK_TOLERANCE < self.event_time {
            return Err(Rejection::EventInFuture {
                event_id: self.event_id.to_string(),
            });
        }
        Ok(())
    }
}
