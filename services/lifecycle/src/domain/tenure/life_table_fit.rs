//! Fits life tables: tallies how long each subscription or gap lasted, and whether it ended.
//!
//! A duration counts for the period it falls in, so that what is censored inside a period was at
//! risk in all of it. A group needs [`MIN_SAMPLE`] durations and [`MIN_EVENTS`] ends to get a table
//! of its own; thinner ones are told only by the pooled tables.

use std::collections::BTreeMap;

use kernel::time::Timestamp;

use super::life_tables::{DAYS_PER_MONTH, DAYS_PER_WEEK, Group, Subject};
use super::observation::{Exposure, PurchaseHistory};
use crate::domain::clock_days::{day_number, days_between};
use crate::domain::facts::ContractKind;
use statistics::tenures::curve::{Curve, Period};

/// The fewest durations a group needs.
pub const MIN_SAMPLE: u64 = 30;
/// The fewest ends a group needs.
pub const MIN_EVENTS: u64 = 5;
/// Calendar months differ in length: up to three days more still count as the same month.
const MONTH_GRACE_DAYS: f64 = 3.0;
/// Longer durations are counted here: a century of months, two decades of weeks.
const MAX_PERIODS: usize = 1_200;

/// How many durations left in one period, by how they left.
#[derive(Clone, Copy, Debug, Default)]
struct Exits {
    ended: u64,
    censored: u64,
}

/// The durations of one group, by period.
#[derive(Clone, Debug, Default)]
struct Durations {
    exits: Vec<Exits>,
}

#[derive(Clone, Debug, Default)]
struct LineTally {
    by_kind: BTreeMap<ContractKind, Durations>,
    gap: Durations,
}

/// A tally under way.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    lines: BTreeMap<String, LineTally>,
}

/// What came of a fit.
#[derive(Clone, Debug, Default)]
pub struct Fitted {
    /// The tables of the groups that had enough.
    pub tables: Vec<(Group, Curve)>,
    /// How many durations there were.
    pub sample_size: u64,
    /// How many of these had ended.
    pub event_count: u64,
}

/// Not even everything together is enough for one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sample_size} durations with {event_count} ends are too few for any life table")]
pub struct TooLittle {
    /// How many durations there were.
    pub sample_size: u64,
    /// How many of these had ended.
    pub event_count: u64,
}

impl Tally {
    /// Counts a contractual subscription, watched until the observation of its line ends. Living on
    /// elsewhere censors it.
    pub fn add_exposure(&mut self, exposure: &Exposure, observation_end: Timestamp) {
        if exposure.start_time > observation_end {
            return;
        }
        let seen_end = exposure.end_time.filter(|end| *end <= observation_end);
        let until = seen_end.unwrap_or(observation_end);
        let days = days_between(exposure.start_time, until);
        let ended = seen_end.is_some() && !exposure.lives_on;
        let period = period_of(days, DAYS_PER_MONTH, MONTH_GRACE_DAYS);
        self.line(&exposure.business_line)
            .by_kind
            .entry(exposure.contract_kind)
            .or_default()
            .add(days, period, ended);
    }

    /// Counts the gaps between purchases, and the last, open one until the observation ends.
    pub fn add_history(&mut self, history: &PurchaseHistory, observation_end: Timestamp) {
        let gap = &mut self.line(&history.business_line).gap;
        let mut add = |days: i64, closed: bool| {
            gap.add(days, period_of(days, DAYS_PER_WEEK, 0.0), closed);
        };
        let last_day = day_number(observation_end);
        let days = &history.purchase_days;
        for pair in days.windows(2) {
            if pair[1] <= last_day {
                add(i64::from(pair[1]) - i64::from(pair[0]), true);
            }
        }
        if let Some(last) = days.iter().rev().find(|day| **day <= last_day) {
            add(i64::from(last_day) - i64::from(*last), false);
        }
    }

    fn line(&mut self, business_line: &str) -> &mut LineTally {
        if !self.lines.contains_key(business_line) {
            let tally = LineTally::default();
            self.lines.insert(business_line.to_owned(), tally);
        }
        self.lines.entry(business_line.to_owned()).or_default()
    }

    /// Builds the tables, unless there is too little for any.
    pub fn finish(self) -> Result<Fitted, TooLittle> {
        let mut fitted = Fitted::default();
        let (mut every_contract, mut every_gap) = (Durations::default(), Durations::default());
        for (business_line, tally) in self.lines {
            let mut line_contracts = Durations::default();
            let group = |subject| Group {
                business_line: Some(business_line.clone()),
                subject,
            };
            for (kind, durations) in tally.by_kind {
                line_contracts.merge(&durations);
                fitted.add(&durations, group(Subject::Contract(kind)));
            }
            every_contract.merge(&line_contracts);
            every_gap.merge(&tally.gap);
            fitted.add(&line_contracts, group(Subject::EveryContract));
            fitted.add(&tally.gap, group(Subject::Gap));
        }
        for (durations, subject) in [
            (every_contract, Subject::EveryContract),
            (every_gap, Subject::Gap),
        ] {
            let totals = durations.totals();
            fitted.sample_size += totals.at_risk;
            fitted.event_count += totals.ended;
            let group = Group {
                business_line: None,
                subject,
            };
            fitted.add(&durations, group);
        }
        if fitted.tables.is_empty() {
            return Err(TooLittle {
                sample_size: fitted.sample_size,
                event_count: fitted.event_count,
            });
        }
        Ok(fitted)
    }
}

impl Fitted {
    fn add(&mut self, durations: &Durations, group: Group) {
        self.tables.extend(durations.table(group));
    }
}

impl Durations {
    /// Counts one duration. What was watched for less than a day tells nothing, unless it ended.
    fn add(&mut self, days: i64, period: usize, ended: bool) {
        if days <= 0 && !ended {
            return;
        }
        if self.exits.len() < period {
            self.exits.resize(period, Exits::default());
        }
        let exits = &mut self.exits[period - 1];
        if ended {
            exits.ended += 1;
        } else {
            exits.censored += 1;
        }
    }

    fn merge(&mut self, other: &Self) {
        if self.exits.len() < other.exits.len() {
            self.exits.resize(other.exits.len(), Exits::default());
        }
        for (exits, more) in self.exits.iter_mut().zip(&other.exits) {
            exits.ended += more.ended;
            exits.censored += more.censored;
        }
    }

    fn totals(&self) -> Period {
        let mut totals = Period::default();
        for exits in &self.exits {
            totals.at_risk += exits.ended + exits.censored;
            totals.ended += exits.ended;
        }
        totals
    }

    fn table(&self, group: Group) -> Option<(Group, Curve)> {
        let totals = self.totals();
        if totals.at_risk < MIN_SAMPLE || totals.ended < MIN_EVENTS {
            return None;
        }
        let mut at_risk = totals.at_risk;
        let mut periods = Vec::with_capacity(self.exits.len());
        for exits in &self.exits {
            periods.push(Period {
                at_risk,
                ended: exits.ended,
            });
            at_risk -= exits.ended + exits.censored;
        }
        Some((group, Curve::new(periods)))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "days are small, and the period is clamped"
)]
fn period_of(days: i64, days_per_period: f64, grace_days: f64) -> usize {
    let period = ((days as f64 - grace_days) / days_per_period).ceil();
    period.clamp(1.0, MAX_PERIODS as f64) as usize
}

#[cfg(test)]
mod tests {
    use kernel::time::{Date, Span};

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn end() -> Timestamp {
        time("2026-01-01T00:00:00Z")
    }

    fn exposure(days: i32, ended: bool) -> Exposure {
        let end_day = day_number(end());
        let start_time = crate::domain::clock_days::start_of_day(end_day - days);
        Exposure {
            customer_id: "c".to_owned(),
            subscription_id: "s".to_owned(),
            business_line: "telecom".to_owned(),
            contract_kind: ContractKind::MonthToMonth,
            start_time,
            end_time: ended.then(end),
            lives_on: false,
        }
    }

    fn table(fitted: &Fitted, name: &str) -> Vec<Period> {
        let found = fitted
            .tables
            .iter()
            .find(|(group, _)| group.to_string() == name);
        found.unwrap().1.periods().to_vec()
    }

    #[test]
    fn calendar_months_of_any_length_fall_in_their_month() {
        for (days, month) in [(28, 1), (31, 1), (34, 2), (59, 2), (62, 2), (365, 12)] {
            let period = period_of(days, DAYS_PER_MONTH, MONTH_GRACE_DAYS);
            assert_eq!(period, month, "{days} days");
        }
    }

    #[test]
    fn whole_calendar_months_are_counted_as_such() {
        for snapshot in ["2026-11-01", "2025-03-01", "2024-02-29", "2026-07-15"] {
            let snapshot: Date = snapshot.parse().unwrap();
            for months in 1..=120_i32 {
                let start = snapshot.checked_sub(Span::new().months(months)).unwrap();
                let days = start.until(snapshot).unwrap().get_days();
                let period = period_of(i64::from(days), DAYS_PER_MONTH, MONTH_GRACE_DAYS);
                assert_eq!(i32::try_from(period), Ok(months), "before {snapshot}");
            }
        }
    }

    #[test]
    fn what_still_lives_or_lives_on_is_censored() {
        let mut tally = Tally::default();
        for _ in 0..30 {
            tally.add_exposure(&exposure(30, true), end());
            tally.add_exposure(&exposure(60, false), end());
        }
        let moved = Exposure {
            lives_on: true,
            ..exposure(30, true)
        };
        tally.add_exposure(&moved, end());
        let fitted = tally.finish().unwrap();
        assert_eq!((fitted.sample_size, fitted.event_count), (61, 30));
        let expected = [(61, 30), (30, 0)].map(|(at_risk, ended)| Period { at_risk, ended });
        assert_eq!(table(&fitted, "telecom/month_to_month"), expected);
        assert_eq!(table(&fitted, "all/all"), expected);
    }

    #[test]
    fn an_end_after_the_observation_is_not_seen() {
        let mut tally = Tally::default();
        let later = Exposure {
            end_time: Some(time("2026-03-01T00:00:00Z")),
            ..exposure(30, false)
        };
        for _ in 0..MIN_SAMPLE {
            tally.add_exposure(&later, end());
        }
        let too_little = tally.finish().unwrap_err();
        assert_eq!((too_little.sample_size, too_little.event_count), (30, 0));
    }

    #[test]
    fn gaps_are_closed_but_for_the_last() {
        let last_day = day_number(end());
        let history = PurchaseHistory {
            business_line: "music".to_owned(),
            purchase_days: vec![last_day - 30, last_day - 23, last_day - 15],
        };
        let mut tally = Tally::default();
        for _ in 0..15 {
            tally.add_history(&history, end());
        }
        let fitted = tally.finish().unwrap();
        let expected = [(45, 15), (30, 15), (15, 0)];
        let expected = expected.map(|(at_risk, ended)| Period { at_risk, ended });
        assert_eq!(table(&fitted, "music/gap"), expected);
    }

    #[test]
    fn a_thin_group_is_told_only_by_the_pooled_tables() {
        let mut tally = Tally::default();
        for line in ["a", "b"] {
            for _ in 0..20 {
                let exposure = Exposure {
                    business_line: line.to_owned(),
                    ..exposure(30, true)
                };
                tally.add_exposure(&exposure, end());
            }
        }
        let fitted = tally.finish().unwrap();
        let names: Vec<String> = fitted
            .tables
            .iter()
            .map(|(group, _)| group.to_string())
            .collect();
        assert_eq!(names, ["all/all"]);
    }
}
