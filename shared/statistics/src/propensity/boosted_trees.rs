//! Gradient-boosted trees, of the size and number that cross-validation asks for.

use serde::{Deserialize, Serialize};

use super::bins::Bins;
use super::boosting::{Booster, Boosting};
use super::folds::Folds;
use super::frame::Values;
use super::refusal::PropensityRefusal;
use super::schema::{Cell, Schema};
use super::shapley::contribute;
use super::tree::Tree;
use super::work::Work;
use crate::numeric::counting::real;

/// The leaves of a tree that are tried, simplest first.
const LEAVES: [usize; 5] = [2, 4, 8, 16, 32];
/// Trees between two looks at the loss.
const ROUNDS: usize = 25;
/// The search rests when the loss on customers held back has not fallen for so many trees.
const PATIENCE: usize = 50;
/// The most trees.
const MOST_TREES: usize = 1_500;
/// The share of a tree's answer that is added: for few data, and for many.
const RATES: [f64; 2] = [0.05, 0.1];
/// The share of inputs that a tree sees: half keeps trees of one question from all asking the same;
/// trees of more questions need to see those together that act together.
const SHARE_OF_ADDITIVE: f64 = 0.5;
const SHARE_OF_INTERACTING: f64 = 0.8;
/// From so many cells on, data are many.
const MANY_CELLS: usize = 1_000_000;

/// The fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BoostedTrees {
    bins: Vec<Bins>,
    start: f64,
    trees: Vec<Tree>,
    /// The log-odds of the average customer.
    base: f64,
}

/// A fitted model, and what its likes said of customers that they had not seen.
pub(super) struct FittedTrees {
    pub(super) model: BoostedTrees,
    pub(super) held_back: Vec<f64>,
}

/// What cross-validation says of one size of trees.
struct Trial<'a> {
    boosting: Boosting,
    boosters: Vec<Booster<'a>>,
    trees: usize,
    loss: f64,
}

impl BoostedTrees {
    /// Fits the model, with size and number of trees chosen by cross-validation.
    pub(super) fn fit(
        columns: &[&Values],
        labels: &[bool],
        folds: &Folds,
        seed: u64,
        work: &Work<'_>,
    ) -> Result<FittedTrees, PropensityRefusal> {
        let mut best: Option<Trial<'_>> = None;
        let mut worse = 0;
        for leaves in LEAVES {
            let boosting = boosting(leaves, labels.len() * columns.len());
            let trial = Trial::run(boosting, columns, labels, folds, seed, work)?;
            if best.as_ref().is_none_or(|best| trial.loss < best.loss) {
                best = Some(trial);
                worse = 0;
            } else {
                worse += 1;
            }
            if worse == 2 {
                break;
            }
        }
        let best = best.ok_or(PropensityRefusal::NotConverged)?;
        let mut held_back = vec![0.0; labels.len()];
        for booster in &best.boosters {
            for (row, log_odds) in booster.held_back(best.trees) {
                held_back[row] = log_odds;
            }
        }
        let all = ((0..).take(labels.len()).collect(), Vec::new());
        let mut booster = Booster::begin(best.boosting, columns, labels, all, seed);
        booster.advance(best.trees);
        work.done(real(best.trees))?;
        Ok(FittedTrees {
            model: Self::of(booster),
            held_back,
        })
    }

    fn of(booster: Booster<'_>) -> Self {
        let (start, bins, trees) = booster.end();
        Self {
            base: start + trees.iter().map(Tree::mean).sum::<f64>(),
            bins,
            start,
            trees,
        }
    }

    /// Returns the log-odds of the average customer.
    pub(super) fn base(&self) -> f64 {
        self.base
    }

    /// Returns the log-odds of a customer.
    pub(super) fn log_odds(&self, cells: impl Iterator<Item = Cell>) -> f64 {
        let row = self.row(cells);
        self.start + self.trees.iter().map(|tree| tree.value(&row)).sum::<f64>()
    }

    /// Returns what each input adds to the log-odds of the average customer.
    pub(super) fn parts(&self, cells: impl Iterator<Item = Cell>) -> Vec<f64> {
        let row = self.row(cells);
        let mut parts = vec![0.0; self.bins.len()];
        for tree in &self.trees {
            contribute(tree, &row, &mut parts);
        }
        parts
    }

    /// Whether the parts fit each other and these inputs, and every number is finite.
    pub(super) fn fits(&self, schema: &Schema) -> bool {
        let inputs = schema.inputs();
        self.bins.len() == inputs.len()
            && self
                .bins
                .iter()
                .zip(inputs)
                .all(|(bins, input)| bins.fits(input.levels()))
            && self.trees.iter().all(|tree| tree.is_sound(inputs.len()))
            && self.start.is_finite()
            && self.base.is_finite()
    }

    fn row(&self, cells: impl Iterator<Item = Cell>) -> Vec<u8> {
        self.bins
            .iter()
            .zip(cells)
            .map(|(bins, cell)| bins.bin(cell))
            .collect()
    }
}

fn boosting(leaves: usize, cells: usize) -> Boosting {
    Boosting {
        leaves,
        rate: RATES[usize::from(cells > MANY_CELLS)],
        row_share: 0.8,
        input_share: if leaves == 2 {
            SHARE_OF_ADDITIVE
        } else {
            SHARE_OF_INTERACTING
        },
    }
}

impl<'a> Trial<'a> {
    /// Boosts on each fold's complement side by side until the loss on the folds together rests.
    fn run(
        boosting: Boosting,
        columns: &[&Values],
        labels: &'a [bool],
        folds: &Folds,
        seed: u64,
        work: &Work<'_>,
    ) -> Result<Self, PropensityRefusal> {
        let mut boosters: Vec<Booster<'a>> = (0..folds.count())
            .map(|fold| Booster::begin(boosting, columns, labels, folds.split(fold), seed))
            .collect();
        let mut losses: Vec<f64> = Vec::new();
        let mut best = 0;
        while losses.len() < MOST_TREES && losses.len() < best + PATIENCE + ROUNDS {
            let mut together = vec![0.0; ROUNDS];
            for booster in &mut boosters {
                for (sum, loss) in together.iter_mut().zip(booster.advance(ROUNDS)) {
                    *sum += loss;
                }
                work.done(real(ROUNDS))?;
            }
            losses.extend(together);
            best = (0..losses.len())
                .min_by(|one, other| losses[*one].total_cmp(&losses[*other]))
                .unwrap_or(0);
        }
        Ok(Self {
            boosting,
            boosters,
            trees: best + 1,
            loss: losses[best],
        })
    }
}
