//! Fits every family on some customers, calibrates and combines them, and says which is best.

use super::boosted_trees::BoostedTrees;
use super::calibration::{FARTHEST_LOG_ODDS, Prior, Weights};
use super::evaluation::{Candidate, Evaluation, Family, Figures};
use super::folds::Folds;
use super::frame::Values;
use super::refusal::PropensityRefusal;
use super::schema::Cell;
use super::spline_logit::SplineLogit;
use super::work::Work;

/// The folds inside of a fit; fewer where these are slow, and more where each customer counts.
const FOLDS: usize = 5;
const FOLDS_OF_MANY: usize = 3;
const FOLDS_OF_FEW: usize = 10;
/// From so many cells on, data are many.
const MANY_CELLS: usize = 4_000_000;
/// Below so many rows, data are few.
const FEW_ROWS: usize = 1_500;
/// How firmly scores are believed to be right before calibration, in curvature of the likelihood:
/// as much as some fifty customers say.
const BELIEF: f64 = 10.0;

/// Both kinds of model, and the weights that each family gives them.
#[derive(Clone, Debug)]
pub(super) struct Trained {
    pub(super) logit: SplineLogit,
    pub(super) trees: BoostedTrees,
    weights: Vec<Weights>,
    pub(super) evaluation: Evaluation,
}

impl Trained {
    /// Fits everything on every row of the columns.
    pub(super) fn fit(
        columns: &[&Values],
        labels: &[bool],
        seed: u64,
        in_parallel: bool,
        work: &Work<'_>,
    ) -> Result<Self, PropensityRefusal> {
        let folds = Folds::inner(labels, fold_count(columns.len(), labels), seed);
        let logit = || SplineLogit::fit(columns, labels, &folds, work);
        let trees = || BoostedTrees::fit(columns, labels, &folds, seed, work);
        let (logit, trees) = if in_parallel {
            side_by_side(logit, trees)
        } else {
            (logit(), trees())
        };
        let (logit, trees) = (logit?, trees?);
        let scores = [logit.held_back.as_slice(), trees.held_back.as_slice()];
        let weights = weights(&scores, labels)?;
        Ok(Self {
            evaluation: evaluate(&scores, labels, &folds)?,
            logit: logit.model,
            trees: trees.model,
            weights,
        })
    }

    /// Returns the weights of a family.
    pub(super) fn weights(&self, family: Family) -> &Weights {
        &self.weights[family.place()]
    }

    /// Returns the log-odds of a customer by every family.
    pub(super) fn log_odds(&self, cells: &[Cell]) -> [f64; 3] {
        let logit: f64 = self.logit.parts(cells.iter().copied()).iter().sum();
        let scores = [
            self.logit.base() + logit,
            self.trees.log_odds(cells.iter().copied()),
        ];
        Family::ALL.map(|family| bounded(self.weights(family).log_odds(scores.into_iter())))
    }
}

/// Keeps the probability between zero and one.
pub(super) fn bounded(log_odds: f64) -> f64 {
    log_odds.clamp(-FARTHEST_LOG_ODDS, FARTHEST_LOG_ODDS)
}

/// The folds that a family is judged on inside of a fit.
pub(super) fn fold_count(columns: usize, labels: &[bool]) -> usize {
    let events = labels.iter().filter(|left| **left).count();
    let rarer = events.min(labels.len() - events);
    let wanted = if labels.len() * columns > MANY_CELLS {
        FOLDS_OF_MANY
    } else if labels.len() < FEW_ROWS {
        FOLDS_OF_FEW
    } else {
        FOLDS
    };
    wanted.min(rarer).max(2)
}

fn side_by_side<A: Send, B: Send>(
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B,
) -> (A, B) {
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        match one.join() {
            Ok(one) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Fits the weights of each family.
fn weights(scores: &[&[f64]; 2], labels: &[bool]) -> Result<Vec<Weights>, PropensityRefusal> {
    Family::ALL
        .into_iter()
        .map(|family| {
            let (places, slopes): (&[usize], &[f64]) = match family {
                Family::SplineLogit => (&[0], &[1.0]),
                Family::BoostedTrees => (&[1], &[1.0]),
                Family::Blend => (&[0, 1], &[0.5, 0.5]),
            };
            let used: Vec<&[f64]> = places.iter().map(|place| scores[*place]).collect();
            let prior = Prior {
                slopes: slopes.to_vec(),
                precision: BELIEF,
            };
            let fitted =
                Weights::fit(&used, labels, &prior).ok_or(PropensityRefusal::NotConverged)?;
            let mut weights = Weights {
                intercept: fitted.intercept,
                slopes: vec![0.0; 2],
            };
            for (place, slope) in places.iter().zip(fitted.slopes) {
                weights.slopes[*place] = slope;
            }
            Ok(weights)
        })
        .collect()
}

/// Judges each family on customers that neither its models nor its weights have seen.
fn evaluate(
    scores: &[&[f64]; 2],
    labels: &[bool],
    folds: &Folds,
) -> Result<Evaluation, PropensityRefusal> {
    let mut log_odds = vec![vec![0.0; labels.len()]; Family::ALL.len()];
    for fold in 0..folds.count() {
        let (train, test) = folds.split(fold);
        let of =
            |score: &[f64]| -> Vec<f64> { train.iter().map(|row| score[*row as usize]).collect() };
        let parts = scores.map(of);
        let some_labels: Vec<bool> = train.iter().map(|row| labels[*row as usize]).collect();
        let weights = weights(&[&parts[0], &parts[1]], &some_labels)?;
        for (family, weights) in weights.iter().enumerate() {
            for row in &test {
                let row = *row as usize;
                let scores = scores.iter().map(|score| score[row]);
                log_odds[family][row] = bounded(weights.log_odds(scores));
            }
        }
    }
    evaluation(&log_odds, labels)
}

/// Compares the families by their log-odds, and chooses the one of least log-loss.
pub(super) fn evaluation(
    log_odds: &[Vec<f64>],
    labels: &[bool],
) -> Result<Evaluation, PropensityRefusal> {
    let candidates: Option<Vec<Candidate>> = Family::ALL
        .into_iter()
        .zip(log_odds)
        .map(|(family, log_odds)| {
            let figures = Figures::of(log_odds, labels)?;
            Some(Candidate { family, figures })
        })
        .collect();
    let candidates = candidates.ok_or(PropensityRefusal::NotConverged)?;
    let best = candidates
        .iter()
        .min_by(|one, other| one.figures.log_loss.total_cmp(&other.figures.log_loss))
        .copied()
        .ok_or(PropensityRefusal::NotConverged)?;
    Ok(Evaluation {
        chosen: best.family,
        figures: best.figures,
        candidates,
    })
}
