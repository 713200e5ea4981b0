//! How the values of an input were spread when a model was fitted, and how far that has moved.
//!
//! The population stability index is `Σ (aᵢ − eᵢ) ln(aᵢ/eᵢ)` over bins, with the share `eᵢ` at the fit
//! and `aᵢ` now; what is not known is a bin of its own. Shares below a ten-thousandth count as that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many bins numbers are spread over.
const BINS: f64 = 10.0;
/// How many words have a bin of their own; the rarer ones share one.
const WORDS: usize = 50;
/// The smallest share that is told from none.
const SMALLEST: f64 = 1e-4;

/// The spread of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bins {
    /// Of numbers: the upper bounds of all bins but the last, and the shares, unknown ones last.
    Numbers {
        /// The bounds, ascending.
        bounds: Vec<f64>,
        /// The shares.
        shares: Vec<f64>,
    },
    /// Of words: their shares, with the rare and the unknown ones.
    Words {
        /// By word.
        shares: BTreeMap<String, f64>,
        /// Of all other words.
        rare: f64,
        /// Of what is not known.
        unknown: f64,
    },
}

impl Bins {
    /// Spreads numbers, each with a weight, over bins of about equal weight.
    pub fn of_numbers(values: &[(Option<f64>, f64)]) -> Self {
        let mut known: Vec<(f64, f64)> = values
            .iter()
            .filter_map(|(value, weight)| Some(((*value)?, *weight)))
            .collect();
        known.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        let total: f64 = known.iter().map(|(_, weight)| weight).sum();
        let mut bounds: Vec<f64> = Vec::new();
        let (mut sum, mut next) = (0.0, total / BINS);
        for (value, weight) in &known {
            sum += weight;
            let is_new = bounds.last().is_none_or(|last| last < value);
            if sum >= next && is_new && sum < total {
                bounds.push(*value);
                next = sum + total / BINS;
            }
        }
        let shares = shares(&bounds, values);
        Self::Numbers { bounds, shares }
    }

    /// Spreads words.
    pub fn of_words(values: &[Option<String>]) -> Self {
        let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
        for word in values.iter().flatten() {
            *counts.entry(word).or_default() += 1.0;
        }
        let mut frequent: Vec<(&str, f64)> = counts.into_iter().collect();
        frequent.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        frequent.truncate(WORDS);
        let words = frequent.into_iter().map(|(word, _)| word.to_owned());
        let shares: BTreeMap<String, f64> = words.map(|word| (word, 0.0)).collect();
        let empty = Self::Words {
            shares,
            rare: 0.0,
            unknown: 0.0,
        };
        empty.of_same_words(values)
    }

    /// Says how far numbers have moved; `None` where there are none, or words were there before.
    pub fn moved_by_numbers(&self, values: &[(Option<f64>, f64)]) -> Option<f64> {
        let Self::Numbers {
            bounds,
            shares: old,
        } = self
        else {
            return None;
        };
        let new = shares(bounds, values);
        (!values.is_empty()).then(|| index(old.iter().zip(&new)))
    }

    /// Says how far words have moved; `None` where there are none, or numbers were there before.
    pub fn moved_by_words(&self, values: &[Option<String>]) -> Option<f64> {
        let Self::Words {
            shares,
            rare,
            unknown,
        } = self
        else {
            return None;
        };
        let Self::Words {
            shares: new_shares,
            rare: new_rare,
            unknown: new_unknown,
        } = self.of_same_words(values)
        else {
            return None;
        };
        let words = shares.values().zip(new_shares.values());
        let others = [(rare, &new_rare), (unknown, &new_unknown)];
        (!values.is_empty()).then(|| index(words.chain(others)))
    }

    /// Counts words in the bins of others.
    fn of_same_words(&self, values: &[Option<String>]) -> Self {
        let words = match self {
            Self::Words { shares, .. } => shares.keys().cloned().collect(),
            Self::Numbers { .. } => Vec::new(),
        };
        let mut shares: BTreeMap<String, f64> = words.into_iter().map(|word| (word, 0.0)).collect();
        let (mut rare, mut unknown) = (0.0, 0.0);
        let one = super::forecast::real(values.len()).max(1.0).recip();
        for value in values {
            let slot = match value {
                None => &mut unknown,
                Some(word) => shares.get_mut(word).unwrap_or(&mut rare),
            };
            *slot += one;
        }
        Self::Words {
            shares,
            rare,
            unknown,
        }
    }
}

fn shares(bounds: &[f64], values: &[(Option<f64>, f64)]) -> Vec<f64> {
    let mut shares = vec![0.0; bounds.len() + 2];
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    for (value, weight) in values {
        let place = match value {
            Some(value) => bounds.partition_point(|bound| bound < value),
            None => bounds.len() + 1,
        };
        shares[place] += weight / total.max(f64::MIN_POSITIVE);
    }
    shares
}

fn index<'s>(shares: impl Iterator<Item = (&'s f64, &'s f64)>) -> f64 {
    let term = |(old, new): (&f64, &f64)| {
        let (old, new) = (old.max(SMALLEST), new.max(SMALLEST));
        (new - old) * (new / old).ln()
    };
    shares.map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(from: u32, to: u32) -> Vec<(Option<f64>, f64)> {
        (from..to)
            .map(|number| (Some(f64::from(number)), 1.0))
            .collect()
    }

    #[test]
    fn the_same_numbers_have_not_moved_and_others_have() {
        let bins = Bins::of_numbers(&numbers(0, 1_000));
        let Bins::Numbers { bounds, shares } = &bins else {
            panic!("numbers")
        };
        assert_eq!(bounds.len(), 9);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let moved = |values: &[(Option<f64>, f64)]| bins.moved_by_numbers(values).unwrap();
        assert!(moved(&numbers(0, 1_000)) < 1e-9);
        // Half of each is in the other's bins: five bins lose their tenth, the last gains a half.
        assert!(moved(&numbers(500, 1_500)) > 0.25);
        let mut gaps = numbers(0, 1_000);
        gaps.extend(vec![(None, 1.0); 200]);
        assert!(moved(&gaps) > 0.1);
        assert_eq!(bins.moved_by_numbers(&[]), None);
    }

    #[test]
    fn a_new_word_moves_the_rest() {
        let words = |words: &[&str]| -> Vec<Option<String>> {
            words.iter().map(|word| Some((*word).to_owned())).collect()
        };
        let bins = Bins::of_words(&words(&["dsl", "dsl", "fibre", "fibre"]));
        let still = bins.moved_by_words(&words(&["fibre", "dsl"])).unwrap();
        assert!(still.abs() < 1e-9);
        let moved = bins
            .moved_by_words(&words(&["fibre", "satellite"]))
            .unwrap();
        assert!(moved > 0.25);
        assert_eq!(bins.moved_by_numbers(&[(Some(1.0), 1.0)]), None);
    }
}
