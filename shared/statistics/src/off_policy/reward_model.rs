//! What an arm is expected to bring in a context: means pulled towards the mean of all.
//!
//! Each call is judged by means of other calls: of three folds, by the order of the log, the two that
//! it is not in (Chernozhukov et al. 2018), or a doubly robust estimate would believe itself.

use super::log::{Log, LoggedCall};

/// Into how many parts the log is cut.
pub(super) const FOLDS: usize = 3;

/// As how many calls the mean of all counts.
const WEIGHT: f64 = 200.0;

/// The means of one fold's other folds.
#[derive(Clone, Debug, Default)]
struct Means {
    expected: Vec<f64>,
    of_all: f64,
}

/// The means for each fold.
#[derive(Clone, Debug)]
pub(super) struct RewardModel {
    folds: [Means; FOLDS],
    arms: usize,
}

impl RewardModel {
    /// Takes the means.
    pub(super) fn fit(log: &Log) -> Self {
        let folds = core::array::from_fn(|fold| {
            let others = log.calls().iter().enumerate();
            let others = others.filter(|(place, _)| place % FOLDS != fold);
            means(log, others.map(|(_, call)| call))
        });
        Self {
            folds,
            arms: log.arms(),
        }
    }

    /// What an arm is expected to bring at the place of the log, in its context. An arm that was
    /// never chosen brings the mean of all.
    pub(super) fn expected(&self, place: usize, context: usize, arm: usize) -> f64 {
        let means = &self.folds[place % FOLDS];
        if arm >= self.arms {
            return means.of_all;
        }
        means
            .expected
            .get(context * self.arms + arm)
            .copied()
            .unwrap_or(means.of_all)
    }
}

fn means<'a>(log: &Log, calls: impl Iterator<Item = &'a LoggedCall>) -> Means {
    let size = log.contexts() * log.arms();
    let (mut counts, mut sums) = (vec![0.0; size], vec![0.0; size]);
    let (mut count, mut sum) = (0.0, 0.0);
    for call in calls {
        let cell = call.context * log.arms() + call.arm;
        counts[cell] += 1.0;
        sums[cell] += call.reward;
        count += 1.0;
        sum += call.reward;
    }
    let of_all: f64 = sum / count;
    let shrunk = counts.iter().zip(&sums);
    let shrunk = shrunk.map(|(count, sum)| (sum + WEIGHT * of_all) / (count + WEIGHT));
    Means {
        expected: shrunk.collect(),
        of_all,
    }
}
