//! A customer base as the fits see it: every distinct `(x, t_x, T)` once, with the number of
//! customers who share it, and every distinct time and frequency once.
//!
//! Likelihoods are sums over customers of terms in these three figures, so nothing is lost. A
//! million customers observed by the day come down to a tenth of the rows, some hundred times and
//! some hundred frequencies; logarithms of times and gamma functions of frequencies are then taken
//! that often only. Memory goes with the distinct rows, not with the customers.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::purchases::purchase_summary::{PurchaseFigures, PurchaseSummary};
use crate::refusal::{RowRefusal, SampleRefusal};

/// The fewest customers a fit is based on.
pub const FEWEST_CUSTOMERS: u64 = 30;
/// The largest share that one customer may have in all repeat transactions.
pub const LARGEST_SHARE: f64 = 0.5;

/// Customers with the same figures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct DistinctCustomer {
    /// Where the frequency stands among the distinct ones.
    pub(super) frequency: usize,
    /// Where the recency stands among the distinct times.
    pub(super) recency: usize,
    /// Where the age stands among the distinct times.
    pub(super) age: usize,
    /// How many there are.
    pub(super) customers: f64,
}

/// The customers with the same frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct FrequencyCount {
    pub(super) frequency: f64,
    pub(super) customers: f64,
}

/// A customer base, compressed and checked.
#[derive(Clone, Debug)]
pub struct PurchaseBase {
    rows: Vec<DistinctCustomer>,
    times: Vec<f64>,
    frequencies: Vec<FrequencyCount>,
    customers: f64,
    mean_age: f64,
    mean_frequency: f64,
}

/// Collects customers into a base, one at a time.
#[derive(Clone, Debug, Default)]
pub struct PurchaseBaseBuilder {
    counts: HashMap<Key, u32, BuildHasherDefault<MixingHasher>>,
    customers: u64,
    total_age: f64,
    total_frequency: f64,
    busiest: (usize, u32),
}

/// Frequency, and the bits of recency and age: all are valid, so equal numbers have equal bits.
type Key = (u32, u64, u64);

/// Mixes a few words by multiplication; the keys are no attacker's.
#[derive(Clone, Copy, Debug, Default)]
struct MixingHasher(u64);

impl Hasher for MixingHasher {
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(20) ^ word).wrapping_mul(0xf135_7aea_2e62_a9c5);
    }
}

impl PurchaseBaseBuilder {
    /// Adds one customer.
    pub fn add(&mut self, customer: &PurchaseSummary) {
        let frequency = customer.frequency();
        let (recency, age) = (customer.recency(), customer.age());
        let key = (frequency, recency.to_bits(), age.to_bits());
        *self.counts.entry(key).or_insert(0) += 1;
        if frequency > self.busiest.1 {
            let row = usize::try_from(self.customers).unwrap_or(usize::MAX);
            self.busiest = (row, frequency);
        }
        self.customers += 1;
        self.total_age += age;
        self.total_frequency += f64::from(frequency);
    }

    /// Closes the base, unless it is no basis for a fit.
    pub fn finish(self) -> Result<PurchaseBase, SampleRefusal> {
        self.check()?;
        let mut sorted: Vec<(Key, u32)> = self.counts.into_iter().collect();
        // By time first: what a likelihood keeps of a pair of times serves the rows that follow.
        // Times are not negative, so their bits are in the order of their values.
        sorted.sort_unstable_by_key(|((frequency, recency, age), _)| (*recency, *age, *frequency));
        let times = distinct(
            sorted
                .iter()
                .flat_map(|((_, recency, age), _)| [*recency, *age]),
        );
        let frequencies = distinct(sorted.iter().map(|((frequency, _, _), _)| *frequency));
        let mut by_frequency: Vec<FrequencyCount> = frequencies
            .iter()
            .map(|frequency| FrequencyCount {
                frequency: f64::from(*frequency),
                customers: 0.0,
            })
            .collect();
        let mut rows = Vec::with_capacity(sorted.len());
        for ((frequency, recency, age), count) in sorted {
            let row = DistinctCustomer {
                frequency: position(&frequencies, &frequency),
                recency: position(&times, &recency),
                age: position(&times, &age),
                customers: f64::from(count),
            };
            by_frequency[row.frequency].customers += row.customers;
            rows.push(row);
        }
        let customers: f64 = by_frequency.iter().map(|count| count.customers).sum();
        Ok(PurchaseBase {
            rows,
            times: times.into_iter().map(f64::from_bits).collect(),
            frequencies: by_frequency,
            customers,
            mean_age: self.total_age / customers,
            mean_frequency: self.total_frequency / customers,
        })
    }

    fn check(&self) -> Result<(), SampleRefusal> {
        if self.customers == 0 {
            return Err(SampleRefusal::Empty);
        }
        if self.customers < FEWEST_CUSTOMERS {
            return Err(SampleRefusal::TooFew {
                have: self.customers,
                need: FEWEST_CUSTOMERS,
            });
        }
        let mut frequencies = self.counts.keys().map(|(frequency, _, _)| *frequency);
        let first = frequencies.next();
        if frequencies.all(|frequency| Some(frequency) == first) {
            return Err(SampleRefusal::AllTheSame { field: "frequency" });
        }
        let (row, most) = self.busiest;
        let share = f64::from(most) / self.total_frequency;
        // One repeat transaction in all is thin, but nobody outweighs the others by it.
        if share > LARGEST_SHARE && most > 1 {
            return Err(SampleRefusal::Outlier {
                row,
                field: "frequency",
                share,
            });
        }
        Ok(())
    }
}

impl PurchaseBase {
    /// Makes a base of customers at once.
    pub fn of(customers: &[PurchaseSummary]) -> Result<Self, SampleRefusal> {
        let mut builder = PurchaseBaseBuilder::default();
        for customer in customers {
            builder.add(customer);
        }
        builder.finish()
    }

    /// Returns the number of customers.
    pub const fn customers(&self) -> f64 {
        self.customers
    }

    /// Returns the number of distinct customers.
    pub const fn distinct(&self) -> usize {
        self.rows.len()
    }

    /// Returns how long customers were observed, on average.
    pub(super) const fn mean_age(&self) -> f64 {
        self.mean_age
    }

    /// Returns how often customers bought again, on average.
    pub(super) const fn mean_frequency(&self) -> f64 {
        self.mean_frequency
    }

    pub(super) fn rows(&self) -> &[DistinctCustomer] {
        &self.rows
    }

    pub(super) fn times(&self) -> &[f64] {
        &self.times
    }

    pub(super) fn frequencies(&self) -> &[FrequencyCount] {
        &self.frequencies
    }
}

/// Makes summaries of figures, naming the first row that cannot be believed.
pub fn believe(figures: &[PurchaseFigures]) -> Result<Vec<PurchaseSummary>, RowRefusal> {
    let rows = figures.iter().enumerate();
    rows.map(|(row, figures)| {
        PurchaseSummary::try_from(*figures).map_err(|refusal| refusal.at_row(row))
    })
    .collect()
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.dedup();
    values
}

fn position<T: Ord>(sorted: &[T], value: &T) -> usize {
    sorted.partition_point(|other| other < value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customers(figures: &[(u32, f64, f64)]) -> Vec<PurchaseSummary> {
        figures
            .iter()
            .map(|&(frequency, recency, age)| {
                PurchaseSummary::new(frequency, recency, age).unwrap()
            })
            .collect()
    }

    fn many(once: &[(u32, f64, f64)], times: usize) -> Vec<PurchaseSummary> {
        customers(&once.repeat(times))
    }

    #[test]
    fn duplicates_are_counted_once() {
        let base =
            PurchaseBase::of(&many(&[(0, 0.0, 9.0), (2, 3.0, 9.0), (2, 3.0, 4.0)], 20)).unwrap();
        assert_eq!(
            (base.distinct(), base.times.len(), base.frequencies.len()),
            (3, 4, 2)
        );
        assert!((base.customers() - 60.0).abs() < 1e-12);
        assert!((base.mean_age() - 22.0 / 3.0).abs() < 1e-12);
        assert!(
            base.rows
                .iter()
                .all(|row| (row.customers - 20.0).abs() < 1e-12)
        );
        let frequency = base.frequencies[1];
        assert!((frequency.frequency - 2.0).abs() < 1e-12);
        assert!((frequency.customers - 40.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_basis_is_refused() {
        let refusal = |customers: &[PurchaseSummary]| PurchaseBase::of(customers).unwrap_err();
        assert_eq!(refusal(&[]), SampleRefusal::Empty);
        let one = customers(&[(1, 1.0, 2.0)]);
        assert_eq!(refusal(&one), SampleRefusal::TooFew { have: 1, need: 30 });
        let field = "frequency";
        assert_eq!(
            refusal(&many(&[(0, 0.0, 2.0)], 40)),
            SampleRefusal::AllTheSame { field }
        );
        let mut outlier = many(&[(1, 1.0, 2.0), (0, 0.0, 2.0)], 40);
        outlier[33] = customers(&[(10_000, 1.0, 2.0)])[0];
        let SampleRefusal::Outlier { row, share, .. } = refusal(&outlier) else {
            panic!("an outlier went unseen");
        };
        assert_eq!(row, 33);
        assert!(share > 0.99);
    }

    #[test]
    fn the_row_that_cannot_be_believed_is_named() {
        let good = PurchaseFigures {
            frequency: 1,
            recency: 2.0,
            age: 3.0,
        };
        let bad = PurchaseFigures {
            recency: 4.0,
            ..good
        };
        let refusal = believe(&[good, good, bad, good]).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "row 2: recency is 4, above age, which is 3"
        );
        assert_eq!(believe(&[good]).unwrap().len(), 1);
    }
}
