//! A foreign model that serves: what it says of a customer, and why, found out from the outside.
//!
//! What is inside of it nobody here knows. A reason is therefore the log-odds of what it says less the
//! log-odds of what it says with a typical value in the place of one input: occlusion. At most
//! a dozen inputs are tried, all in one batch with the customer's own.
//!
//! A model that fails on a customer, or says what is no probability, has no answer for that customer,
//! who is scored as if there were no propensity model; how often that happens is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use foreign_model::declaration::{Declaration, Kind};
use foreign_model::model::{BATCH, ForeignModel, log_odds};
use foreign_model::refusal::LoadRefusal;
use kernel::time::Timestamp;
use statistics::propensity::schema::Value;

use super::{ForeignLine, ForeignSet};
use crate::domain::facts::{CustomerFacts, Subscription};
use crate::domain::propensity::contribution::{ContributionMethod, RiskContribution};
use crate::domain::propensity::features::{Features, features};
use crate::domain::propensity::{Propensity, value_of, weightiest, within};

/// In how many inputs reasons are sought.
pub(super) const MOST_TRIED: usize = 12;

/// A foreign model, ready to be asked.
#[derive(Clone, Debug)]
pub struct ForeignInUse {
    model: Arc<ForeignModel>,
    set: Arc<ForeignSet>,
    unanswered: Arc<AtomicU64>,
}

/// A foreign model as it serves one line.
#[derive(Clone, Copy, Debug)]
pub struct ForeignGroup<'a> {
    in_use: &'a ForeignInUse,
    /// How it stands to the line.
    pub line: &'a ForeignLine,
}

impl ForeignInUse {
    /// Loads the file of a version, which takes some time.
    pub fn load(set: ForeignSet, file: &[u8]) -> Result<Self, LoadRefusal> {
        let model = ForeignModel::load(file, set.declaration.clone())?;
        Ok(Self::of(Arc::new(model), set))
    }

    /// Takes a model that is loaded.
    pub(super) fn of(model: Arc<ForeignModel>, set: ForeignSet) -> Self {
        Self {
            model,
            set: Arc::new(set),
            unanswered: Arc::default(),
        }
    }

    /// Finds how it serves a line, if it does.
    pub fn group(&self, business_line: &str) -> Option<ForeignGroup<'_>> {
        let line = self.set.lines.get(business_line)?;
        Some(ForeignGroup { in_use: self, line })
    }

    /// Says of how many customers it had no answer since this was asked last.
    pub fn take_unanswered(&self) -> u64 {
        self.unanswered.swap(0, Ordering::Relaxed)
    }

    /// What it says of many customers: a probability each, or nothing.
    pub(in crate::domain) fn ask(&self, customers: &[Features<'_>]) -> Vec<Option<f64>> {
        let declaration = self.model.declaration();
        let rows: Vec<Vec<Value<'_>>> = customers
            .iter()
            .map(|known| values(declaration, known))
            .collect();
        let batches = rows.chunks(BATCH);
        batches.flat_map(|batch| self.ask_batch(batch)).collect()
    }

    fn ask_batch(&self, rows: &[Vec<Value<'_>>]) -> Vec<Option<f64>> {
        match self.model.probabilities(rows) {
            Ok(said) => said.into_iter().map(Some).collect(),
            // One bad row spoils its batch: each is asked alone.
            Err(_) => rows.iter().map(|row| self.ask_alone(row)).collect(),
        }
    }

    fn ask_alone(&self, row: &[Value<'_>]) -> Option<f64> {
        let said = self.model.probability(row).ok();
        if said.is_none() {
            self.unanswered.fetch_add(1, Ordering::Relaxed);
        }
        said
    }
}

impl ForeignGroup<'_> {
    /// What it says of many customers: a probability each, or nothing.
    pub(in crate::domain) fn ask(&self, customers: &[Features<'_>]) -> Vec<Option<f64>> {
        self.in_use.ask(customers)
    }

    /// Scores a subscription at a time; `None` where the model has no answer.
    pub fn score(
        &self,
        facts: &CustomerFacts,
        subscription: &Subscription,
        as_of: Timestamp,
        horizon_days: u32,
    ) -> Option<Propensity> {
        let known = features(facts, subscription, as_of);
        let (said, contributions) = self.ask_with_reasons(&known)?;
        Some(Propensity {
            probability: within(said, self.line.horizon_days, horizon_days),
            method: ContributionMethod::Occlusion,
            contributions,
        })
    }

    fn ask_with_reasons(&self, known: &Features<'_>) -> Option<(f64, Vec<RiskContribution>)> {
        let declaration = self.in_use.model.declaration();
        let own = values(declaration, known);
        let tried = self.line.tried.iter();
        let others = tried.map(|tried| replaced(&own, tried.place, tried.typical.value()));
        let rows: Vec<Vec<Value<'_>>> = std::iter::once(own.clone()).chain(others).collect();
        let Ok(said) = self.in_use.model.probabilities(&rows) else {
            // It may still have an answer for the customer, without reasons.
            let said = self.in_use.ask_alone(&own)?;
            return Some((said, Vec::new()));
        };
        let (first, others) = said.split_first()?;
        let moved = self
            .line
            .tried
            .iter()
            .zip(others)
            .filter_map(|(it, other)| {
                let input = declaration.inputs.get(it.place)?;
                Some((input.feature(), log_odds(*first) - log_odds(*other)))
            });
        Some((*first, weightiest(moved.collect(), known)))
    }
}

/// Puts what is known of a customer in the places where a model wants it.
pub(super) fn values<'k>(declaration: &Declaration, known: &'k Features<'_>) -> Vec<Value<'k>> {
    let inputs = declaration.inputs.iter();
    inputs
        .map(|input| {
            let is_number = matches!(input.kind, Kind::Number { .. });
            value_of(known, input.feature(), is_number)
        })
        .collect()
}

/// The same row with another value in one place.
pub(super) fn replaced<'v>(row: &[Value<'v>], place: usize, value: Value<'v>) -> Vec<Value<'v>> {
    let mut row = row.to_vec();
    if let Some(own) = row.get_mut(place) {
        *own = value;
    }
    row
}
