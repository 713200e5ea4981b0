//! Turns scores of one model or several into log-odds that are right on average: a small logistic
//! model over them, fitted on customers that the scores have not seen (Platt 1999; for several
//! models, Wolpert 1992).

use crate::numeric::cholesky::Symmetric;
use crate::numeric::counting::real;
use crate::numeric::log_space::{logistic, softplus};

/// More Newton steps than any honest fit takes.
const MOST_STEPS: usize = 60;
/// The search rests when the squared Newton decrement is below this and so much more for each row:
/// the loss of many rows has no more digits.
const RESTS_BELOW: f64 = 1e-9;
const RESTS_BELOW_PER_ROW: f64 = 1e-11;
/// A shorter step changes nothing.
const SHORTEST_STEP: f64 = 1e-9;
/// Below this loss, in nats, the outcomes are parted without error.
const WITHOUT_ERROR: f64 = 1e-6;
/// Added to the curvature, so that scores that are all equal leave one solution.
const LEAST_CURVATURE: f64 = 1e-10;
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
    let calibrated = |row: usize| found[0] + found[1] * log_odds[row];
    let loss: f64 = labels
        .iter()
        .enumerate()
        .map(|(row, left)| surprise(calibrated(row), *left))
        .sum();
    // Without an error left, any larger slope would be better still.
    (loss > WITHOUT_ERROR).then_some((found[0], found[1]))
}

/// Maximises the likelihood of `intercept + Σ slope·score` by Newton's method with halved steps.
fn newton(scores: &[&[f64]], labels: &[bool], centre: &[f64], precision: f64) -> Option<Vec<f64>> {
    let mut at = vec![0.0];
    at.extend(centre);
    let search = Search {
        scores,
        labels,
        precision,
        centre: at.clone(),
    };
    let mut here = search.loss(&at);
    for _ in 0..MOST_STEPS {
        let (gradient, curvature) = search.derivatives(&at);
        let step = curvature.solve(&gradient)?;
        let decrement: f64 = step.iter().zip(&gradient).map(|(s, g)| s * g).sum();
        if decrement < RESTS_BELOW + RESTS_BELOW_PER_ROW * real(labels.len()) {
            return Some(at);
        }
        let mut share = 1.0;
        loop {
            let there: Vec<f64> = at.iter().zip(&step).map(|(a, s)| a - share * s).collect();
            let value = search.loss(&there);
            if value <= here {
                at = there;
                here = value;
                break;
            }
            share *= 0.5;
            if share < SHORTEST_STEP {
                return Some(at);
            }
        }
    }
    // Still moving: the scores part the outcomes without error, and no weights are large enough.
    None
}

/// The search for intercept and slopes.
struct Search<'a> {
    scores: &'a [&'a [f64]],
    labels: &'a [bool],
    precision: f64,
    centre: Vec<f64>,
}

impl Search<'_> {
    /// The score that a weight is multiplied with.
    fn value(&self, place: usize, row: usize) -> f64 {
        if place == 0 {
            1.0
        } else {
            self.scores[place - 1][row]
        }
    }

    fn log_odds(&self, at: &[f64], row: usize) -> f64 {
        let parts = at.iter().enumerate();
        parts.map(|(place, it)| it * self.value(place, row)).sum()
    }

    fn loss(&self, at: &[f64]) -> f64 {
        let misses = self.labels.iter().enumerate();
        let sum: f64 = misses
            .map(|(row, left)| surprise(self.log_odds(at, row), *left))
            .sum();
        let away: f64 = at
            .iter()
            .zip(&self.centre)
            .map(|(a, c)| (a - c).powi(2))
            .sum();
        sum + 0.5 * self.precision * away
    }

    fn derivatives(&self, at: &[f64]) -> (Vec<f64>, Symmetric) {
        let mut gradient: Vec<f64> = at
            .iter()
            .zip(&self.centre)
            .map(|(a, c)| self.precision * (a - c))
            .collect();
        let mut curvature = Symmetric::zero(at.len());
        for place in 0..at.len() {
            curvature.add(place, place, self.precision + LEAST_CURVATURE);
        }
        for (row, left) in self.labels.iter().enumerate() {
            let chance = logistic(self.log_odds(at, row));
            let miss = chance - f64::from(u8::from(*left));
            let weight = chance * (1.0 - chance);
            for (one, slope) in gradient.iter_mut().enumerate() {
                let value = self.value(one, row);
                *slope += miss * value;
                for other in 0..=one {
                    curvature.add(one, other, weight * value * self.value(other, row));
                }
            }
        }
        (gradient, curvature)
    }
}

/// Returns the negative log-likelihood of one outcome, in nats.
pub(super) fn surprise(log_odds: f64, left: bool) -> f64 {
    softplus(if left { -log_odds } else { log_odds })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::draw::Draws;

    fn prior(slopes: &[f64], precision: f64) -> Prior {
        Prior {
            slopes: slopes.to_vec(),
            precision,
        }
    }

    /// Scores, and outcomes that are as frequent as `scale` times the score says.
    fn outcomes(scale: f64) -> (Vec<f64>, Vec<bool>) {
        let mut scores = Vec::new();
        let mut labels = Vec::new();
        for step in -30..=30 {
            let score = f64::from(step) / 10.0;
            for draw in 0..200 {
                scores.push(score);
                labels.push((f64::from(draw) + 0.5) / 200.0 < logistic(scale * score - 0.5));
            }
        }
        (scores, labels)
    }

    #[test]
    fn what_is_said_too_loudly_is_toned_down() {
        let (scores, labels) = outcomes(0.5);
        let (intercept, slope) = calibration(&scores, &labels).unwrap();
        assert!((intercept + 0.5).abs() < 0.01 && (slope - 0.5).abs() < 0.01);
        let fitted = Weights::fit(&[&scores], &labels, &prior(&[1.0], 10.0)).unwrap();
        assert!((fitted.slopes[0] - 0.5).abs() < 0.01);
        let firm = Weights::fit(&[&scores], &labels, &prior(&[1.0], 1e9)).unwrap();
        assert!((firm.slopes[0] - 1.0).abs() < 1e-3);
    }

    #[test]
    fn a_score_that_points_the_wrong_way_is_left_out() {
        let (scores, labels) = outcomes(1.0);
        let wrong: Vec<f64> = scores.iter().map(|score| -score).collect();
        let fitted = Weights::fit(&[&wrong], &labels, &prior(&[1.0], 0.0)).unwrap();
        assert!(fitted.slopes[0].abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn every_likely_search_comes_to_rest() {
        for place in 0..300 {
            let mut draws = Draws::new(1, place);
            let mut scores = Vec::new();
            let mut labels = Vec::new();
            for _ in 0..2_000 {
                let score = real(draws.below(8_000)) / 1_000.0 - 5.0;
                let chance = real(draws.below(1_000)) / 1_000.0;
                labels.push(chance < logistic(0.9 * score));
                scores.push(score);
            }
            let other: Vec<f64> = scores.iter().map(|score| score + score.sin()).collect();
            assert!(calibration(&scores, &labels).is_some());
            for precision in [0.0, 10.0] {
                let prior = prior(&[0.5, 0.5], precision);
                assert!(Weights::fit(&[&scores, &other], &labels, &prior).is_some());
            }
        }
    }

    #[test]
    fn outcomes_parted_without_error_have_no_calibration() {
        let scores = [-2.0, -1.0, 1.0, 2.0];
        let labels = [false, false, true, true];
        assert_eq!(calibration(&scores, &labels), None);
        let fitted = Weights::fit(&[&scores], &labels, &prior(&[1.0], 10.0)).unwrap();
        assert!(fitted.slopes[0].is_finite());
    }
}
