//! How a number was spread among the customers that a model was fitted on, and how far that has moved.
//!
//! The population stability index is `Σ (aᵢ − eᵢ) ln(aᵢ/eᵢ)` over bins (Lewis 1994), with the share
//! `eᵢ` at the fit and `aᵢ` now. Shares below a ten-thousandth count as that. The inputs of propensity
//! models are compared by `statistics::propensity::drift`, which knows words and gaps, too.

use serde::{Deserialize, Serialize};

/// How many bins numbers are spread over.
const BINS: f64 = 10.0;
/// The smallest share that is told from none.
const SMALLEST: f64 = 1e-4;

/// The spread of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredBins", into = "StoredBins")]
pub struct Bins {
    /// The upper bounds of all bins but the last, ascending.
    bounds: Vec<f64>,
    /// The share of each bin.
    shares: Vec<f64>,
}

/// The same as it is stored: by the kind of the input, of which there was another one, with a share
/// of unknown ones behind the others.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredBins {
    Numbers { bounds: Vec<f64>, shares: Vec<f64> },
}

impl From<StoredBins> for Bins {
    fn from(StoredBins::Numbers { bounds, mut shares }: StoredBins) -> Self {
        shares.truncate(bounds.len() + 1);
        Self { bounds, shares }
    }
}

impl From<Bins> for StoredBins {
    fn from(Bins { bounds, shares }: Bins) -> Self {
        let shares = shares.into_iter().chain([0.0]).collect();
        Self::Numbers { bounds, shares }
    }
}

impl Bins {
    /// Spreads numbers, each with a weight, over bins of about equal weight.
    pub fn of(values: &[(f64, f64)]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
        let mut bounds: Vec<f64> = Vec::new();
        let (mut sum, mut next) = (0.0, total / BINS);
        for (value, weight) in &sorted {
            sum += weight;
            let is_new = bounds.last().is_none_or(|last| last < value);
            if sum >= next && is_new && sum < total {
                bounds.push(*value);
                next = sum + total / BINS;
            }
        }
        let shares = shares(&bounds, values);
        Self { bounds, shares }
    }

    /// Says how far numbers have moved; `None` where there are none.
    pub fn moved_by(&self, values: &[(f64, f64)]) -> Option<f64> {
        let term = |(old, new): (&f64, &f64)| {
            let (old, new) = (old.max(SMALLEST), new.max(SMALLEST));
            (new - old) * (new / old).ln()
        };
        let new = shares(&self.bounds, values);
        (!values.is_empty()).then(|| self.shares.iter().zip(&new).map(term).sum())
    }
}

fn shares(bounds: &[f64], values: &[(f64, f64)]) -> Vec<f64> {
    let mut shares = vec![0.0; bounds.len() + 1];
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    for (value, weight) in values {
        let place = bounds.partition_point(|bound| bound < value);
        shares[place] += weight / total.max(f64::MIN_POSITIVE);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(from: u32, to: u32) -> Vec<(f64, f64)> {
        (from..to).map(|number| (f64::from(number), 1.0)).collect()
    }

    #[test]
    fn the_same_numbers_have_not_moved_and_others_have() {
        let bins = Bins::of(&numbers(0, 1_000));
        assert_eq!(bins.bounds.len(), 9);
        assert!((bins.shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(bins.moved_by(&numbers(0, 1_000)).unwrap() < 1e-9);
        // Half of each is in the other's bins: five bins lose their tenth, the last gains a half.
        assert!(bins.moved_by(&numbers(500, 1_500)).unwrap() > 0.25);
        assert_eq!(bins.moved_by(&[]), None);
    }

    #[test]
    fn what_is_stored_is_read_back_as_it_was() {
        let bins = Bins::of(&numbers(0, 1_000));
        let text = serde_json::to_string(&bins).unwrap();
        assert!(text.starts_with("{\"numbers\":{\"bounds\":[") && text.ends_with(",0.0]}}"));
        assert_eq!(serde_json::from_str::<Bins>(&text).unwrap(), bins);
    }
}
