//! Time zones, from the database that is compiled in: what time it is somewhere does not depend on the
//! machine, and the same input gives the same answer everywhere.

use std::fmt;
use std::sync::OnceLock;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use crate::time::Timestamp;

/// A time zone of the IANA database, or a fixed distance from UTC.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// What a clock on the wall shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// The day of the week, 1 for Monday to 7 for Sunday.
    pub iso_weekday: u8,
    /// The minute of the day, 0 to 1,439.
    pub minute: u16,
}

impl Zone {
    /// Finds a zone by its name, written as in the database; none where there is no such zone.
    pub fn parse(name: &str) -> Option<Self> {
        static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
        let database = DATABASE.get_or_init(TimeZoneDatabase::bundled);
        let zone = database.get(name).ok()?;
        (zone.iana_name() == Some(name)).then_some(Self(zone))
    }

    /// Takes a fixed distance from UTC, in hours to the east.
    pub const fn fixed(hours: i8) -> Self {
        Self(TimeZone::fixed(Offset::constant(hours)))
    }

    /// Reads the clock on the wall.
    pub fn wall_clock(&self, instant: Timestamp) -> WallClock {
        let local = self.0.to_datetime(instant);
        // Neither is negative: hours are 0 to 23, minutes 0 to 59, days of the week 1 to 7.
        let minute = i16::from(local.hour()) * 60 + i16::from(local.minute());
        WallClock {
            iso_weekday: local.date().weekday().to_monday_one_offset().unsigned_abs(),
            minute: minute.unsigned_abs(),
        }
    }

    /// Lists the instants after one and up to another at which the clock on the wall may come to show
    /// one of some minutes of the day, or jumps; in order. Between two of them it passes none.
    pub fn turning_points(
        &self,
        after: Timestamp,
        until: Timestamp,
        minutes: &[u16],
    ) -> Vec<Timestamp> {
        let jumps = self.0.following(after).map(|jump| jump.timestamp());
        let mut points: Vec<Timestamp> = jumps.take_while(|jump| *jump <= until).collect();
        let last = self.0.to_datetime(until).date();
        // From the day before on, which comes again where the clock is put back over midnight.
        let mut day = self.0.to_datetime(after).date().yesterday().ok();
        while let Some(date) = day.filter(|date| *date <= last) {
            for minute in minutes {
                points.extend(self.shown(date, *minute));
            }
            day = date.tomorrow().ok();
        }
        points.retain(|point| after < *point && *point <= until);
        points.sort_unstable();
        points.dedup();
        points
    }

    /// The instants at which a minute of a day is shown: two where the clock is put back over it.
    fn shown(&self, date: Date, minute: u16) -> impl Iterator<Item = Timestamp> {
        let local = date
            .to_datetime(jiff::civil::Time::midnight())
            .checked_add(i64::from(minute).minutes());
        let ambiguous = local.map(|local| self.0.to_ambiguous_timestamp(local));
        let (earlier, later) = match ambiguous {
            Ok(ambiguous) => (ambiguous.earlier().ok(), ambiguous.later().ok()),
            Err(_) => (None, None),
        };
        earlier.into_iter().chain(later)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.iana_name().unwrap_or_default())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn shown_at_eight(zone: &str, after: &str, until: &str) -> Vec<String> {
        let zone = Zone::parse(zone).unwrap();
        let points = zone.turning_points(at(after), at(until), &[480]);
        points.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert!(Zone::parse("America/Denver").is_some());
        assert!(Zone::parse("america/denver").is_none());
        assert!(Zone::parse("Mars/Olympus").is_none());
    }

    #[test]
    fn the_wall_clock_follows_summer_time() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let clock = |text| berlin.wall_clock(at(text));
        let winter = WallClock {
            iso_weekday: 1,
            minute: 13 * 60,
        };
        assert_eq!(clock("2026-11-30T12:00:59Z"), winter);
        assert_eq!(clock("2026-07-06T11:00:00Z"), winter);
    }

    #[test]
    fn eight_in_the_morning_moves_when_the_clocks_are_changed() {
        let spring = shown_at_eight(
            "America/New_York",
            "2027-03-13T00:00:00Z",
            "2027-03-15T00:00:00Z",
        );
        let expected = [
            "2027-03-13T13:00:00Z",
            "2027-03-14T07:00:00Z",
            "2027-03-14T12:00:00Z",
        ];
        assert_eq!(spring, expected);
        let autumn = shown_at_eight(
            "America/New_York",
            "2026-10-31T00:00:00Z",
            "2026-11-02T00:00:00Z",
        );
        let expected = [
            "2026-10-31T12:00:00Z",
            "2026-11-01T06:00:00Z",
            "2026-11-01T13:00:00Z",
        ];
        assert_eq!(autumn, expected);
    }

    #[test]
    fn a_minute_that_is_shown_twice_is_found_twice() {
        let london = Zone::parse("Europe/London").unwrap();
        let points = london.turning_points(
            at("2026-10-25T00:00:00Z"),
            at("2026-10-25T02:00:00Z"),
            &[90],
        );
        let expected = [
            at("2026-10-25T00:30:00Z"),
            at("2026-10-25T01:00:00Z"),
            at("2026-10-25T01:30:00Z"),
        ];
        assert_eq!(points, expected);
    }
}
