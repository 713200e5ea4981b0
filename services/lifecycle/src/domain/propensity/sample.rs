//! Whom propensity models learn from: every contractual subscription in force one horizon of risk
//! before the end of its line's observation, and whether it ended as churn since.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use statistics::propensity::fit::fit;
use statistics::propensity::options::{FitOptions, ProtectedInputs};
use statistics::propensity::refusal::PropensityRefusal;

use super::features::features;
use super::held_out::{HeldOut, HeldOutSample};
use super::models::PropensityModels;
use super::training::Training;
use super::watch::Watch;
use super::{PropensityGroup, PropensitySet, figures_of};
use crate::domain::clock_days::day_number;
use crate::domain::facts::CustomerFacts;
use crate::domain::model::comparison::Comparison;
use crate::domain::model::fit_refusal::FitRefusal;
use crate::domain::model::report::{Evaluation, Figure};
use crate::domain::model::ticket::Ticket;
use crate::domain::model::{Artifact, Candidate};

/// The figure that decides between two models.
const MEASURE: &str = "cross_validated_log_loss";
/// Which customers are held back together hangs on this; the same at every fit.
const SEED: u64 = 20;
/// The name of everybody together.
pub(super) const EVERYBODY: &str = "all";

/// The most values of all customers and lines together: some 250 MB. Of more, the line with most is
/// halved.
const MOST_CELLS: usize = 8_000_000;
/// The labelled customers of each line.
#[derive(Clone, Debug)]
pub struct PropensitySample {
    lines: BTreeMap<String, (Watch, Training)>,
    most_cells: usize,
    cells: usize,
    held_out: HeldOutSample,
    in_use: Option<Arc<PropensityModels>>,
}

impl Default for PropensitySample {
    fn default() -> Self {
        Self::of_at_most(MOST_CELLS)
    }
}

impl PropensitySample {
    /// Holds so many values of all lines together, and of more a share.
    pub const fn of_at_most(most_cells: usize) -> Self {
        Self {
            lines: BTreeMap::new(),
            most_cells,
            cells: 0,
            held_out: HeldOutSample::new(),
            in_use: None,
        }
    }

    /// Lets the fit be compared with the version in use.
    pub fn compare_with(&mut self, in_use: Option<Arc<PropensityModels>>) {
        self.in_use = in_use;
    }

    /// Adds the subscriptions of a customer, by the watch of each line.
    pub fn add(&mut self, facts: &CustomerFacts, watches: &BTreeMap<String, Watch>) {
        let ticket = Ticket::of(&facts.customer_id);
        for (place, subscription) in facts.subscriptions.iter().enumerate() {
            let line = subscription.business_line.as_str();
            let Some(watch) = watches.get(line) else {
                continue;
            };
            let Some(left) = watch.left(subscription) else {
                continue;
            };
            if ticket.is_held_out() {
                self.held_out.add(HeldOut {
                    ticket,
                    facts: facts.clone(),
                    place,
                    watch: *watch,
                    left,
                });
                continue;
            }
            if !self.lines.contains_key(line) {
                let fresh = (*watch, Training::default());
                self.lines.insert(line.to_owned(), fresh);
            }
            if let Some((_, training)) = self.lines.get_mut(line) {
                let known = features(facts, subscription, watch.landmark());
                let before = training.cells();
                training.add(ticket, &known, left);
                self.cells = self.cells + training.cells() - before;
            }
            while self.cells > self.most_cells {
                self.halve_largest();
            }
        }
    }

    fn halve_largest(&mut self) {
        let lines = self.lines.values_mut().map(|(_, training)| training);
        if let Some(largest) = lines.max_by_key(|training| training.cells()) {
            largest.halve();
        }
        let lines = self.lines.values();
        self.cells = lines.map(|(_, training)| training.cells()).sum();
    }

    /// Returns the customers of each line, with when they were watched.
    pub(in crate::domain) fn lines(&self) -> &BTreeMap<String, (Watch, Training)> {
        &self.lines
    }

    /// Fits a model to each line that has enough, and one to everybody where a line has not.
    pub fn fit(self, mut tell: impl FnMut(&str, u32) + Send) -> Result<Candidate, FitRefusal> {
        let mut set = PropensitySet {
            lines: BTreeMap::new(),
            everybody: None,
            pooled: BTreeMap::new(),
            holds_out: true,
        };
        let mut refusal = PropensityRefusal::Empty;
        let (mut sample_size, mut event_count) = (0, 0);
        for (line, (watch, training)) in &self.lines {
            tell(line, 0);
            sample_size += count(training.labels().len());
            event_count += count(training.labels().iter().filter(|left| **left).count());
            match fit_group(training, *watch, &mut |rounds| tell(line, rounds)) {
                Ok(group) => {
                    set.lines.insert(line.clone(), group);
                }
                Err(error) => {
                    set.pooled.insert(line.clone(), error.to_string());
                    refusal = error;
                }
            }
        }
        // Who cannot be told by their line is told by everybody, if others can.
        if !set.pooled.is_empty() && self.lines.len() > 1 {
            tell(EVERYBODY, 0);
            set.everybody = self.fit_everybody(&mut |rounds| tell(EVERYBODY, rounds));
        }
        let Some(mut evaluation) = evaluation(&set) else {
            return Err(refused(&refusal, sample_size, event_count));
        };
        let candidate = PropensityModels::of_ours(0, set);
        evaluation.comparison = self.compare(&candidate);
        Ok(Candidate {
            artifact: Artifact::Propensity(Box::new(candidate.ours)),
            sample_size,
            event_count,
            evaluation: Some(evaluation),
        })
    }

    /// Compares with the version in use on the customers from whom neither has learnt.
    pub(in crate::domain) fn compare(&self, candidate: &PropensityModels) -> Option<Comparison> {
        self.held_out.compare(candidate, self.in_use.as_ref()?)
    }

    fn fit_everybody(&self, tell: TellRounds<'_>) -> Option<PropensityGroup> {
        let mut together = Training::default();
        for (_, training) in self.lines.values() {
            together.append(training.clone());
        }
        let (watch, _) = self.lines.values().next()?;
        fit_group(&together, *watch, tell).ok()
    }
}

/// Is told how many rounds a fit has done.
type TellRounds<'a> = &'a mut (dyn FnMut(u32) + Send);

fn fit_group(
    training: &Training,
    watch: Watch,
    tell: TellRounds<'_>,
) -> Result<PropensityGroup, PropensityRefusal> {
    let frame = training.frame().map_err(|_| PropensityRefusal::NoInput)?;
    let options = FitOptions {
        seed: SEED,
        protected: ProtectedInputs::LeaveOut,
        ..FitOptions::default()
    };
    // Whichever thread has done a round tells of it.
    let told = Mutex::new((0_u32, tell));
    let model = fit(&frame, training.labels(), &options, &|_| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        told.0 = told.0.saturating_add(1);
        let rounds = told.0;
        (told.1)(rounds);
        ControlFlow::Continue(())
    })?;
    Ok(PropensityGroup {
        seen: training.share().seen,
        one_in: training.share().one_in(),
        model,
        horizon_days: watch.horizon_days(),
        landmark_day: day_number(watch.landmark()),
    })
}

/// Averages the figures of the groups over their customers.
fn evaluation(set: &PropensitySet) -> Option<Evaluation> {
    let groups = set.lines.values().chain(set.everybody.iter());
    let figures = groups.map(|group| figures_of(&group.model.evaluation().figures));
    average(&figures.collect::<Vec<_>>())
}

/// Averages figures over the customers of their groups; what is counted is summed.
pub(in crate::domain) fn average(groups: &[Vec<Figure>]) -> Option<Evaluation> {
    let named = |group: &[Figure], name: &str| {
        let found = group.iter().find(|figure| figure.name == name);
        found.map(|figure| figure.value)
    };
    let rows = |group: &[Figure]| named(group, "rows").unwrap_or(0.0);
    let total: f64 = groups.iter().map(|group| rows(group)).sum();
    let mut figures = groups.first()?.clone();
    for figure in &mut figures {
        let weighed = groups
            .iter()
            .filter_map(|group| Some(named(group, &figure.name)? * rows(group)));
        let is_count = ["rows", "events"].contains(&figure.name.as_str());
        figure.value = if is_count {
            groups.iter().filter_map(|it| named(it, &figure.name)).sum()
        } else {
            weighed.sum::<f64>() / total.max(1.0)
        };
    }
    let log_loss = figures.first()?.value;
    figures.insert(0, Figure::new(MEASURE, log_loss));
    Some(Evaluation {
        measure: MEASURE.to_owned(),
        value: log_loss,
        higher_is_better: false,
        figures,
        comparison: None,
    })
}

fn count(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn refused(refusal: &PropensityRefusal, sample_size: u64, event_count: u64) -> FitRefusal {
    let group = EVERYBODY.to_owned();
    let cause = match refusal {
        PropensityRefusal::NobodyLeft => "nobody_left",
        PropensityRefusal::EverybodyLeft => "nobody_stayed",
        PropensityRefusal::NoInput => "all_the_same",
        PropensityRefusal::NotConverged => {
            return FitRefusal::NotConverged {
                group,
                cause: "not_converged",
                failure: refusal.to_string(),
            };
        }
        _ => {
            return FitRefusal::TooLittle {
                group,
                sample_size,
                event_count,
            };
        }
    };
    FitRefusal::NotFittable {
        group,
        cause,
        sample: refusal.to_string(),
    }
}

#[cfg(test)]
#[path = "sample_tests.rs"]
mod tests;
