//! The drift of propensity models: how the inputs of those who are there are spread, and whether as
//! many left in the horizon after the fit as were foretold.

use std::collections::BTreeMap;

use foreign_model::model::{BATCH, log_odds};
use kernel::time::{Span, Timestamp};
use statistics::propensity::drift;

use super::features::{Features, features};
use super::models::{LineModel, PropensityModels};
use super::sample::EVERYBODY;
use super::training::Training;
use super::watch::Watch;
use crate::domain::clock_days::{days_between, start_of_day};
use crate::domain::facts::CustomerFacts;
use crate::domain::model::drift::{CalibrationDrift, InputDrift};
use crate::domain::model::forecast::real;
use crate::domain::model::ticket::Ticket;

/// What has become of a line since the fit.
#[derive(Clone, Debug, Default)]
struct Since {
    now: Training,
    /// Those who were watched, as they were at the beginning.
    watched: Training,
}

/// What has become of the customers since a fit.
#[derive(Debug)]
pub struct PropensityDrift {
    models: PropensityModels,
    lines: BTreeMap<String, Since>,
}

impl PropensityDrift {
    /// Compares with these models.
    pub const fn of(models: PropensityModels) -> Self {
        Self {
            models,
            lines: BTreeMap::new(),
        }
    }

    /// Adds the subscriptions of a customer, by the end of each line's observation.
    pub fn add(&mut self, facts: &CustomerFacts, ends: &BTreeMap<String, Timestamp>) {
        let ticket = Ticket::of(&facts.customer_id);
        for subscription in &facts.subscriptions {
            let line = subscription.business_line.as_str();
            let (Some(group), Some(end)) = (self.models.line(line), ends.get(line)) else {
                continue;
            };
            let since = self.lines.entry(line.to_owned()).or_default();
            // Who is in force now is seen by a watch that lasts no time.
            let now = Watch::before(*end, 0).and_then(|watch| watch.left(subscription));
            if now.is_some() {
                since
                    .now
                    .add(ticket, &features(facts, subscription, *end), false);
            }
            // The fit watched until one horizon after its landmark; what came after that is news.
            let horizon_days = group.horizon_days();
            let seen = i64::from(horizon_days) * 24;
            let landmark = start_of_day(group.landmark_day()).checked_add(Span::new().hours(seen));
            let Ok(landmark) = landmark else { continue };
            if days_between(landmark, *end) < i64::from(horizon_days) {
                continue;
            }
            let Some(watch) = Watch::after(landmark, horizon_days) else {
                continue;
            };
            let Some(left) = watch.left(subscription) else {
                continue;
            };
            let known = features(facts, subscription, landmark);
            since.watched.add(ticket, &known, left);
        }
    }

    /// Sums up, asking the models about all who were watched.
    pub fn finish(self) -> (Vec<InputDrift>, Vec<CalibrationDrift>) {
        let mut inputs = self.moved_together();
        let mut calibrations = Vec::new();
        for (line, since) in self.lines {
            let Some(group) = self.models.line(&line) else {
                continue;
            };
            if !self.models.is_told_by_everybody(&line) {
                inputs.extend(moved(&line, group, &since.now));
            }
            calibrations.extend(calibration(line, group, &since.watched));
        }
        (inputs, calibrations)
    }
}

impl PropensityDrift {
    /// Sets everybody beside everybody at the fit, where a line has no model of its own. That line
    /// alone was never like all together, and a new fit would not make it so.
    fn moved_together(&self) -> Vec<InputDrift> {
        let mut lines = self.lines.keys();
        let is_asked = lines.any(|line| self.models.is_told_by_everybody(line));
        let everybody = self.models.ours.everybody.as_ref();
        let Some(everybody) = everybody.filter(|_| is_asked) else {
            return Vec::new();
        };
        let mut together = Training::default();
        for since in self.lines.values() {
            together.append(since.now.clone());
        }
        moved(EVERYBODY, LineModel::Ours(everybody), &together)
    }
}

/// Sets how customers are spread now beside how they were.
fn moved(line: &str, model: LineModel<'_>, now: &Training) -> Vec<InputDrift> {
    let mut counts = model.drift_counts();
    let rows = (0..now.labels().len()).filter_map(|row| model.row(&now.customer(row)));
    rows.for_each(|row| counts.add(&row));
    let drifts = counts.drifts().into_iter();
    drifts
        .map(|moved| InputDrift {
            group: line.to_owned(),
            input: moved.input.to_owned(),
            stability_index: moved.stability_index,
            unknown_share: Some(moved.unknown_share),
        })
        .collect()
}

/// Sets what a model foretold of customers beside what became of them. Of whom it has no answer is
/// left out.
fn calibration(line: String, model: LineModel<'_>, watched: &Training) -> Option<CalibrationDrift> {
    let (mut foretold, mut left) = (Vec::new(), Vec::new());
    let rows: Vec<usize> = (0..watched.labels().len()).collect();
    for batch in rows.chunks(BATCH) {
        let known: Vec<Features<'_>> = batch.iter().map(|row| watched.customer(*row)).collect();
        for (row, said) in batch.iter().zip(model.probabilities(&known)) {
            let Some(said) = said else { continue };
            foretold.push(log_odds(said));
            left.push(watched.labels()[*row]);
        }
    }
    let found = drift::CalibrationDrift::of(&foretold, &left)?;
    Some(CalibrationDrift {
        group: line,
        sample_size: u64::try_from(found.rows).unwrap_or(u64::MAX),
        expected: found.expected,
        observed: real(found.observed),
        watched_days: model.horizon_days(),
        slope: found.slope,
        intercept: found.intercept,
    })
}

#[cfg(test)]
#[path = "drift_tests.rs"]
mod tests;
