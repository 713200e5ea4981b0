//! A fitted propensity model: the probability of leaving, and what it is made of.

use serde::{Deserialize, Serialize};

use super::evaluation::{Evaluation, Family};
use super::schema::{Row, Schema};

/// A fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PropensityModel {
    schema: Schema,
    left_out: Vec<LeftOut>,
    base_log_odds: f64,
    evaluation: Evaluation,
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
    /// Returns the probability of leaving, above zero and below one.
    pub fn probability(&self, row: &Row) -> f64 {
        1.0 / (1.0 + libm::exp(-self.log_odds(row)))
    }

    /// Returns the log-odds of leaving.
    pub fn log_odds(&self, row: &Row) -> f64 {
        let sum: f64 = self
            .contributions(row)
            .iter()
            .map(|contribution| contribution.log_odds)
            .sum();
        self.base_log_odds + sum
    }

    /// Returns the log-odds that the contributions are counted from: those of the average customer
    /// in training.
    pub fn base_log_odds(&self) -> f64 {
        self.base_log_odds
    }

    /// Returns what each input contributes to a customer's log-odds, in the order of the schema.
    /// Base and contributions sum up to the log-odds.
    pub fn contributions(&self, row: &Row) -> Vec<Contribution<'_>> {
        self.schema
            .inputs()
            .iter()
            .zip(&row.cells)
            .map(|(input, _)| Contribution {
                input: &input.name,
                log_odds: 0.0,
            })
            .collect()
    }

    /// Returns what the model wants to know of a customer.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Returns the columns that were offered in training and are not used.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Returns the family that was chosen.
    pub fn family(&self) -> Family {
        self.evaluation.chosen
    }

    /// Returns how good the model is on customers it has not seen, by cross-validation inside the
    /// training data.
    pub fn evaluation(&self) -> &Evaluation {
        &self.evaluation
    }
}
