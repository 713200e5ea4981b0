//! Calendar months in UTC.

use kernel::time::{Span, Timestamp};

/// The most months that figures are told of.
pub const MAX_MONTHS: u32 = 36;

/// The mean length of a month in days: what rates by month are reckoned with.
pub const DAYS_PER_MONTH: f64 = 365.25 / 12.0;

const SECONDS_PER_DAY: f64 = 86_400.0;

/// The time that figures are about: from one instant until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first instant.
    pub from: Timestamp,
    /// The end, which is not part of it.
    pub until: Timestamp,
}

impl Window {
    /// The so many months before an instant.
    pub fn before(until: Timestamp, months: u32) -> Self {
        Self {
            from: months_after(until, -i64::from(months)),
            until,
        }
    }

    /// Tells whether an instant lies in it.
    pub fn holds(&self, time: Timestamp) -> bool {
        self.from <= time && time < self.until
    }

    /// Its months, the first first; the last may be a part of one.
    pub fn months(&self) -> Vec<Self> {
        let mut months = Vec::new();
        for number in 0..i64::from(MAX_MONTHS) {
            let from = months_after(self.from, number);
            if from >= self.until {
                break;
            }
            let until = months_after(self.from, number + 1).min(self.until);
            months.push(Self { from, until });
        }
        months
    }
}

/// Returns the instant so many months later, on the same day of the month or its last.
pub fn months_after(time: Timestamp, months: i64) -> Timestamp {
    let moved = time
        .in_tz("UTC")
        .and_then(|time| time.checked_add(Span::new().months(months)));
    moved.map_or(time, |moved| moved.timestamp())
}

/// Counts months between two instants as a real number, none backwards.
pub fn months_between(from: Timestamp, to: Timestamp) -> f64 {
    let seconds = to.duration_since(from).as_secs_f64().max(0.0);
    seconds / SECONDS_PER_DAY / DAYS_PER_MONTH
}

/// Counts whole months between two instants.
pub fn whole_months(from: Timestamp, to: Timestamp) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and `as` saturates"
    )]
    let whole = months_between(from, to) as u32;
    whole
}
