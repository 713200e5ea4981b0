//! The hours of a contact, by the clock on the customer's wall.
//!
//! Where that is not known, the hours have to hold on every wall it may hang on. Clocks jump twice a
//! year: between the instants at which some clock reaches an hour or jumps nothing changes, so that
//! looking at these is exact.

use kernel::time::{Span, Timestamp};
use kernel::zone::Zone;

use super::super::contact_rules::{ContactHours, DAY_MINUTES, Demands};
use super::{Finding, against, for_it};

/// What the hours say about an instant.
pub(super) struct Look {
    pub(super) finding: Finding,
    /// The instant is within the hours.
    pub(super) within: bool,
    /// How long the hours last, at most to the horizon.
    pub(super) until_time: Timestamp,
    /// When the hours begin, before the horizon.
    pub(super) next_time: Option<Timestamp>,
}

/// Where on earth a day is: between these, 26 hours apart, every other clock shows the day of one of
/// the three.
const WHEREVER: [i8; 3] = [-12, 1, 14];

pub(super) fn look(
    demands: &Demands<'_>,
    zones: &[Zone],
    instant: Timestamp,
    horizon: Timestamp,
) -> Look {
    let Some(hours) = &demands.hours else {
        let finding = for_it("WITHIN_HOURS", "at any hour", "");
        return within(finding, horizon);
    };
    let rule = demands.hours_rules.join(",");
    let all_day = hours.start_minute == 0 && hours.end_minute == DAY_MINUTES;
    if zones.is_empty() && !all_day {
        let detail = format!(
            "neither the place's nor the customer's time zone is known, and it is never {} \
             everywhere on earth",
            spoken(hours)
        );
        return outside(against("QUIET_HOURS", detail, &rule), horizon, None);
    }
    let anywhere: Vec<Zone> = WHEREVER.into_iter().map(Zone::fixed).collect();
    let zones = if zones.is_empty() { &anywhere } else { zones };
    let detail = match zones.len() {
        1 => format!("{}, by the customer's clock", spoken(hours)),
        count => format!("{} in each of {count} time zones", spoken(hours)),
    };
    let turn = |wanted| turn(hours, zones, instant, horizon, wanted);
    if is_open(hours, zones, instant) {
        let finding = for_it("WITHIN_HOURS", detail, &rule);
        return within(finding, turn(false).unwrap_or(horizon));
    }
    outside(against("QUIET_HOURS", detail, &rule), horizon, turn(true))
}

fn within(finding: Finding, until_time: Timestamp) -> Look {
    Look {
        finding,
        within: true,
        until_time,
        next_time: None,
    }
}

fn outside(finding: Finding, horizon: Timestamp, next_time: Option<Timestamp>) -> Look {
    Look {
        finding,
        within: false,
        until_time: horizon,
        next_time,
    }
}

fn is_open(hours: &ContactHours, zones: &[Zone], instant: Timestamp) -> bool {
    zones.iter().all(|zone| {
        let clock = zone.wall_clock(instant);
        let on_day =
            hours.iso_weekdays.is_empty() || hours.iso_weekdays.contains(&clock.iso_weekday);
        on_day && (hours.start_minute..hours.end_minute).contains(&clock.minute)
    })
}

/// Finds the first instant before the horizon at which the hours begin, or end.
fn turn(
    hours: &ContactHours,
    zones: &[Zone],
    instant: Timestamp,
    horizon: Timestamp,
    begin: bool,
) -> Option<Timestamp> {
    let minutes = [0, hours.start_minute, hours.end_minute];
    if hours.start_minute >= hours.end_minute {
        // Rules that share no hour: it never begins.
        return None;
    }
    let mut from = instant;
    // Two days at a time: most answers are found within the first.
    while from < horizon {
        let to = from
            .checked_add(Span::new().hours(48))
            .map_or(horizon, |to| to.min(horizon));
        let mut points: Vec<Timestamp> = zones
            .iter()
            .flat_map(|zone| zone.turning_points(from, to, &minutes))
            .collect();
        points.sort_unstable();
        points.dedup();
        let found = points
            .into_iter()
            .find(|point| *point < horizon && is_open(hours, zones, *point) == begin);
        if found.is_some() {
            return found;
        }
        from = to;
    }
    None
}

fn spoken(hours: &ContactHours) -> String {
    let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let days = match hours.iso_weekdays.as_slice() {
        [] => String::new(),
        days => {
            const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            let names = days
                .iter()
                .filter_map(|day| NAMES.get(usize::from(day.saturating_sub(1))));
            format!(" on {}", names.copied().collect::<Vec<_>>().join(" "))
        }
    };
    let (start, end) = (clock(hours.start_minute), clock(hours.end_minute));
    format!("{start} to {end}{days}")
}
