//! A clock that stands still until it is told otherwise.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kernel::time::{Clock, Timestamp};

/// A clock that stands still until it is told otherwise. Clones share their time.
#[derive(Clone, Debug)]
pub struct FixedClock(Arc<Mutex<Timestamp>>);

impl FixedClock {
    /// Stands at an instant such as `2026-11-30T12:00:00Z`.
    pub fn at(text: &str) -> Self {
        let instant = text
            .parse()
            .expect("a fixed clock needs an instant such as 2026-11-30T12:00:00Z");
        Self(Arc::new(Mutex::new(instant)))
    }

    /// Moves to another instant.
    pub fn set(&self, instant: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = instant;
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = now
            .checked_add(by)
            .expect("the clock stays within the years it knows");
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
