//! A penalised logistic model over sparse rows, by iteratively reweighted least squares with
//! Cholesky factors.

use super::calibration::surprise;
use super::design::{Design, Entries, Shape};
use super::refusal::PropensityRefusal;
use crate::numeric::cholesky::Symmetric;
use crate::numeric::counting::real;
use crate::numeric::log_space::logistic;

/// More Newton steps than any honest fit takes.
const MOST_STEPS: usize = 50;
/// The search rests when the squared Newton decrement per row is below this.
const RESTS_BELOW: f64 = 1e-9;
/// The penalty on the intercept: only so much that the equations have one solution, as the columns
/// of an input sum up to one.
const ON_INTERCEPT: f64 = 1e-6;
/// What the bends of a curve are penalised with, in relation to its slopes.
const ON_BENDS: f64 = 2.0;

/// Intercept and weights.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Coefficients {
    pub(super) intercept: f64,
    pub(super) weights: Vec<f64>,
}

/// Half of `wᵀPw` is taken off the log-likelihood.
#[derive(Clone, Debug)]
pub(super) struct Penalty {
    /// `(row, column, value)` of the lower triangle.
    cells: Vec<(usize, usize, f64)>,
}

/// The rows that a model is fitted on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    pub(super) entries: &'a Entries,
    pub(super) labels: &'a [bool],
    pub(super) rows: &'a [u32],
}

impl Penalty {
    /// The same penalty on each weight (ridge).
    pub(super) fn ridge(width: usize) -> Self {
        Self {
            cells: (0..width).map(|column| (column, column, 1.0)).collect(),
        }
    }

    /// The same penalty on each weight, and on the bends of the curves (Eilers & Marx 1996).
    pub(super) fn smooth(design: &Design) -> Self {
        let mut penalty = Self::ridge(design.width);
        for input in &design.inputs {
            let Shape::Curve(curve) = &input.shape else {
                continue;
            };
            for middle in 1..curve.functions().saturating_sub(1) {
                let bend = [(middle + 1, 1.0), (middle, -2.0), (middle - 1, 1.0)];
                for (place, (row, one)) in bend.iter().enumerate() {
                    for (column, other) in &bend[place..] {
                        let value = ON_BENDS * one * other;
                        penalty
                            .cells
                            .push((input.first + row, input.first + column, value));
                    }
                }
            }
        }
        penalty
    }

    fn of(&self, weights: &[f64]) -> f64 {
        let twice = |row: usize, column: usize| if row == column { 1.0 } else { 2.0 };
        self.cells
            .iter()
            .map(|(row, column, value)| {
                0.5 * twice(*row, *column) * value * weights[*row] * weights[*column]
            })
            .sum()
    }
}

impl Coefficients {
    /// Coefficients that say nothing.
    pub(super) fn zero(width: usize) -> Self {
        Self {
            intercept: 0.0,
            weights: vec![0.0; width],
        }
    }

    /// Returns the log-odds of a row.
    pub(super) fn log_odds(&self, entries: &[(u32, f64)]) -> f64 {
        let sum: f64 = entries
            .iter()
            .map(|(column, value)| self.weights[*column as usize] * value)
            .sum();
        self.intercept + sum
    }

    /// Maximises the penalised likelihood, starting from here.
    pub(super) fn fitted(
        mut self,
        sample: Sample<'_>,
        penalty: &Penalty,
        strength: f64,
    ) -> Result<Self, PropensityRefusal> {
        let mut here = self.loss(sample, penalty, strength);
        for _ in 0..MOST_STEPS {
            let (gradient, curvature) = self.derivatives(sample, penalty, strength);
            let step = curvature
                .solve(&gradient)
                .ok_or(PropensityRefusal::NotConverged)?;
            let decrement: f64 = step.iter().zip(&gradient).map(|(s, g)| s * g).sum();
            if decrement < RESTS_BELOW * real(sample.rows.len()) {
                return Ok(self);
            }
            let mut share = 1.0;
            loop {
                let there = self.moved(&step, share);
                let value = there.loss(sample, penalty, strength);
                if value <= here {
                    self = there;
                    here = value;
                    break;
                }
                share *= 0.5;
                if share < 1e-6 {
                    return Ok(self);
                }
            }
        }
        Err(PropensityRefusal::NotConverged)
    }

    fn moved(&self, step: &[f64], share: f64) -> Self {
        let last = step.len() - 1;
        let weights = self.weights.iter().zip(step).map(|(w, s)| w - share * s);
        Self {
            weights: weights.collect(),
            intercept: self.intercept - share * step[last],
        }
    }

    fn loss(&self, sample: Sample<'_>, penalty: &Penalty, strength: f64) -> f64 {
        let sum: f64 = sample
            .rows
            .iter()
            .map(|row| {
                let log_odds = self.log_odds(sample.entries.row(*row));
                surprise(log_odds, sample.labels[*row as usize])
            })
            .sum();
        sum + strength * penalty.of(&self.weights)
            + 0.5 * ON_INTERCEPT * self.intercept * self.intercept
    }

    /// Returns gradient and curvature; the intercept comes last.
    fn derivatives(
        &self,
        sample: Sample<'_>,
        penalty: &Penalty,
        strength: f64,
    ) -> (Vec<f64>, Symmetric) {
        let width = self.weights.len();
        let mut gradient = vec![0.0; width + 1];
        let mut curvature = Symmetric::zero(width + 1);
        for row in sample.rows {
            let entries = sample.entries.row(*row);
            let chance = logistic(self.log_odds(entries));
            let miss = chance - f64::from(u8::from(sample.labels[*row as usize]));
            let weight = chance * (1.0 - chance);
            for (place, (column, value)) in entries.iter().enumerate() {
                gradient[*column as usize] += miss * value;
                let cells = curvature.row_mut(*column as usize);
                let weighted = weight * value;
                for (other, other_value) in &entries[..=place] {
                    cells[*other as usize] += weighted * other_value;
                }
            }
            gradient[width] += miss;
            let cells = curvature.row_mut(width);
            for (column, value) in entries {
                cells[*column as usize] += weight * value;
            }
            cells[width] += weight;
        }
        for (row, column, value) in &penalty.cells {
            curvature.add(*row, *column, strength * value);
            gradient[*row] += strength * value * self.weights[*column];
            if row != column {
                gradient[*column] += strength * value * self.weights[*row];
            }
        }
        gradient[width] += ON_INTERCEPT * self.intercept;
        curvature.add(width, width, ON_INTERCEPT);
        (gradient, curvature)
    }
}
