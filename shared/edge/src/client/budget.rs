//! How many calls may be tried again: a share of the calls made, so that retries cannot become
//! the load that keeps a service down.

use std::sync::atomic::{AtomicU32, Ordering};

/// What one call adds, in thousandths of a retry.
const PER_CALL: u32 = 100;
/// What one retry costs.
const PER_RETRY: u32 = 1_000;
/// What may be saved up: ten retries.
const MOST: u32 = 10_000;

/// Retries that may still be made.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Budget {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(MOST))
    }

    pub(crate) fn call(&self) {
        // Nothing is written while the budget is full, which is nearly always.
        if self.0.load(Ordering::Relaxed) < MOST {
            let add = |saved: u32| Some((saved + PER_CALL).min(MOST));
            let _ = self
                .0
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        }
    }

    pub(crate) fn allows_retry(&self) -> bool {
        let take = |saved: u32| saved.checked_sub(PER_RETRY);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_a_tenth_of_the_calls_in_the_long_run() {
        let budget = Budget::new();
        let mut retries = 0;
        for _ in 0..10_000 {
            budget.call();
            retries += u32::from(budget.allows_retry());
        }
        assert!((1_000..=1_010).contains(&retries), "{retries}");
    }
}
