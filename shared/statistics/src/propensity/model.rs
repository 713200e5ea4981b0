//! A fitted propensity model: the probability of leaving, and what it is made of.

use serde::{Deserialize, Serialize};

use super::boosted_trees::BoostedTrees;
use super::drift::{Profile, profiles_fit};
use super::evaluation::{Evaluation, Family};
use super::schema::{Input, Row, Schema};
use super::spline_logit::SplineLogit;
use super::training::{Trained, bounded};
use crate::numeric::log_space::logistic;

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredModel", into = "StoredModel")]
pub struct PropensityModel {
    stored: StoredModel,
}

/// The parts of a model, as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredModel {
    schema: Schema,
    left_out: Vec<LeftOut>,
    intercept: f64,
    spline_logit: Option<Weighed<SplineLogit>>,
    boosted_trees: Option<Weighed<BoostedTrees>>,
    profiles: Vec<Profile>,
    evaluation: Evaluation,
}

/// A model and the factor that its log-odds are multiplied with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Weighed<M> {
    weight: f64,
    model: M,
}

/// A column that the model does not use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Its name.
    pub input: String,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why a column is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// It says what a person may not be judged by.
    Protected,
    /// It has the same value for everybody, or none for anybody.
    Constant,
    /// It names customers: nearly each has a value of their own.
    Identifier,
}

/// How much one input moves the log-odds of one customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution<'a> {
    /// The input.
    pub input: &'a str,
    /// What it adds to the log-odds of the average customer: above zero, leaving is likelier for it.
    pub log_odds: f64,
}

impl PropensityModel {
    /// Keeps what the chosen family needs.
    pub(super) fn of(
        schema: Schema,
        left_out: Vec<LeftOut>,
        trained: Trained,
        profiles: Vec<Profile>,
    ) -> Self {
        let weights = trained.weights(trained.evaluation.chosen).clone();
        Self {
            stored: StoredModel {
                schema,
                left_out,
                intercept: weights.intercept,
                spline_logit: Weighed::of(weights.slopes[0], trained.logit),
                boosted_trees: Weighed::of(weights.slopes[1], trained.trees),
                profiles,
                evaluation: trained.evaluation,
            },
        }
    }

    /// Returns the probability of leaving, above zero and below one.
    pub fn probability(&self, row: &Row) -> f64 {
        logistic(self.log_odds(row))
    }

    /// Returns the log-odds of leaving.
    pub fn log_odds(&self, row: &Row) -> f64 {
        let cells = || row.cells.iter().copied();
        let mut log_odds = self.stored.intercept;
        if let Some(Weighed { weight, model }) = &self.stored.spline_logit {
            log_odds += weight * model.log_odds(cells());
        }
        if let Some(Weighed { weight, model }) = &self.stored.boosted_trees {
            log_odds += weight * model.log_odds(cells());
        }
        bounded(log_odds)
    }

    /// Returns the log-odds that the contributions are counted from: those of the average customer
    /// in training.
    pub fn base_log_odds(&self) -> f64 {
        let mut base = self.stored.intercept;
        if let Some(Weighed { weight, model }) = &self.stored.spline_logit {
            base += weight * model.base();
        }
        if let Some(Weighed { weight, model }) = &self.stored.boosted_trees {
            base += weight * model.base();
        }
        base
    }

    /// Returns what each input contributes to a customer's log-odds, in the order of the schema.
    /// Base and contributions sum up to the log-odds.
    pub fn contributions(&self, row: &Row) -> Vec<Contribution<'_>> {
        let cells = || row.cells.iter().copied();
        let inputs = self.stored.schema.inputs();
        let mut sums = vec![0.0; inputs.len()];
        if let Some(Weighed { weight, model }) = &self.stored.spline_logit {
            add_weighed(&mut sums, *weight, &model.parts(cells()));
        }
        if let Some(Weighed { weight, model }) = &self.stored.boosted_trees {
            add_weighed(&mut sums, *weight, &model.parts(cells()));
        }
        let named = inputs.iter().zip(sums);
        named
            .map(|(input, log_odds)| Contribution {
                input: &input.name,
                log_odds,
            })
            .collect()
    }

    /// Returns what the customers of training were like, by input.
    pub(super) fn profiles(&self) -> &[Profile] {
        &self.stored.profiles
    }

    /// Returns what the model wants to know of a customer.
    pub fn schema(&self) -> &Schema {
        &self.stored.schema
    }

    /// Returns the columns that were offered in training and are not used.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.stored.left_out
    }

    /// Returns the family that was chosen.
    pub fn family(&self) -> Family {
        self.stored.evaluation.chosen
    }

    /// Returns how good the model is on customers it has not seen, by cross-validation inside the
    /// training data.
    pub fn evaluation(&self) -> &Evaluation {
        &self.stored.evaluation
    }
}

impl<M> Weighed<M> {
    fn of(weight: f64, model: M) -> Option<Self> {
        (weight > 0.0).then_some(Self { weight, model })
    }
}

fn add_weighed(sums: &mut [f64], weight: f64, parts: &[f64]) {
    for (sum, part) in sums.iter_mut().zip(parts) {
        *sum += weight * part;
    }
}

/// Why a stored model is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored propensity model is damaged: {part}")]
pub struct DamagedModel {
    part: &'static str,
}

impl TryFrom<StoredModel> for PropensityModel {
    type Error = DamagedModel;

    fn try_from(stored: StoredModel) -> Result<Self, DamagedModel> {
        let damaged = |part| Err(DamagedModel { part });
        let schema = &stored.schema;
        if !schema.inputs().iter().all(Input::is_sound) {
            return damaged("the levels of an input");
        }
        if !stored.intercept.is_finite() {
            return damaged("the intercept");
        }
        if let Some(Weighed { weight, model }) = &stored.spline_logit
            && !(weight.is_finite() && model.fits(schema))
        {
            return damaged("the spline logit");
        }
        if let Some(Weighed { weight, model }) = &stored.boosted_trees
            && !(weight.is_finite() && model.fits(schema))
        {
            return damaged("the trees");
        }
        if !profiles_fit(&stored.profiles, schema) {
            return damaged("what the customers of training were like");
        }
        Ok(Self { stored })
    }
}

impl From<PropensityModel> for StoredModel {
    fn from(model: PropensityModel) -> Self {
        model.stored
    }
}
