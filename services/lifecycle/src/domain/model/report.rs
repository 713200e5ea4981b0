//! What a model is told by: its figures, the model of each group, how the search for it ended and how
//! well it does.

use serde::{Deserialize, Serialize};
use statistics::numeric::optimise::Convergence;

use super::comparison::Comparison;

/// One number with its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The name.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Its standard error, where it is known.
    pub standard_error: Option<f64>,
    /// It is a parameter that the data do not tell from others, so that it has no error.
    #[serde(default)]
    pub not_identified: bool,
}

impl Figure {
    /// Names a number.
    pub fn new(name: &str, value: f64) -> Self {
        Self {
            name: name.to_owned(),
            value,
            standard_error: None,
            not_identified: false,
        }
    }

    /// Says that not everybody was learnt from, where that is so: how many there were, and of how
    /// many one was drawn.
    pub(in crate::domain) fn of_share(seen: u64, one_in: u64) -> Vec<Self> {
        if one_in <= 1 {
            return Vec::new();
        }
        vec![
            Self::new("drawn_of", real(seen)),
            Self::new("drawn_one_in", real(one_in)),
        ]
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "numbers of customers are far below 2^52"
)]
pub(in crate::domain) const fn real(count: u64) -> f64 {
    count as f64
}

/// How the search for the parameters ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchEnd {
    /// The steps taken.
    pub iterations: u32,
    /// The evaluations of the likelihood with its gradient.
    pub evaluations: u32,
    /// The largest component of the gradient that was left, per customer.
    pub largest_slope: f64,
    /// A parameter that the data hardly bound.
    pub hardly_bounded: Option<String>,
}

impl SearchEnd {
    /// Writes down how a search ended.
    pub fn of(convergence: Convergence) -> Self {
        Self {
            iterations: convergence.iterations,
            evaluations: convergence.evaluations,
            largest_slope: convergence.largest_slope,
            hardly_bounded: convergence.hardly_bounded.map(str::to_owned),
        }
    }
}

/// The model of one group, for whoever wants to look at it.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupReport {
    /// The group.
    pub group: String,
    /// The family; empty where the group has no model of its own.
    pub family: &'static str,
    /// How many rows it has.
    pub sample_size: u64,
    /// The parameters.
    pub parameters: Vec<Figure>,
    /// What else was found.
    pub figures: Vec<Figure>,
    /// How the search ended, where there was one.
    pub search: Option<SearchEnd>,
    /// Why it has no model of its own.
    pub pooled_because: Option<String>,
}

impl GroupReport {
    /// A group that is told by everybody together.
    pub(in crate::domain) fn pooled(group: &str, why: &str) -> Self {
        Self {
            group: group.to_owned(),
            family: "",
            sample_size: 0,
            parameters: Vec::new(),
            figures: Vec::new(),
            search: None,
            pooled_because: Some(why.to_owned()),
        }
    }
}

/// How well a model does on what it was not fitted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The figure that decides between two models.
    pub measure: String,
    /// Its value.
    pub value: f64,
    /// A higher value is the better one.
    pub higher_is_better: bool,
    /// Every figure.
    pub figures: Vec<Figure>,
    /// How it did beside the version that was in use at its fit; absent where there was none, or too
    /// few to compare on.
    #[serde(default)]
    pub comparison: Option<Comparison>,
}

/// Differences this small, relative, are rounding.
const ROUNDING: f64 = 1e-9;

impl Evaluation {
    /// Says whether it is worse than another one. What was measured by another measure does not
    /// compare.
    pub fn is_worse_than(&self, other: &Self) -> bool {
        let loss = if self.higher_is_better {
            other.value - self.value
        } else {
            self.value - other.value
        };
        self.measure == other.measure && loss > ROUNDING * other.value.abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluation(measure: &str, value: f64, higher_is_better: bool) -> Evaluation {
        Evaluation {
            measure: measure.to_owned(),
            value,
            higher_is_better,
            figures: Vec::new(),
            comparison: None,
        }
    }

    #[test]
    fn worse_is_by_the_same_measure_and_beyond_rounding() {
        let loss = |value| evaluation("log_loss", value, false);
        assert!(loss(0.42).is_worse_than(&loss(0.41)));
        assert!(!loss(0.41).is_worse_than(&loss(0.42)));
        assert!(!loss(0.41 + 1e-12).is_worse_than(&loss(0.41)));
        let area = |value| evaluation("area_under_curve", value, true);
        assert!(area(0.7).is_worse_than(&area(0.8)));
        assert!(!area(0.8).is_worse_than(&area(0.7)));
        assert!(!area(0.1).is_worse_than(&loss(0.2)));
    }
}
