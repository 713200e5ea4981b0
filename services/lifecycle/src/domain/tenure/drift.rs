//! The drift of what rests on tenures: how long those who are there have been there, and whether as
//! many left since the fit as the curves foretold.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use statistics::tenures::curve::Curve;
use statistics::tenures::retention::Retention;

use super::life_table_fit::Tally;
use super::life_tables::{DAYS_PER_MONTH, Group, Subject};
use super::observation::Exposure;
use super::retention::{RetentionCurves, RetentionSet};
use crate::domain::clock_days::days_since;
use crate::domain::model::bins::Bins;
use crate::domain::model::drift::{CalibrationDrift, InputDrift};

/// The forecast for a line, and what came.
#[derive(Clone, Debug, Default)]
struct Since {
    customers: u64,
    expected: f64,
    observed: f64,
    days: u32,
}

/// What has become of the tenures since a fit.
#[derive(Debug)]
pub struct TenureDrift {
    tables: Vec<(Group, Curve)>,
    ends: BTreeMap<String, Timestamp>,
    curves: Option<RetentionCurves>,
    now: Tally,
    since: BTreeMap<String, Since>,
}

impl TenureDrift {
    /// Compares with life tables, which foretell nothing by themselves.
    pub fn of_tables(tables: &[(Group, Curve)]) -> Self {
        Self {
            tables: tables.to_vec(),
            ends: BTreeMap::new(),
            curves: None,
            now: Tally::default(),
            since: BTreeMap::new(),
        }
    }

    /// Compares with retention curves.
    pub fn of_curves(set: &RetentionSet) -> Self {
        Self {
            ends: set.observation_ends(),
            curves: Some(RetentionCurves::new(0, set.clone())),
            ..Self::of_tables(set.tables())
        }
    }

    /// Counts a subscription of a line whose observation ends now.
    pub fn add(&mut self, exposure: &Exposure, observation_end: Timestamp) {
        self.now.add_exposure(exposure, observation_end);
        let line = exposure.business_line.as_str();
        let (Some(curves), Some(fit_end)) = (&self.curves, self.ends.get(line)) else {
            return;
        };
        let days = days_since(*fit_end, observation_end);
        let end = exposure.end_time.filter(|end| *end <= observation_end);
        let was_there = exposure.start_time <= *fit_end && end.is_none_or(|end| end > *fit_end);
        if days == 0 || !was_there || (end.is_some() && exposure.lives_on) {
            return;
        }
        let tenure = f64::from(days_since(exposure.start_time, *fit_end)) / DAYS_PER_MONTH;
        let ahead = f64::from(days) / DAYS_PER_MONTH;
        let Some((_, curve)) = curves.contract(line, exposure.contract_kind, tenure) else {
            return;
        };
        let expected = 1.0 - curve.conditional_survival(tenure, ahead);
        let since = self.since.entry(line.to_owned()).or_default();
        since.customers += 1;
        since.expected += expected;
        since.observed += f64::from(u8::from(end.is_some()));
        since.days = days;
    }

    /// Sums up.
    pub fn finish(self) -> (Vec<InputDrift>, Vec<CalibrationDrift>) {
        let now = self
            .now
            .finish()
            .map(|fitted| fitted.tables)
            .unwrap_or_default();
        let mut inputs = Vec::new();
        for (group, old) in &self.tables {
            let new = now.iter().find(|(other, _)| other == group);
            let moved =
                new.and_then(|(_, new)| Bins::of(&still_there(old)).moved_by(&still_there(new)));
            if let Some(stability_index) = moved.filter(|_| group.subject != Subject::Gap) {
                inputs.push(InputDrift {
                    group: group.to_string(),
                    input: "tenure_months".to_owned(),
                    stability_index,
                    unknown_share: None,
                });
            }
        }
        let calibration = |(group, since): (String, Since)| CalibrationDrift {
            group,
            sample_size: since.customers,
            expected: since.expected,
            observed: since.observed,
            watched_days: since.days,
            slope: None,
            intercept: None,
        };
        (inputs, self.since.into_iter().map(calibration).collect())
    }
}

/// Spreads those who were there at the end of an observation over the months they had been there.
fn still_there(table: &Curve) -> Vec<(f64, f64)> {
    let periods = table.periods();
    let mut there = Vec::with_capacity(periods.len());
    let mut month = 0.0;
    for (index, period) in periods.iter().enumerate() {
        month += 1.0;
        let next = periods.get(index + 1).map_or(0, |next| next.at_risk);
        let count = (period.at_risk - period.ended).saturating_sub(next);
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if count > 0.0 {
            there.push((month, count));
        }
    }
    there
}
