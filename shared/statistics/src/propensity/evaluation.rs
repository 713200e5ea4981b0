//! How good probabilities are on customers that the model has not seen.

use serde::{Deserialize, Serialize};

use super::calibration::{calibration, surprise};
use crate::numeric::counting::{real, whole};
use crate::numeric::log_space::logistic;
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

    /// Returns its place among [`Family::ALL`].
    pub(super) fn place(self) -> usize {
        match self {
            Self::SplineLogit => 0,
            Self::BoostedTrees => 1,
            Self::Blend => 2,
        }
    }

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
    /// `None` where the probabilities are the same for all or part the outcomes without error.
    pub calibration_slope: Option<f64>,
    /// What would have to be added to the log-odds after that.
    pub calibration_intercept: Option<f64>,
}

/// The groups that calibration is judged in.
const GROUPS: usize = 10;

impl Figures {
    /// Compares log-odds with what happened. `None` where all left or all stayed, or one of the
    /// log-odds is no number: then there is nothing to compare.
    pub fn of(log_odds: &[f64], labels: &[bool]) -> Option<Self> {
        let outcomes: Vec<Outcome> = log_odds
            .iter()
            .zip(labels)
            .map(|(score, left)| Outcome {
                score: *score,
                happened: *left,
            })
            .collect();
        let auc = area_under_curve(&outcomes)?;
        let rows = outcomes.len();
        let chances: Vec<f64> = log_odds.iter().map(|score| logistic(*score)).collect();
        let surprises = outcomes.iter().map(|it| surprise(it.score, it.happened));
        let misses = chances.iter().zip(labels).map(|(chance, left)| {
            let miss = chance - f64::from(u8::from(*left));
            miss * miss
        });
        let calibrated = calibration(log_odds, labels);
        Some(Self {
            rows,
            events: labels.iter().filter(|left| **left).count(),
            log_loss: surprises.sum::<f64>() / real(rows),
            auc,
            brier: misses.sum::<f64>() / real(rows),
            ece: calibration_error(&chances, labels),
            calibration_slope: calibrated.map(|(_, slope)| slope),
            calibration_intercept: calibrated.map(|(intercept, _)| intercept),
        })
    }
}

/// Returns the mean gap between probability and frequency in groups bounded by the deciles.
fn calibration_error(chances: &[f64], labels: &[bool]) -> f64 {
    let mut sorted = chances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let bounds: Vec<f64> = (1..GROUPS)
        .map(|group| quantile(&sorted, real(group) / real(GROUPS)))
        .collect();
    let mut gaps = [0.0; GROUPS];
    for (chance, left) in chances.iter().zip(labels) {
        let group = bounds.partition_point(|bound| bound < chance);
        gaps[group] += chance - f64::from(u8::from(*left));
    }
    gaps.iter().map(|gap| gap.abs()).sum::<f64>() / real(chances.len())
}

/// Returns a quantile of sorted values, linear between two of them; zero where there is none.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * real(sorted.len().saturating_sub(1));
    let below = whole(place);
    let Some(low) = sorted.get(below) else {
        return 0.0;
    };
    let high = sorted.get(below + 1).unwrap_or(low);
    low + (high - low) * (place - real(below))
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
