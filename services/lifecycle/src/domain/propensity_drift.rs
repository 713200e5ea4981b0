//! The drift of propensity models: how the inputs of those who are there are spread, and whether as
//! many left in the horizon after the fit as were foretold.

use std::collections::BTreeMap;

use kernel::time::{Span, Timestamp};

use super::clock_days::{days_between, start_of_day};
use super::drift::{CalibrationDrift, InputDrift};
use super::facts::CustomerFacts;
use super::features::features;
use super::forecast::real;
use super::propensity::{PropensityGroup, PropensitySet};
use super::propensity_sample::Watch;
use statistics::propensity::drift::{self, DriftCounts};

/// What has become of a line since the fit.
#[derive(Clone, Debug)]
struct Since<'a> {
    group: &'a PropensityGroup,
    now: DriftCounts<'a>,
    /// What was foretold of those who were watched since, and whether they left.
    log_odds: Vec<f64>,
    left: Vec<bool>,
}

/// What has become of the customers since a fit.
#[derive(Debug)]
pub struct PropensityDrift<'a> {
    set: &'a PropensitySet,
    lines: BTreeMap<String, Since<'a>>,
}

impl<'a> PropensityDrift<'a> {
    /// Compares with these models.
    pub const fn of(set: &'a PropensitySet) -> Self {
        Self {
            set,
            lines: BTreeMap::new(),
        }
    }

    /// Adds the subscriptions of a customer, by the end of each line's observation.
    pub fn add(&mut self, facts: &CustomerFacts, ends: &BTreeMap<String, Timestamp>) {
        for subscription in &facts.subscriptions {
            let line = subscription.business_line.as_str();
            let (Some(group), Some(end)) = (self.set.group(line), ends.get(line)) else {
                continue;
            };
            let since = self.lines.entry(line.to_owned());
            let since = since.or_insert_with(|| Since::of(group));
            // Who is in force now is seen by a watch that lasts no time.
            let now = Watch::before(*end, 0).and_then(|watch| watch.left(subscription));
            if now.is_some()
                && let Some(row) = group.row(&features(facts, subscription, *end))
            {
                since.now.add(&row);
            }
            // The fit watched until one horizon after its landmark; what came after that is news.
            let seen = i64::from(group.horizon_days) * 24;
            let landmark = start_of_day(group.landmark_day).checked_add(Span::new().hours(seen));
            let Ok(landmark) = landmark else { continue };
            if days_between(landmark, *end) < i64::from(group.horizon_days) {
                continue;
            }
            let Some(watch) = Watch::after(landmark, group.horizon_days) else {
                continue;
            };
            let Some(left) = watch.left(subscription) else {
                continue;
            };
            let known = features(facts, subscription, landmark);
            let Some(row) = group.row(&known) else {
                continue;
            };
            since.log_odds.push(group.model.log_odds(&row));
            since.left.push(left);
        }
    }

    /// Sums up.
    pub fn finish(self) -> (Vec<InputDrift>, Vec<CalibrationDrift>) {
        let (mut inputs, mut calibrations) = (Vec::new(), Vec::new());
        for (line, since) in self.lines {
            let moved = since.now.drifts().into_iter().map(|moved| InputDrift {
                group: line.clone(),
                input: moved.input.to_owned(),
                stability_index: moved.stability_index,
                unknown_share: Some(moved.unknown_share),
            });
            inputs.extend(moved);
            let calibration = drift::CalibrationDrift::of(&since.log_odds, &since.left);
            calibrations.extend(calibration.map(|found| CalibrationDrift {
                group: line,
                sample_size: u64::try_from(found.rows).unwrap_or(u64::MAX),
                expected: found.expected,
                observed: real(found.observed),
                watched_days: since.group.horizon_days,
                slope: found.slope,
                intercept: found.intercept,
            }));
        }
        (inputs, calibrations)
    }
}

impl<'a> Since<'a> {
    fn of(group: &'a PropensityGroup) -> Self {
        Self {
            group,
            now: DriftCounts::of(&group.model),
            log_odds: Vec::new(),
            left: Vec::new(),
        }
    }
}

#[cfg(test)]
#[path = "propensity_drift_tests.rs"]
mod tests;
