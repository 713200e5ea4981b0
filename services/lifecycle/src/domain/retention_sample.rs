//! What retention curves are fitted on, and how well they would have foretold the latest stretch.
//!
//! The same observations are counted twice: up to the end, for the model, and up to one horizon of
//! risk before it, for a rehearsal whose forecasts are compared with what happened since.

use std::collections::BTreeMap;

use kernel::time::{Span, Timestamp};
use statistics::tenures::retention::Retention;

use super::clock_days::days_since;
use super::facts::ContractKind;
use super::fit::{Tally, TooLittle};
use super::fit_refusal::FitRefusal;
use super::forecast::{self, Foretold};
use super::life_tables::{DAYS_PER_MONTH, LifeTables};
use super::model::{Artifact, Candidate, Evaluation, Figure};
use super::observation::Exposure;
use super::retention::{RetentionCurves, RetentionSet};

/// The figure that decides, where there was a stretch to rehearse on.
const REHEARSED: &str = "holdout_log_loss";
/// The figure that decides otherwise.
const IN_SAMPLE: &str = "aic_per_customer";

/// A subscription in force at the beginning of the latest stretch.
#[derive(Clone, Copy, Debug)]
struct Watched {
    kind: ContractKind,
    tenure_days: u32,
    horizon_days: u32,
    left: bool,
}

/// The observations, counted.
#[derive(Clone, Debug, Default)]
pub struct RetentionSample {
    all: Tally,
    before: Tally,
    watched: BTreeMap<String, Vec<Watched>>,
    ends: BTreeMap<String, Timestamp>,
}

impl RetentionSample {
    /// Counts a subscription of a line whose observation ends and whose risk has a horizon.
    pub fn add(&mut self, exposure: &Exposure, observation_end: Timestamp, horizon_days: u32) {
        self.all.add_exposure(exposure, observation_end);
        if !self.ends.contains_key(&exposure.business_line) {
            let line = exposure.business_line.clone();
            self.ends.insert(line, observation_end);
        }
        let hours = i64::from(horizon_days) * 24;
        let Ok(landmark) = observation_end.checked_sub(Span::new().hours(hours)) else {
            return;
        };
        self.before.add_exposure(exposure, landmark);
        let end = exposure.end_time;
        let had_left = end.is_some_and(|end| end <= landmark);
        if exposure.start_time > landmark || had_left {
            return;
        }
        let left = end.is_some_and(|end| end <= observation_end);
        // Who moved elsewhere in the stretch was not watched to its end.
        if left && exposure.lives_on {
            return;
        }
        let watched = Watched {
            kind: exposure.contract_kind,
            tenure_days: days_since(exposure.start_time, landmark),
            horizon_days,
            left,
        };
        if let Some(line) = self.watched.get_mut(&exposure.business_line) {
            line.push(watched);
        } else {
            let line = exposure.business_line.clone();
            self.watched.insert(line, vec![watched]);
        }
    }

    /// Fits the model, and rehearses.
    pub fn fit(self, tell: impl FnMut(&str, u32)) -> Result<Candidate, FitRefusal> {
        let fitted = self.all.finish().map_err(|error| too_little(&error))?;
        let set = RetentionSet::fit(fitted.tables, tell)?.observed_until(&self.ends);
        let evaluation = rehearse(self.before, &self.watched)
            .unwrap_or_else(|| in_sample(set.information_criterion()));
        Ok(Candidate {
            artifact: Artifact::Retention(set),
            sample_size: fitted.sample_size,
            event_count: fitted.event_count,
            evaluation: Some(evaluation),
        })
    }
}

fn too_little(error: &TooLittle) -> FitRefusal {
    let group = "all/all".to_owned();
    if error.event_count == 0 && error.sample_size >= super::fit::MIN_SAMPLE {
        return FitRefusal::NotFittable {
            group,
            cause: "nobody_left",
            sample: "nobody left".to_owned(),
        };
    }
    FitRefusal::TooLittle {
        group,
        sample_size: error.sample_size,
        event_count: error.event_count,
    }
}

fn in_sample(information_criterion: f64) -> Evaluation {
    Evaluation {
        measure: IN_SAMPLE.to_owned(),
        value: information_criterion,
        higher_is_better: false,
        figures: vec![Figure::new(IN_SAMPLE, information_criterion)],
    }
}

/// Fits on what was known before the latest stretch, and compares with what happened in it. `None`
/// where there was too little before, or nothing to tell apart.
fn rehearse(before: Tally, watched: &BTreeMap<String, Vec<Watched>>) -> Option<Evaluation> {
    let fitted = before.finish().ok()?;
    let tables = LifeTables::new(0, fitted.tables.clone());
    let set = RetentionSet::fit(fitted.tables, |_, _| {}).ok()?;
    let curves = RetentionCurves::new(0, set);
    let (mut by_curve, mut by_table) = (Vec::new(), Vec::new());
    for (line, watched) in watched {
        for customer in watched {
            let tenure = f64::from(customer.tenure_days) / DAYS_PER_MONTH;
            let stretch = f64::from(customer.horizon_days) / DAYS_PER_MONTH;
            let (_, curve) = curves.contract(line, customer.kind, tenure)?;
            let table = tables.contract(line, customer.kind, tenure)?;
            by_curve.push(Foretold {
                chance: 1.0 - curve.conditional_survival(tenure, stretch),
                happened: customer.left,
            });
            by_table.push(Foretold {
                chance: 1.0 - table.curve.conditional(tenure, stretch).survival,
                happened: customer.left,
            });
        }
    }
    // Where nobody left, whoever foretells nothing looks best: no rehearsal.
    if !by_curve.iter().any(|it| it.happened) {
        return None;
    }
    let mut figures = forecast::figures("holdout", &by_curve);
    figures.push(Figure::new(
        "life_table_holdout_log_loss",
        forecast::log_loss(&by_table),
    ));
    Some(Evaluation {
        measure: REHEARSED.to_owned(),
        value: forecast::log_loss(&by_curve),
        higher_is_better: false,
        figures,
    })
}
