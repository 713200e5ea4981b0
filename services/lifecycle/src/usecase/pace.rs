//! How often a search says how far it is: a listener wants to see that it goes on, not every step.

use std::time::{Duration, Instant};

/// The shortest time between two steps of the same search.
const SHORTEST: Duration = Duration::from_millis(100);

/// When something was last told, and of which group.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    last: Option<(String, Instant)>,
}

impl Pace {
    /// Whether to tell of a group now: at once where it is another one, else so often.
    pub(super) fn is_due(&mut self, group: &str, now: Instant) -> bool {
        let is_early = self.last.as_ref().is_some_and(|(told, when)| {
            told == group && now.saturating_duration_since(*when) < SHORTEST
        });
        if !is_early {
            self.last = Some((group.to_owned(), now));
        }
        !is_early
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_told_ten_times_a_second_and_the_next_one_at_once() {
        let began = Instant::now();
        let mut pace = Pace::default();
        let mut told = |group: &str, milliseconds: u64| {
            pace.is_due(group, began + Duration::from_millis(milliseconds))
        };
        let often = (0..1_000).filter(|millisecond| told("telecom", *millisecond));
        assert_eq!(often.count(), 10);
        assert!(told("music", 1_000) && !told("music", 1_001));
        assert!(told("telecom", 1_001));
    }
}
