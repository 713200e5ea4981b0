//! What retention curves are fitted on, and how well they would have foretold the latest stretch.
//!
//! The same observations are counted twice: up to the end, for the model, and up to one horizon of
//! risk before it, for a rehearsal whose forecasts are compared with what happened since.

use std::collections::BTreeMap;

use kernel::time::{Span, Timestamp};
use statistics::tenures::retention::Retention;

use super::life_table_fit::{Tally, TooLittle};
use super::life_tables::{DAYS_PER_MONTH, LifeTables};
use super::observation::Exposure;
use super::retention::{RetentionCurves, RetentionSet};
use crate::domain::clock_days::days_since;
use crate::domain::facts::ContractKind;
use crate::domain::model::comparison::Comparison;
use crate::domain::model::fit_refusal::FitRefusal;
use crate::domain::model::forecast::{self, Foretold};
use crate::domain::model::report::{Evaluation, Figure};
use crate::domain::model::ticket::Ticket;
use crate::domain::model::{Artifact, Candidate};

/// The figure that decides, where there was a stretch to rehearse on.
const REHEARSED: &str = "holdout_log_loss";
/// The figure that decides otherwise.
const IN_SAMPLE: &str = "aic_per_customer";

/// What versions are compared by.
const COMPARED: &str = "held_out_log_loss";
/// The most subscriptions of a line that forecasts are compared on: some 30 MB. Of more, a share is
/// drawn by tickets.
const MOST_WATCHED: usize = 1_000_000;

/// A subscription in force at the beginning of the latest stretch.
#[derive(Clone, Copy, Debug)]
struct Watched {
    ticket: Ticket,
    kind: ContractKind,
    tenure_days: u32,
    horizon_days: u32,
    left: bool,
}

/// The subscriptions of a line that were watched since.
#[derive(Clone, Debug, Default)]
struct WatchedLine {
    subscriptions: Vec<Watched>,
    halvings: u32,
}

/// The observations, counted.
#[derive(Clone, Debug, Default)]
pub struct RetentionSample {
    all: Tally,
    before: Tally,
    /// Everybody who is not held out.
    learnt: Tally,
    watched: BTreeMap<String, WatchedLine>,
    ends: BTreeMap<String, Timestamp>,
    in_use: Option<(u64, RetentionSet)>,
}

impl WatchedLine {
    fn add(&mut self, watched: Watched) {
        if watched.ticket.is_drawn(self.halvings) {
            self.subscriptions.push(watched);
        }
        while self.subscriptions.len() > MOST_WATCHED {
            self.halvings += 1;
            let halvings = self.halvings;
            self.subscriptions.retain(|it| it.ticket.is_drawn(halvings));
        }
    }
}

impl RetentionSample {
    /// Lets the fit be compared with the version in use.
    pub fn compare_with(&mut self, version: u64, set: RetentionSet) {
        self.in_use = Some((version, set));
    }

    /// Counts a subscription of a line whose observation ends and whose risk has a horizon.
    pub fn add(&mut self, exposure: &Exposure, observation_end: Timestamp, horizon_days: u32) {
        let ticket = Ticket::of(&exposure.customer_id);
        self.all.add_exposure(exposure, observation_end);
        if !ticket.is_held_out() {
            self.learnt.add_exposure(exposure, observation_end);
        }
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
            ticket,
            kind: exposure.contract_kind,
            tenure_days: days_since(exposure.start_time, landmark),
            horizon_days,
            left,
        };
        if !self.watched.contains_key(&exposure.business_line) {
            let line = exposure.business_line.clone();
            self.watched.insert(line, WatchedLine::default());
        }
        if let Some(line) = self.watched.get_mut(&exposure.business_line) {
            line.add(watched);
        }
    }

    /// Fits the model, and rehearses.
    pub fn fit(self, tell: impl FnMut(&str, u32)) -> Result<Candidate, FitRefusal> {
        let fitted = self.all.finish().map_err(|error| too_little(&error))?;
        let set = RetentionSet::fit(fitted.tables, tell)?.observed_until(&self.ends);
        let mut evaluation = rehearse(self.before, &self.watched)
            .unwrap_or_else(|| in_sample(set.information_criterion()));
        let in_use = self.in_use;
        evaluation.comparison =
            in_use.and_then(|in_use| compare(self.learnt, &self.watched, in_use));
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
    if error.event_count == 0 && error.sample_size >= super::life_table_fit::MIN_SAMPLE {
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
        comparison: None,
    }
}

/// Fits on what was known before the latest stretch, and compares with what happened in it. `None`
/// where there was too little before, or nothing to tell apart.
fn rehearse(before: Tally, watched: &BTreeMap<String, WatchedLine>) -> Option<Evaluation> {
    let fitted = before.finish().ok()?;
    let tables = LifeTables::new(0, fitted.tables.clone());
    let set = RetentionSet::fit(fitted.tables, |_, _| {}).ok()?;
    let curves = RetentionCurves::new(0, set);
    let (mut by_curve, mut by_table) = (Vec::new(), Vec::new());
    for (line, watched) in watched {
        for customer in &watched.subscriptions {
            by_curve.push(customer.by_curve(line, &curves)?);
            let (tenure, stretch) = customer.months();
            let table = tables.contract(line, customer.kind, tenure)?;
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
        comparison: None,
    })
}

/// Fits on everybody who is not held out, and compares the forecasts for those who are with those of
/// the version in use. That one has counted them, at its own fit; with two or three parameters this is
/// worth less than what the comparison tolerates.
fn compare(
    learnt: Tally,
    watched: &BTreeMap<String, WatchedLine>,
    (version, in_use): (u64, RetentionSet),
) -> Option<Comparison> {
    let set = RetentionSet::fit(learnt.finish().ok()?.tables, |_, _| {}).ok()?;
    let (ours, theirs) = (
        RetentionCurves::new(0, set),
        RetentionCurves::new(0, in_use),
    );
    let mut losses = Vec::new();
    for (line, watched) in watched {
        let subscriptions = watched.subscriptions.iter();
        for customer in subscriptions.filter(|it| it.ticket.is_held_out()) {
            let loss = |curves| Some(customer.by_curve(line, curves)?.surprise());
            losses.extend(loss(&ours).zip(loss(&theirs)));
        }
    }
    Comparison::of(version, COMPARED, &losses)
}

impl Watched {
    /// Returns tenure and stretch.
    fn months(&self) -> (f64, f64) {
        let months = |days: u32| f64::from(days) / DAYS_PER_MONTH;
        (months(self.tenure_days), months(self.horizon_days))
    }

    /// Foretells by the curve of a line; `None` where there is none.
    fn by_curve(&self, line: &str, curves: &RetentionCurves) -> Option<Foretold> {
        let (tenure, stretch) = self.months();
        let (_, curve) = curves.contract(line, self.kind, tenure)?;
        Some(Foretold {
            chance: 1.0 - curve.conditional_survival(tenure, stretch),
            happened: self.left,
        })
    }
}

#[cfg(test)]
#[path = "retention_sample_tests.rs"]
mod tests;
