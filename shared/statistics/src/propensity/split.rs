//! The best question to ask at a node.

use super::bins::BINS;

/// Sums of gradients and of curvatures over some rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) gradient: f64,
    pub(super) curvature: f64,
}

/// The sums of each bin of one input.
pub(super) type Histogram = [Sums; BINS];

/// What a split has to keep to.
#[derive(Clone, Copy, Debug)]
pub(super) struct SplitRules {
    /// The least curvature on either side.
    pub(super) least_curvature: f64,
    /// The ridge penalty on a leaf's value.
    pub(super) ridge: f64,
    /// The ridge penalty where the levels of a category are put in order first.
    pub(super) ridge_of_sets: f64,
    /// Curvature that is added to each level's before they are put in order.
    pub(super) level_prior: f64,
}

/// A question and how much it would help.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundSplit {
    pub(super) gain: f64,
    pub(super) bins: u64,
    pub(super) left: Sums,
}

/// A category of so few levels is not charged for the choice of a set.
const FEW_LEVELS: usize = 3;

impl Sums {
    pub(super) fn add(&mut self, other: Self) {
        self.gradient += other.gradient;
        self.curvature += other.curvature;
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
        }
    }

    /// Twice the fall of the loss by the best value of a leaf.
    pub(super) fn score(self, ridge: f64) -> f64 {
        self.gradient * self.gradient / (self.curvature + ridge)
    }
}

impl SplitRules {
    /// Finds the best split by one input, if any helps.
    pub(super) fn best(
        &self,
        histogram: &Histogram,
        all: Sums,
        is_ordered: bool,
    ) -> Option<FoundSplit> {
        let found = if is_ordered {
            self.best_bound(histogram, all)
        } else {
            self.best_set(histogram, all)
        };
        found.map(|found| found.with_empty_bins(histogram, all, is_ordered))
    }

    fn gain(&self, left: Sums, all: Sums, ridge: f64) -> Option<f64> {
        let right = all.minus(left);
        if left.curvature < self.least_curvature || right.curvature < self.least_curvature {
            return None;
        }
        let gain = left.score(ridge) + right.score(ridge) - all.score(self.ridge);
        (gain > 1e-9).then_some(gain)
    }

    /// Cuts the bins of numbers in two; what is not known goes where it helps more.
    fn best_bound(&self, histogram: &Histogram, all: Sums) -> Option<FoundSplit> {
        let missing = histogram[0];
        let mut best: Option<FoundSplit> = None;
        for missing_goes_left in [false, true] {
            let mut left = Sums::default();
            let mut bins = 0;
            if missing_goes_left {
                if missing.curvature <= 0.0 {
                    break;
                }
                left.add(missing);
                bins = 1;
            }
            for (bin, sums) in histogram.iter().enumerate().skip(1) {
                if sums.curvature <= 0.0 {
                    continue;
                }
                left.add(*sums);
                bins |= 1 << bin;
                if let Some(gain) = self.gain(left, all, self.ridge)
                    && best.is_none_or(|best| gain > best.gain)
                {
                    // Bins without rows below the bound belong to it.
                    let below = (1_u64 << bin) - 1;
                    let bins = bins | (below & !1);
                    best = Some(FoundSplit { gain, bins, left });
                }
            }
        }
        best
    }

    /// Cuts the levels of a category in two sets, along the order of what they ask for (Fisher 1958).
    fn best_set(&self, histogram: &Histogram, all: Sums) -> Option<FoundSplit> {
        let mut filled: Vec<usize> = (0..BINS)
            .filter(|bin| histogram[*bin].curvature > 0.0)
            .collect();
        let ridge = if filled.len() <= FEW_LEVELS {
            self.ridge
        } else {
            self.ridge_of_sets
        };
        let pull =
            |bin: usize| histogram[bin].gradient / (histogram[bin].curvature + self.level_prior);
        filled.sort_by(|one, other| pull(*one).total_cmp(&pull(*other)));
        filled.pop();
        let mut best: Option<FoundSplit> = None;
        let mut left = Sums::default();
        let mut bins = 0;
        for bin in filled {
            left.add(histogram[bin]);
            bins |= 1 << bin;
            if let Some(gain) = self.gain(left, all, ridge)
                && best.is_none_or(|best| gain > best.gain)
            {
                best = Some(FoundSplit { gain, bins, left });
            }
        }
        best
    }
}

impl FoundSplit {
    /// What nobody here has, and somebody may have later, goes where most are.
    fn with_empty_bins(mut self, histogram: &Histogram, all: Sums, is_ordered: bool) -> Self {
        if 2.0 * self.left.curvature <= all.curvature {
            return self;
        }
        // A number that nobody here has is on one side of the bound anyway.
        let unsettled = if is_ordered { 1 } else { BINS };
        for (bin, sums) in histogram.iter().enumerate().take(unsettled) {
            if sums.curvature <= 0.0 {
                self.bins |= 1 << bin;
            }
        }
        self
    }
}
