//! When the contractual subscriptions of a line are looked at, and whether they ended since.

use kernel::time::{Span, Timestamp};

use crate::domain::facts::{Relationship, Standing, Subscription};

/// When the customers of a line are looked at, and what became of them is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    landmark: Timestamp,
    end: Timestamp,
    horizon_days: u32,
}

impl Watch {
    /// Watches the last stretch of an observation; `None` before all time.
    pub fn before(observation_end: Timestamp, horizon_days: u32) -> Option<Self> {
        let hours = Span::new().hours(i64::from(horizon_days) * 24);
        let landmark = observation_end.checked_sub(hours).ok()?;
        Some(Self {
            landmark,
            end: observation_end,
            horizon_days,
        })
    }

    /// Watches the stretch after a time.
    pub fn after(landmark: Timestamp, horizon_days: u32) -> Option<Self> {
        let hours = Span::new().hours(i64::from(horizon_days) * 24);
        let end = landmark.checked_add(hours).ok()?;
        Some(Self {
            landmark,
            end,
            horizon_days,
        })
    }

    /// Returns when customers are looked at.
    pub(in crate::domain) const fn landmark(&self) -> Timestamp {
        self.landmark
    }

    /// Returns for how long they are watched.
    pub(in crate::domain) const fn horizon_days(&self) -> u32 {
        self.horizon_days
    }

    /// Says whether a subscription in force at the landmark left; `None` for what was not in force
    /// then, or was not watched to the end because it lives on elsewhere.
    pub(super) fn left(&self, subscription: &Subscription) -> Option<bool> {
        let contractual = subscription.relationship == Relationship::Contractual;
        let in_force = subscription.standing(self.landmark) == Standing::Live;
        if !contractual || !in_force || subscription.start_time.is_none() {
            return None;
        }
        let end = subscription.service_end_time;
        let ended = end.is_some_and(|end| end <= self.end);
        (!(ended && subscription.lives_on)).then_some(ended)
    }
}
