//! Days and months of generated lives.

use jiff::civil::Date;
use jiff::{Span, Unit};
use prost_types::Timestamp as WireTime;

/// The first instant of a day in UTC, as the wire has it.
pub(super) fn time(day: Date) -> Option<WireTime> {
    let days = Date::constant(1970, 1, 1)
        .until((Unit::Day, day))
        .ok()?
        .get_days();
    Some(WireTime {
        seconds: i64::from(days) * 86_400,
        nanos: 0,
    })
}

/// The day so many days later; the last day there is, beyond the end of the calendar.
pub(super) fn days_after(day: Date, days: u32) -> Date {
    day.saturating_add(Span::new().days(i64::from(days)))
}

/// The day so many days earlier.
pub(super) fn days_before(day: Date, days: u32) -> Date {
    day.saturating_sub(Span::new().days(i64::from(days)))
}

/// The day so many months later.
pub(super) fn months_after(day: Date, months: u32) -> Date {
    day.saturating_add(Span::new().months(i64::from(months)))
}

/// The day so many months earlier.
pub(super) fn months_before(day: Date, months: u32) -> Date {
    day.saturating_sub(Span::new().months(i64::from(months)))
}

/// Whole days from one day to a later one; zero when it is not later.
pub(super) fn days_between(from: Date, to: Date) -> u32 {
    let days = from
        .until((Unit::Day, to))
        .map_or(0, |span| span.get_days());
    u32::try_from(days).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn months_keep_to_the_calendar() {
        assert_eq!(months_after(date(2024, 1, 31), 1), date(2024, 2, 29));
        assert_eq!(days_between(date(2024, 2, 28), date(2024, 3, 1)), 2);
        assert_eq!(days_between(date(2024, 3, 1), date(2024, 2, 28)), 0);
        assert_eq!(
            time(date(1970, 1, 2)).map(|time| time.seconds),
            Some(86_400)
        );
    }
}
