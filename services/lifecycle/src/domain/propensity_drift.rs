//! The drift of propensity models: how the inputs of those who are there are spread, and whether as
//! many left in the horizon after the fit as were foretold.

use std::collections::BTreeMap;

use kernel::time::{Span, Timestamp};

use super::clock_days::{days_between, start_of_day};
use super::drift::{CalibrationDrift, InputDrift};
use super::facts::CustomerFacts;
use super::features::features;
use super::propensity::PropensitySet;
use super::propensity_sample::Watch;
use super::training::Training;

/// What has become of a line since the fit.
#[derive(Clone, Debug, Default)]
struct Since {
    now: Training,
    watched: u64,
    expected: f64,
    observed: f64,
}

/// What has become of the customers since a fit.
#[derive(Debug)]
pub struct PropensityDrift {
    set: PropensitySet,
    lines: BTreeMap<String, Since>,
}

impl PropensityDrift {
    /// Compares with these models.
    pub const fn of(set: PropensitySet) -> Self {
        Self {
            set,
            lines: BTreeMap::new(),
        }
    }

    /// Adds the subscriptions of a customer, by the end of each line's observation.
    pub fn add(&mut self, facts: &CustomerFacts, ends: &BTreeMap<String, Timestamp>) {
        let ticket = super::ticket::Ticket::of(&facts.customer_id);
        for subscription in &facts.subscriptions {
            let line = subscription.business_line.as_str();
            let (Some(group), Some(end)) = (self.set.group(line), ends.get(line)) else {
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
            since.watched += 1;
            since.expected += group.model.probability(&row);
            since.observed += f64::from(u8::from(left));
        }
    }

    /// Sums up.
    pub fn finish(self) -> (Vec<InputDrift>, Vec<CalibrationDrift>) {
        let (mut inputs, mut calibrations) = (Vec::new(), Vec::new());
        for (line, since) in self.lines {
            let Some(group) = self.set.group(&line) else {
                continue;
            };
            for (input, stability_index) in since.now.moved_from(&group.inputs) {
                inputs.push(InputDrift {
                    group: line.clone(),
                    input,
                    stability_index,
                });
            }
            if since.watched > 0 {
                calibrations.push(CalibrationDrift {
                    group: line,
                    sample_size: since.watched,
                    expected: since.expected,
                    observed: since.observed,
                    watched_days: group.horizon_days,
                });
            }
        }
        (inputs, calibrations)
    }
}
