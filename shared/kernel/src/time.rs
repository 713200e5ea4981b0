//! Time as an input: UTC instants, calendar spans and dates, the clock they are read from, deadlines.

use std::time::{Duration, Instant};

pub use jiff::civil::Date;
pub use jiff::{Span, Timestamp};

/// Where the current time comes from. Only composition roots choose one.
pub trait Clock: Send + Sync {
    /// Reads the current instant.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock, in microseconds: what Postgres keeps is what was said.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock everyone else asks"
    )]
    fn now(&self) -> Timestamp {
        to_microseconds(Timestamp::now())
    }
}

/// Cuts an instant to the microseconds that Postgres keeps. What is read back would otherwise differ
/// from what was said first, and a retry would get another answer.
pub fn to_microseconds(instant: Timestamp) -> Timestamp {
    // Within the range of instants, since it lies between the instant and the epoch.
    Timestamp::from_microsecond(instant.as_microsecond()).unwrap_or(instant)
}

/// When the caller stops waiting, on the monotonic clock of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// Sets a deadline at an instant.
    pub const fn at(instant: Instant) -> Self {
        Self(instant)
    }

    /// Sets a deadline `duration` from now.
    pub fn within(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// Returns the instant itself.
    pub const fn instant(self) -> Instant {
        self.0
    }

    /// Returns how long is left, nothing once it has passed.
    pub fn remaining(self, now: Instant) -> Duration {
        self.0.saturating_duration_since(now)
    }

    /// Tells whether it has passed.
    pub fn is_past(self, now: Instant) -> bool {
        self.0 <= now
    }

    /// Returns the sooner of this deadline and one `duration` from `now`.
    #[must_use]
    pub fn capped(self, now: Instant, duration: Duration) -> Self {
        Self(self.0.min(now + duration))
    }
}

/// Returns the instant so many calendar months later in UTC; the last day of a shorter month stands
/// for a day that it has not.
pub fn months_later(instant: Timestamp, months: u32) -> Timestamp {
    let later = jiff::Span::new().try_months(i64::from(months));
    let zoned = instant.to_zoned(jiff::tz::TimeZone::UTC);
    later
        .and_then(|span| zoned.checked_add(span))
        .map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// Returns the calendar year of an instant in UTC.
pub fn year_of(instant: Timestamp) -> i16 {
    instant.to_zoned(jiff::tz::TimeZone::UTC).year()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_says_what_postgres_can_keep() {
        let instant = "2026-11-22T12:00:00.123456789Z".parse().unwrap();
        assert_eq!(
            to_microseconds(instant).to_string(),
            "2026-11-22T12:00:00.123456Z"
        );
        for _ in 0..100 {
            assert_eq!(SystemClock.now().subsec_nanosecond() % 1_000, 0);
        }
    }

    #[test]
    fn a_deadline_counts_down_to_nothing_and_can_only_be_shortened() {
        let now = Instant::now();
        let second = Duration::from_secs(1);
        let deadline = Deadline::at(now + second);
        assert_eq!(deadline.remaining(now), second);
        assert_eq!(deadline.remaining(now + second * 2), Duration::ZERO);
        assert!(!deadline.is_past(now) && deadline.is_past(now + second));
        assert_eq!(deadline.capped(now, second * 5), deadline);
        assert_eq!(deadline.capped(now, second / 2).remaining(now), second / 2);
    }

    #[test]
    fn a_month_later_is_the_same_day_or_the_last() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let later = |text, months| months_later(time(text), months);
        assert_eq!(
            later("2026-01-31T08:00:00Z", 1),
            time("2026-02-28T08:00:00Z")
        );
        assert_eq!(
            later("2024-02-29T00:00:00Z", 12),
            time("2025-02-28T00:00:00Z")
        );
        assert_eq!(months_later(Timestamp::MAX, 1), Timestamp::MAX);
        assert_eq!(year_of(time("2025-12-31T23:59:59Z")), 2025);
    }
}
