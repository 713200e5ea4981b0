//! Whole days between instants. Every threshold is a number of whole days from some instant, so
//! that an answer stays the same until the next such boundary.

use kernel::time::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;
const NANOSECONDS_PER_DAY: i128 = 86_400_000_000_000;

/// Counts the whole days from one instant to another, rounded down; negative backwards.
pub(super) fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    let nanoseconds = to.as_nanosecond() - from.as_nanosecond();
    i64::try_from(nanoseconds.div_euclid(NANOSECONDS_PER_DAY)).unwrap_or(i64::MAX)
}

/// Counts the whole days since an instant, none when it lies ahead.
pub(super) fn days_since(from: Timestamp, to: Timestamp) -> u32 {
    u32::try_from(days_between(from, to).max(0)).unwrap_or(u32::MAX)
}

/// Returns the UTC day of an instant, counted from 1970-01-01.
pub(super) fn day_number(time: Timestamp) -> i32 {
    let days = time.as_second().div_euclid(SECONDS_PER_DAY);
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// Returns the first instant of a UTC day counted from 1970-01-01.
pub(super) fn start_of_day(day: i32) -> Timestamp {
    let bound = if day < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    Timestamp::from_second(i64::from(day) * SECONDS_PER_DAY).unwrap_or(bound)
}

/// Returns the next instant after `now` that lies a whole number of days from `anchor`.
pub(super) fn next_boundary(anchor: Timestamp, now: Timestamp) -> Timestamp {
    let since = now.as_nanosecond() - anchor.as_nanosecond();
    let left = NANOSECONDS_PER_DAY - since.rem_euclid(NANOSECONDS_PER_DAY);
    Timestamp::from_nanosecond(now.as_nanosecond() + left).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_whole_and_round_down() {
        let start = time("2026-01-01T12:00:00Z");
        assert_eq!(days_between(start, time("2026-01-02T11:59:59Z")), 0);
        assert_eq!(days_between(start, time("2026-01-02T12:00:00Z")), 1);
        assert_eq!(days_between(start, time("2026-01-01T11:00:00Z")), -1);
        assert_eq!(days_since(start, time("2025-01-01T00:00:00Z")), 0);
    }

    #[test]
    fn the_next_boundary_is_after_now_on_either_side_of_the_anchor() {
        let anchor = time("2026-01-01T12:00:00Z");
        let noon = time("2026-03-05T12:00:00Z");
        assert_eq!(next_boundary(anchor, noon), time("2026-03-06T12:00:00Z"));
        let before = time("2025-12-30T13:00:00Z");
        assert_eq!(next_boundary(anchor, before), time("2025-12-31T12:00:00Z"));
    }

    #[test]
    fn day_numbers_count_from_the_epoch() {
        assert_eq!(day_number(time("1970-01-02T23:00:00Z")), 1);
        assert_eq!(day_number(time("1969-12-31T23:00:00Z")), -1);
        assert_eq!(start_of_day(1), time("1970-01-02T00:00:00Z"));
    }
}
