//! Boosting with the logistic loss: each tree takes a step against the gradient of those before it
//! (Friedman 2001), on random shares of rows and inputs (Friedman 2002).

use super::bins::{Binned, Bins};
use super::calibration::surprise;
use super::frame::Values;
use super::grower::{Ground, TreeRules};
use super::split::{SplitRules, Sums};
use super::tree::Tree;
use crate::numeric::counting::{real, whole};
use crate::numeric::draw::Draws;
use crate::numeric::log_space::logistic;

/// How trees are grown and added.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boosting {
    /// The leaves of a tree: two for an additive model.
    pub(super) leaves: usize,
    /// The share of a tree's answer that is added.
    pub(super) rate: f64,
    /// The share of rows that a tree sees.
    pub(super) row_share: f64,
    /// The share of inputs that a tree sees.
    pub(super) input_share: f64,
}

impl Boosting {
    fn rules(&self) -> TreeRules {
        TreeRules {
            leaves: self.leaves,
            split: SplitRules {
                least_curvature: 3.0,
                ridge: 5.0,
                ridge_of_sets: 10.0,
                level_prior: 10.0,
            },
        }
    }
}

/// Trees that are being added on some rows of a frame.
pub(super) struct Booster<'a> {
    boosting: Boosting,
    labels: &'a [bool],
    train: Vec<u32>,
    test: Vec<u32>,
    binned: Binned,
    is_ordered: Vec<bool>,
    /// By row of the frame.
    log_odds: Vec<f64>,
    start: f64,
    trees: Vec<Tree>,
    draws: Draws,
}

impl<'a> Booster<'a> {
    /// Begins with the log-odds of the training rows together.
    pub(super) fn begin(
        boosting: Boosting,
        columns: &[&Values],
        labels: &'a [bool],
        (train, test): (Vec<u32>, Vec<u32>),
        seed: u64,
    ) -> Self {
        let binned = Binned::learn(columns, labels, &train, seed);
        let events = train.iter().filter(|row| labels[**row as usize]).count();
        let share = (real(events) + 0.5) / (real(train.len()) + 1.0);
        let start = (share / (1.0 - share)).ln();
        Self {
            boosting,
            labels,
            is_ordered: binned.bins.iter().map(Bins::is_ordered).collect(),
            binned,
            log_odds: vec![start; labels.len()],
            start,
            trees: Vec::new(),
            draws: Draws::new(seed, 0xb005),
            train,
            test,
        }
    }

    /// Adds so many trees; returns the loss on the test rows, summed, after each of them.
    pub(super) fn advance(&mut self, rounds: usize) -> Vec<f64> {
        (0..rounds)
            .map(|_| {
                self.add_tree();
                let losses = self.test.iter().map(|row| {
                    let row = *row as usize;
                    surprise(self.log_odds[row], self.labels[row])
                });
                losses.sum()
            })
            .collect()
    }

    fn add_tree(&mut self) {
        let mut sums = vec![Sums::default(); self.labels.len()];
        for row in &self.train {
            let row = *row as usize;
            let chance = logistic(self.log_odds[row]);
            sums[row] = Sums {
                gradient: chance - f64::from(u8::from(self.labels[row])),
                curvature: chance * (1.0 - chance),
            };
        }
        let rows = self.some_rows();
        let inputs = self.some_inputs();
        let ground = Ground {
            columns: &self.binned.columns,
            is_ordered: &self.is_ordered,
            sums: &sums,
            inputs: &inputs,
        };
        let Some(mut tree) = ground.grow(rows, &self.boosting.rules()) else {
            return;
        };
        tree.scale(self.boosting.rate);
        for row in self.train.iter().chain(&self.test) {
            let row = *row as usize;
            self.log_odds[row] += tree.value_in(&self.binned.columns, row);
        }
        self.trees.push(tree);
    }

    fn some_rows(&mut self) -> Vec<u32> {
        let count = whole(self.boosting.row_share * real(self.train.len())).max(1);
        self.draws.some_in_order(&self.train, count)
    }

    fn some_inputs(&mut self) -> Vec<u16> {
        let mut inputs: Vec<u16> = (0..).take(self.is_ordered.len()).collect();
        let count = whole((self.boosting.input_share * real(inputs.len())).ceil()).max(1);
        self.draws.choose(&mut inputs, count);
        inputs.truncate(count);
        inputs.sort_unstable();
        inputs
    }

    /// Returns the test rows with their log-odds by the first trees.
    pub(super) fn held_back(&self, trees: usize) -> impl Iterator<Item = (usize, f64)> {
        let trees = &self.trees[..trees.min(self.trees.len())];
        self.test.iter().map(move |row| {
            let row = *row as usize;
            let values = trees
                .iter()
                .map(|it| it.value_in(&self.binned.columns, row));
            (row, self.start + values.sum::<f64>())
        })
    }

    /// Ends with the trees as they are.
    pub(super) fn end(self) -> (f64, Vec<Bins>, Vec<Tree>) {
        (self.start, self.binned.bins, self.trees)
    }
}
