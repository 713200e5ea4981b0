//! How good probabilities are on customers that the model has not seen.

use serde::{Deserialize, Serialize};

use crate::ranking::{Outcome, area_under_curve};

/// A family of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// A penalised logistic model with a smooth curve for each number.
    SplineLogit,
    /// Gradient-boosted trees, calibrated.
    BoostedTrees,
    /// A weighted sum of the log-odds of both.
    Blend,
}

impl Family {
    /// Every family, the simplest one first.
    pub const ALL: [Self; 3] = [Self::SplineLogit, Self::BoostedTrees, Self::Blend];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SplineLogit => "spline_logit",
            Self::BoostedTrees => "boosted_trees",
            Self::Blend => "blend",
        }
    }
}

/// How good probabilities are, on customers whose outcome is known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The customers.
    pub rows: usize,
    /// Those of them who left.
    pub events: usize,
    /// Mean negative log-likelihood, in nats. Lower is better.
    pub log_loss: f64,
    /// Area under the receiver operating characteristic; ½ is a coin.
    pub auc: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Expected calibration error: the mean gap between probability and frequency in ten groups of
    /// equal size, bounded by the deciles of the probabilities.
    pub ece: f64,
    /// The factor that the log-odds would have to be multiplied with to be right (Cox 1958):
    /// below one, the probabilities are too far apart.
    pub calibration_slope: f64,
    /// What would have to be added to the log-odds after that.
    pub calibration_intercept: f64,
}

/// The figures of the chosen family and of every other one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The chosen family.
    pub chosen: Family,
    /// Its figures.
    pub figures: Figures,
    /// The figures of each family.
    pub candidates: Vec<Candidate>,
}

/// The figures of one family.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The family.
    pub family: Family,
    /// Its figures.
    pub figures: Figures,
}
