//! Turns scores of one model or several into log-odds that are right on average: a small logistic
//! model over them, fitted on customers that the scores have not seen (Platt 1999; for several
//! models, Wolpert 1992).

use crate::numeric::cholesky::Symmetric;
use crate::numeric::log_space::{logistic, softplus};

/// More Newton steps than any honest fit takes.
const MOST_STEPS: usize = 60;
/// The search rests when the squared Newton decrement is below this.
const RESTS_BELOW: f64 = 1e-12;
/// How far log-odds may lie from ½; beyond, the probability would round to one.
pub(super) const FARTHEST_LOG_ODDS: f64 = 30.0;

/// `intercept + Σ slope·score`, as log-odds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Weights {
    pub(super) intercept: f64,
    pub(super) slopes: Vec<f64>,
}

/// Where the weights are without data, and how much data it takes to move them.
#[derive(Clone, Debug)]
pub(super) struct Prior {
    /// The slopes that the weights are drawn to; the intercept is drawn to zero.
    pub(super) slopes: Vec<f64>,
    /// The precision of that belief; zero where there is none.
    pub(super) precision: f64,
}

impl Weights {
    /// Fits weights to outcomes; `scores` are columns. Slopes do not get below zero: a score that
    /// would is left out.
    pub(super) fn fit(scores: &[&[f64]], labels: &[bool], prior: &Prior) -> Option<Self> {
        let mut used: Vec<usize> = (0..scores.len()).collect();
        loop {
            let columns: Vec<&[f64]> = used.iter().map(|column| scores[*column]).collect();
            let centre: Vec<f64> = used.iter().map(|column| prior.slopes[*column]).collect();
            let found = newton(&columns, labels, &centre, prior.precision)?;
            let worst = (0..used.len())
                .filter(|place| found[place + 1] < 0.0)
                .min_by(|one, other| found[one + 1].total_cmp(&found[other + 1]));
            let Some(worst) = worst else {
                let mut slopes = vec![0.0; scores.len()];
                for (place, column) in used.iter().enumerate() {
                    slopes[*column] = found[place + 1];
                }
                return Some(Self {
                    intercept: found[0],
                    slopes,
                });
            };
            used.remove(worst);
        }
    }

    /// Returns the log-odds for one score of each column.
    pub(super) fn log_odds(&self, scores: impl Iterator<Item = f64>) -> f64 {
        let sum: f64 = self
            .slopes
            .iter()
            .zip(scores)
            .map(|(slope, score)| slope * score)
            .sum();
        self.intercept + sum
    }
}

/// Returns intercept and slope of the log-odds that would be right, for log-odds that were said: 0
/// and 1 where these are right. `None` where no finite ones are.
pub(super) fn calibration(log_odds: &[f64], labels: &[bool]) -> Option<(f64, f64)> {
    let found = newton(&[log_odds], labels, &[1.0], 0.0)?;
    Some((found[0], found[1]))
}

/// Maximises the likelihood of `intercept + Σ slope·score` by Newton's method with halved steps.
fn newton(scores: &[&[f64]], labels: &[bool], centre: &[f64], precision: f64) -> Option<Vec<f64>> {
    let size = scores.len() + 1;
    let mut at = vec![0.0; size];
    at[1..].copy_from_slice(centre);
    let penalty = |at: &[f64]| {
        let away: f64 = at[1..]
            .iter()
            .zip(centre)
            .map(|(a, c)| (a - c).powi(2))
            .sum();
        0.5 * precision * (away + at[0] * at[0])
    };
    let score = |at: &[f64], row: usize| {
        let sum: f64 = scores.iter().zip(&at[1..]).map(|(s, w)| s[row] * w).sum();
        at[0] + sum
    };
    let loss = |at: &[f64]| {
        let sum: f64 = labels
            .iter()
            .enumerate()
            .map(|(row, left)| surprise(score(at, row), *left))
            .sum();
        sum + penalty(at)
    };
    let mut here = loss(&at);
    for _ in 0..MOST_STEPS {
        let mut gradient = vec![0.0; size];
        let mut curvature = Symmetric::zero(size);
        for (row, left) in labels.iter().enumerate() {
            let chance = logistic(score(&at, row));
            let miss = chance - f64::from(u8::from(*left));
            let weight = chance * (1.0 - chance);
            let value = |place: usize| {
                if place == 0 {
                    1.0
                } else {
                    scores[place - 1][row]
                }
            };
            for one in 0..size {
                gradient[one] += miss * value(one);
                for other in 0..=one {
                    curvature.add(one, other, weight * value(one) * value(other));
                }
            }
        }
        for (place, slope) in gradient.iter_mut().enumerate() {
            let origin = if place == 0 { 0.0 } else { centre[place - 1] };
            *slope += precision * (at[place] - origin);
            curvature.add(place, place, precision + 1e-10);
        }
        let step = curvature.solve(&gradient)?;
        let decrement: f64 = step.iter().zip(&gradient).map(|(s, g)| s * g).sum();
        if decrement < RESTS_BELOW {
            return Some(at);
        }
        let mut share = 1.0;
        loop {
            let there: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a - share * s).collect();
            let value = loss(&there);
            if value <= here {
                at = there;
                here = value;
                break;
            }
            share *= 0.5;
            if share < 1e-9 {
                return Some(at);
            }
        }
    }
    // Still moving: the outcomes are parted by the scores, and no weights are too large.
    at.iter().all(|weight| weight.abs() < 1e3).then_some(at)
}

/// Returns the negative log-likelihood of one outcome, in nats.
pub(super) fn surprise(log_odds: f64, left: bool) -> f64 {
    softplus(if left { -log_odds } else { log_odds })
}
