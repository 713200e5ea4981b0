//! Whom propensity models learn from: every contractual subscription in force one horizon of risk
//! before the end of its line's observation, and whether it ended as churn since.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use foreign_model::model::BATCH;
use kernel::time::{Span, Timestamp};
use statistics::propensity::fit::fit;
use statistics::propensity::options::{FitOptions, ProtectedInputs};
use statistics::propensity::refusal::PropensityRefusal;

use super::clock_days::day_number;
use super::comparison::Comparison;
use super::facts::{CustomerFacts, Relationship, Standing, Subscription};
use super::features::{Features, features};
use super::fit_refusal::FitRefusal;
use super::forecast::{Foretold, real};
use super::model::{Artifact, Candidate, Evaluation, Figure};
use super::propensity::{PropensityGroup, PropensitySet, figures_of};
use super::propensity_models::PropensityModels;
use super::ticket::Ticket;
use super::training::Training;

/// The figure that decides between two models.
const MEASURE: &str = "cross_validated_log_loss";
/// Which customers are held back together hangs on this; the same at every fit.
const SEED: u64 = 20;
/// The name of everybody together.
const EVERYBODY: &str = "all";

/// When the customers of a line are looked at, and what became of them is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    landmark: Timestamp,
    end: Timestamp,
    horizon_days: u32,
}

impl Watch {
    /// Watches the last stretch of an observation; `None` before all time.
    pub fn before(observation_end: Timestamp, horizon_days: u32) -> Option<Self> {
        let hours = Span::new().hours(i64::from(horizon_days) * 24);
        let landmark = observation_end.checked_sub(hours).ok()?;
        Some(Self {
            landmark,
            end: observation_end,
            horizon_days,
        })
    }

    /// Watches the stretch after a time.
    pub fn after(landmark: Timestamp, horizon_days: u32) -> Option<Self> {
        let hours = Span::new().hours(i64::from(horizon_days) * 24);
        let end = landmark.checked_add(hours).ok()?;
        Some(Self {
            landmark,
            end,
            horizon_days,
        })
    }

    /// Returns when customers are looked at.
    pub(super) const fn landmark(&self) -> Timestamp {
        self.landmark
    }

    /// Returns for how long they are watched.
    pub(super) const fn horizon_days(&self) -> u32 {
        self.horizon_days
    }

    /// Says whether a subscription in force at the landmark left; `None` for what was not in force
    /// then, or was not watched to the end because it lives on elsewhere.
    pub(super) fn left(&self, subscription: &Subscription) -> Option<bool> {
        let contractual = subscription.relationship == Relationship::Contractual;
        let in_force = subscription.standing(self.landmark) == Standing::Live;
        if !contractual || !in_force || subscription.start_time.is_none() {
            return None;
        }
        let end = subscription.service_end_time;
        let ended = end.is_some_and(|end| end <= self.end);
        (!(ended && subscription.lives_on)).then_some(ended)
    }
}

/// The most values of all customers and lines together: some 250 MB. Of more, the line with most is
/// halved.
const MOST_CELLS: usize = 8_000_000;
/// The most customers that versions are compared on; of more, a share is drawn.
const MOST_HELD_OUT: usize = 20_000;
/// What versions are compared by.
const COMPARED: &str = "held_out_log_loss";

/// The labelled customers of each line.
#[derive(Clone, Debug)]
pub struct PropensitySample {
    lines: BTreeMap<String, (Watch, Training)>,
    most_cells: usize,
    cells: usize,
    held_out: Vec<HeldOut>,
    held_out_halvings: u32,
    in_use: Option<Arc<PropensityModels>>,
}

/// A customer from whom nothing is learnt.
#[derive(Clone, Debug)]
struct HeldOut {
    ticket: Ticket,
    facts: CustomerFacts,
    /// Where the subscription stands among those of the facts.
    place: usize,
    watch: Watch,
    left: bool,
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
            held_out: Vec::new(),
            held_out_halvings: 0,
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
                self.hold_out(HeldOut {
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
                let known = features(facts, subscription, watch.landmark);
                let before = training.cells();
                training.add(ticket, &known, left);
                self.cells = self.cells + training.cells() - before;
            }
            while self.cells > self.most_cells {
                self.halve_largest();
            }
        }
    }

    fn hold_out(&mut self, customer: HeldOut) {
        if customer.ticket.is_drawn(self.held_out_halvings) {
            self.held_out.push(customer);
        }
        while self.held_out.len() > MOST_HELD_OUT {
            self.held_out_halvings += 1;
            let halvings = self.held_out_halvings;
            self.held_out.retain(|it| it.ticket.is_drawn(halvings));
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
    pub(super) fn lines(&self) -> &BTreeMap<String, (Watch, Training)> {
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
    pub(super) fn compare(&self, candidate: &PropensityModels) -> Option<Comparison> {
        let in_use = self.in_use.as_ref()?;
        if !in_use.holds_out() || !candidate.holds_out() {
            return None;
        }
        let left = self.held_out.iter().filter(|it| it.left).count();
        let share_left = real(left) / real(self.held_out.len().max(1));
        let mut losses = Vec::with_capacity(self.held_out.len());
        for some in self.held_out.chunks(BATCH) {
            let costs = costs(some, candidate).into_iter().zip(costs(some, in_use));
            losses.extend(some.iter().zip(costs).filter_map(|(it, (ours, theirs))| {
                // A forecast that is lost costs what knowing nothing does.
                let (chance, happened) = (share_left, it.left);
                let nothing = || Foretold { chance, happened }.surprise();
                Some((ours.unwrap_or_else(nothing), theirs?))
            }));
        }
        Comparison::of(in_use.version, COMPARED, &losses)
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

impl HeldOut {
    fn subscription(&self) -> Option<&Subscription> {
        self.facts.subscriptions.get(self.place)
    }

    fn known(&self) -> Option<Features<'_>> {
        let landmark = self.watch.landmark;
        Some(features(&self.facts, self.subscription()?, landmark))
    }
}

/// Returns what forecasts for customers cost; `None` for whom there is none. Those of one line and
/// horizon are asked about together.
fn costs(customers: &[HeldOut], models: &PropensityModels) -> Vec<Option<f64>> {
    let mut costs = vec![None; customers.len()];
    let mut together: BTreeMap<(&str, u32), Vec<usize>> = BTreeMap::new();
    for (place, customer) in customers.iter().enumerate() {
        if let Some(subscription) = customer.subscription() {
            let line = subscription.business_line.as_str();
            let key = (line, customer.watch.horizon_days);
            together.entry(key).or_default().push(place);
        }
    }
    for ((line, horizon_days), places) in together {
        let Some(model) = models.line(line) else {
            continue;
        };
        let known = places.iter().map(|place| customers[*place].known());
        let known: Vec<Features<'_>> = known.map(Option::unwrap_or_default).collect();
        for (place, chance) in places.into_iter().zip(model.chances(&known, horizon_days)) {
            let happened = customers[place].left;
            costs[place] = chance.map(|chance| Foretold { chance, happened }.surprise());
        }
    }
    costs
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
        horizon_days: watch.horizon_days,
        landmark_day: day_number(watch.landmark),
    })
}

/// Averages the figures of the groups over their customers.
fn evaluation(set: &PropensitySet) -> Option<Evaluation> {
    let groups = set.lines.values().chain(set.everybody.iter());
    let figures = groups.map(|group| figures_of(&group.model.evaluation().figures));
    average(&figures.collect::<Vec<_>>())
}

/// Averages figures over the customers of their groups; what is counted is summed.
pub(super) fn average(groups: &[Vec<Figure>]) -> Option<Evaluation> {
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
#[path = "propensity_sample_tests.rs"]
mod tests;
