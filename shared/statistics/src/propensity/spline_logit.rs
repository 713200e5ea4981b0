//! A penalised logistic model with a smooth curve for each number. Additive: what one input does
//! does not depend on the others.

use serde::{Deserialize, Serialize};

use super::calibration::surprise;
use super::curve::MOST_AT_ONCE;
use super::design::{Design, Entries, cell};
use super::folds::Folds;
use super::frame::Values;
use super::logit::{Coefficients, Penalty, Sample};
use super::refusal::PropensityRefusal;
use super::schema::{Cell, Schema};
use super::work::Work;
use crate::numeric::counting::real;

/// Strengths of the penalty that are tried, the strongest first.
const STRENGTHS: [f64; 9] = [300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03];
/// So many rows say which strength is best.
const ROWS_TO_CHOOSE: usize = 20_000;

/// The fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SplineLogit {
    design: Design,
    weights: Vec<f64>,
    /// What each input adds for the average customer of training.
    means: Vec<f64>,
    /// The log-odds of the average customer.
    base: f64,
}

/// A fitted model, and what its likes said of customers that they had not seen.
pub(super) struct FittedLogit {
    pub(super) model: SplineLogit,
    pub(super) held_back: Vec<f64>,
}

impl SplineLogit {
    /// Fits the model, with the strength of the penalty chosen by cross-validation.
    pub(super) fn fit(
        columns: &[&Values],
        labels: &[bool],
        folds: &Folds,
        work: &Work<'_>,
    ) -> Result<FittedLogit, PropensityRefusal> {
        let all: Vec<u32> = (0..).take(labels.len()).collect();
        let design = Design::learn(columns, &all);
        let entries = Entries::of(&design, columns, labels.len());
        let penalty = Penalty::smooth(&design);
        let search = Search {
            entries: &entries,
            labels,
            penalty: &penalty,
            width: design.width,
        };
        let (strength, starts) = search.choose(folds, work)?;
        let held_back = search.held_back(folds, strength, starts, work)?;
        let sample = search.sample(&all);
        let coefficients = Coefficients::zero(design.width).fitted(sample, &penalty, strength)?;
        work.done(1.0)?;
        Ok(FittedLogit {
            model: Self::of(design, &coefficients, columns, labels.len()),
            held_back,
        })
    }

    fn of(design: Design, coefficients: &Coefficients, columns: &[&Values], rows: usize) -> Self {
        let mut model = Self {
            means: vec![0.0; design.inputs.len()],
            base: coefficients.intercept,
            weights: coefficients.weights.clone(),
            design,
        };
        let mut sums = vec![0.0; columns.len()];
        for row in (0..).take(rows) {
            let cells = columns.iter().map(|values| cell(values, row));
            for (sum, part) in sums.iter_mut().zip(model.parts(cells)) {
                *sum += part;
            }
        }
        for (mean, sum) in model.means.iter_mut().zip(sums) {
            *mean = sum / real(rows);
        }
        model.base += model.means.iter().sum::<f64>();
        model
    }

    /// Whether the parts fit each other and these inputs, and every number is finite.
    pub(super) fn fits(&self, schema: &Schema) -> bool {
        let numbers = self.weights.iter().chain(&self.means).chain([&self.base]);
        self.design.fits(schema)
            && self.weights.len() == self.design.width
            && self.means.len() == self.design.inputs.len()
            && numbers.into_iter().all(|number| number.is_finite())
    }

    /// Returns the log-odds of the average customer.
    pub(super) fn base(&self) -> f64 {
        self.base
    }

    /// Returns the log-odds of a customer.
    pub(super) fn log_odds(&self, cells: impl Iterator<Item = Cell>) -> f64 {
        self.base + self.parts(cells).iter().sum::<f64>()
    }

    /// Returns what each input adds to the log-odds of the average customer. An input with a value
    /// that training says nothing about adds nothing.
    pub(super) fn parts(&self, cells: impl Iterator<Item = Cell>) -> Vec<f64> {
        let mut entries = Vec::with_capacity(MOST_AT_ONCE);
        self.design
            .inputs
            .iter()
            .zip(cells)
            .zip(&self.means)
            .map(|((input, cell), mean)| {
                entries.clear();
                input.entries(cell, &mut entries);
                if entries.is_empty() {
                    return 0.0;
                }
                let sum: f64 = entries
                    .iter()
                    .map(|(column, value)| self.weights[*column as usize] * value)
                    .sum();
                sum - mean
            })
            .collect()
    }
}

/// The search for the strength of the penalty.
struct Search<'a> {
    entries: &'a Entries,
    labels: &'a [bool],
    penalty: &'a Penalty,
    width: usize,
}

impl<'a> Search<'a> {
    fn sample(&self, rows: &'a [u32]) -> Sample<'a> {
        Sample {
            entries: self.entries,
            labels: self.labels,
            rows,
        }
    }

    /// Goes from the strongest penalty to weaker ones, until these predict worse.
    fn choose(
        &self,
        folds: &Folds,
        work: &Work<'_>,
    ) -> Result<(f64, Vec<Coefficients>), PropensityRefusal> {
        let every = self.labels.len().div_ceil(ROWS_TO_CHOOSE).max(1);
        let parts: Vec<(Vec<u32>, Vec<u32>)> = (0..folds.count())
            .map(|fold| {
                let (train, test) = folds.split(fold);
                (train.into_iter().step_by(every).collect(), test)
            })
            .collect();
        let mut at = vec![Coefficients::zero(self.width); parts.len()];
        let mut best: Option<(f64, f64, Vec<Coefficients>)> = None;
        let mut worse = 0;
        for strength in STRENGTHS {
            // With fewer rows the same penalty weighs more.
            let weighed = strength / real(every);
            let tried = self.try_strength(&parts, &mut at, weighed, work);
            let total = match tried {
                Ok(total) => total,
                // A penalty too weak for these data is no reason to give up the stronger ones.
                Err(PropensityRefusal::NotConverged) if best.is_some() => break,
                Err(refusal) => return Err(refusal),
            };
            if best.as_ref().is_none_or(|(least, ..)| total < *least) {
                best = Some((total, strength, at.clone()));
                worse = 0;
            } else {
                worse += 1;
            }
            if worse == 2 {
                break;
            }
        }
        let (_, strength, at) = best.ok_or(PropensityRefusal::NotConverged)?;
        Ok((strength, at))
    }

    /// Fits on each part with a penalty, starting from the last one; returns the loss on the other
    /// parts together.
    fn try_strength(
        &self,
        parts: &[(Vec<u32>, Vec<u32>)],
        at: &mut [Coefficients],
        strength: f64,
        work: &Work<'_>,
    ) -> Result<f64, PropensityRefusal> {
        let mut total = 0.0;
        for ((train, test), at) in parts.iter().zip(at) {
            let start = std::mem::replace(at, Coefficients::zero(0));
            *at = start.fitted(self.sample(train), self.penalty, strength)?;
            total += self.loss(at, test);
            work.done(1.0)?;
        }
        Ok(total)
    }

    fn loss(&self, coefficients: &Coefficients, rows: &[u32]) -> f64 {
        rows.iter()
            .map(|row| {
                let log_odds = coefficients.log_odds(self.entries.row(*row));
                surprise(log_odds, self.labels[*row as usize])
            })
            .sum()
    }

    /// Returns the log-odds of each row by a model that has not seen it.
    fn held_back(
        &self,
        folds: &Folds,
        strength: f64,
        starts: Vec<Coefficients>,
        work: &Work<'_>,
    ) -> Result<Vec<f64>, PropensityRefusal> {
        let mut log_odds = vec![0.0; self.labels.len()];
        for (fold, start) in starts.into_iter().enumerate() {
            let (train, test) = folds.split(fold);
            let fitted = start.fitted(self.sample(&train), self.penalty, strength)?;
            for row in test {
                log_odds[row as usize] = fitted.log_odds(self.entries.row(row));
            }
            work.done(1.0)?;
        }
        Ok(log_odds)
    }
}
