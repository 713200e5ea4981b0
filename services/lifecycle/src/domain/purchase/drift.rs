//! The drift of purchase models: how often and how lately customers have bought, and whether as many
//! purchases came since the fit as were foretold.

use std::collections::BTreeMap;

use statistics::purchases::purchase_model::{Horizon, PurchaseModel};
use statistics::purchases::purchase_summary::{DAYS_PER_WEEK, PurchaseSummary};
use statistics::refusal::InputRefusal;

use super::buyer::Buyer;
use super::model::PurchaseSet;
use crate::domain::model::bins::Bins;
use crate::domain::model::drift::{CalibrationDrift, InputDrift};

/// The inputs that are watched, by name.
type Inputs = [(&'static str, fn(&PurchaseSummary) -> f64); 3];

const INPUTS: Inputs = [
    ("repeat_purchases", |customer| {
        f64::from(customer.frequency())
    }),
    ("silence_weeks", PurchaseSummary::silence),
    ("age_weeks", PurchaseSummary::age),
];

/// Spreads the inputs of many customers.
pub fn bins(customers: &[PurchaseSummary]) -> BTreeMap<String, Bins> {
    let bins = INPUTS
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Bins::of(&values_of(customers, *value))));
    bins.collect()
}

fn values_of(customers: &[PurchaseSummary], value: fn(&PurchaseSummary) -> f64) -> Vec<(f64, f64)> {
    let values = customers.iter().map(|customer| (value(customer), 1.0));
    values.collect()
}

/// What has become of a line since the fit.
#[derive(Clone, Debug, Default)]
struct Since {
    customers: Vec<PurchaseSummary>,
    watched: u64,
    expected: f64,
    observed: f64,
    days: u32,
}

/// What has become of the customers since a fit.
#[derive(Debug)]
pub struct PurchaseDrift {
    set: PurchaseSet,
    lines: BTreeMap<String, Since>,
}

impl PurchaseDrift {
    /// Compares with these models.
    pub const fn of(set: PurchaseSet) -> Self {
        Self {
            set,
            lines: BTreeMap::new(),
        }
    }

    /// Adds a customer of a line whose observation ends now.
    pub fn add(
        &mut self,
        line: &str,
        last_day: i32,
        buyer: &Buyer<'_>,
    ) -> Result<(), InputRefusal> {
        let (Some(group), Some(fitted)) = (self.set.lines.get(line), self.set.fitted(line)) else {
            return Ok(());
        };
        let since = self.lines.entry(line.to_owned()).or_default();
        since.customers.extend(buyer.until(last_day)?);
        let days = u32::try_from(last_day - group.last_day).unwrap_or(0);
        let horizon = Horizon::new(f64::from(days) / DAYS_PER_WEEK);
        let (Some(then), Ok(horizon)) = (buyer.until(group.last_day)?, horizon) else {
            return Ok(());
        };
        since.watched += 1;
        since.expected += fitted.model.expected_transactions(&then, horizon);
        since.observed += f64::from(buyer.bought_between(group.last_day, last_day));
        since.days = days;
        Ok(())
    }

    /// Sums up.
    pub fn finish(self) -> (Vec<InputDrift>, Vec<CalibrationDrift>) {
        let (mut inputs, mut calibrations) = (Vec::new(), Vec::new());
        for (line, since) in self.lines {
            for (name, value) in INPUTS {
                let values = values_of(&since.customers, value);
                let group = self.set.lines.get(&line);
                let old = group.and_then(|group| group.inputs.get(name));
                let moved = old.and_then(|old| old.moved_by(&values));
                inputs.extend(moved.map(|stability_index| InputDrift {
                    group: line.clone(),
                    input: name.to_owned(),
                    stability_index,
                    unknown_share: None,
                }));
            }
            if since.days > 0 {
                calibrations.push(CalibrationDrift {
                    group: line,
                    sample_size: since.watched,
                    expected: since.expected,
                    observed: since.observed,
                    watched_days: since.days,
                    slope: None,
                    intercept: None,
                });
            }
        }
        (inputs, calibrations)
    }
}
