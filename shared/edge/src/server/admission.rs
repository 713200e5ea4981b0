//! How many calls may be in flight: what does not fit is refused at once, not queued.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bounded count of calls in flight.
#[derive(Clone, Debug)]
pub(crate) struct Admission {
    in_flight: Arc<AtomicUsize>,
    most: usize,
}

/// A place among the calls in flight, free again when dropped.
#[derive(Debug)]
pub(crate) struct Place(Arc<AtomicUsize>);

impl Admission {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            in_flight: Arc::new(AtomicUsize::new(0)),
            most,
        }
    }

    pub(crate) fn enter(&self) -> Option<Place> {
        // Counting first and correcting after is one atomic operation for an admitted call.
        if self.in_flight.fetch_add(1, Ordering::Relaxed) < self.most {
            return Some(Place(Arc::clone(&self.in_flight)));
        }
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        None
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed).min(self.most)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_once_dropped() {
        let admission = Admission::new(2);
        let first = admission.enter().unwrap();
        let _second = admission.enter().unwrap();
        assert!(admission.enter().is_none() && admission.in_flight() == 2);
        drop(first);
        assert!(admission.enter().is_some());
    }
}
