//! How long contractual customers stayed: exits by period, counted, with censoring.
//!
//! A period is the time between two renewal decisions (a month, a year). Who left at `t` renewed
//! `t − 1` times; who is still there at `t` renewed `t` times and may leave yet.

use std::collections::BTreeMap;

use crate::purchases::purchase_base::FEWEST_CUSTOMERS;
use crate::refusal::{InputRefusal, RowRefusal, SampleRefusal, at_most, positive};

/// The longest tenure that is believed, in periods.
pub const LONGEST_TENURE: u32 = 10_000;

/// How many left at a period, and how many were still there when last seen at it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Exits {
    pub(super) left: f64,
    pub(super) stayed: f64,
}

/// The tenures of many customers.
#[derive(Clone, Debug, Default)]
pub struct TenureBase {
    exits: BTreeMap<u32, Exits>,
    customers: u64,
}

impl TenureBase {
    /// Adds customers who left at a period, the first being number one.
    pub fn add_left(&mut self, period: u32, customers: u32) -> Result<(), InputRefusal> {
        positive("period", f64::from(period))?;
        self.at(period, customers)?.left += f64::from(customers);
        Ok(())
    }

    /// Adds customers who had renewed so many times when last seen, and not left.
    pub fn add_stayed(&mut self, renewals: u32, customers: u32) -> Result<(), InputRefusal> {
        self.at(renewals, customers)?.stayed += f64::from(customers);
        Ok(())
    }

    /// Adds a cohort of which so many were there after 0, 1, 2, … renewals.
    pub fn add_cohort(&mut self, survivors: &[u32]) -> Result<(), RowRefusal> {
        for (row, pair) in (1..).zip(survivors.windows(2)) {
            let (before, after) = (pair[0], pair[1]);
            let Some(left) = before.checked_sub(after) else {
                let refusal = InputRefusal::Above {
                    field: "survivors",
                    value: f64::from(after),
                    bound_field: "survivors before",
                    bound: f64::from(before),
                };
                return Err(refusal.at_row(row));
            };
            let period = u32::try_from(row).unwrap_or(u32::MAX);
            self.add_left(period, left)
                .map_err(|refusal| refusal.at_row(row))?;
        }
        let last = survivors.len().saturating_sub(1);
        let renewals = u32::try_from(last).unwrap_or(u32::MAX);
        self.add_stayed(renewals, survivors.last().copied().unwrap_or(0))
            .map_err(|refusal| refusal.at_row(last))
    }

    fn at(&mut self, period: u32, customers: u32) -> Result<&mut Exits, InputRefusal> {
        at_most("period", f64::from(period), f64::from(LONGEST_TENURE))?;
        self.customers += u64::from(customers);
        Ok(self.exits.entry(period).or_default())
    }

    /// Returns the number of customers.
    pub fn customers(&self) -> f64 {
        self.exits
            .values()
            .map(|exits| exits.left + exits.stayed)
            .sum()
    }

    pub(super) fn exits(&self) -> impl Iterator<Item = (f64, Exits)> {
        self.exits
            .iter()
            .map(|(period, exits)| (f64::from(*period), *exits))
    }

    /// Refuses a base that no curve can be fitted to.
    pub(super) fn check(&self) -> Result<(), SampleRefusal> {
        if self.customers == 0 {
            return Err(SampleRefusal::Empty);
        }
        if self.customers < FEWEST_CUSTOMERS {
            return Err(SampleRefusal::TooFew {
                have: self.customers,
                need: FEWEST_CUSTOMERS,
            });
        }
        let left: f64 = self.exits.values().map(|exits| exits.left).sum();
        if left <= 0.0 {
            return Err(SampleRefusal::NobodyLeft);
        }
        let at_first = self.exits.get(&1).map_or(0.0, |exits| exits.left);
        let beyond = self
            .exits
            .range(1..)
            .map(|(_, exits)| exits.left + exits.stayed);
        if at_first >= beyond.sum() {
            return Err(SampleRefusal::NobodyStayed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cohort_is_counted_by_exits() {
        let mut base = TenureBase::default();
        base.add_cohort(&[100, 80, 80, 50]).unwrap();
        let exits: Vec<(f64, f64, f64)> = base
            .exits()
            .map(|(period, exits)| (period, exits.left, exits.stayed))
            .collect();
        assert_eq!(
            exits,
            [(1.0, 20.0, 0.0), (2.0, 0.0, 0.0), (3.0, 30.0, 50.0)]
        );
        assert!((base.customers() - 100.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let mut base = TenureBase::default();
        let refusal = base.add_cohort(&[100, 80, 90]).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "row 2: survivors is 90, above survivors before, which is 80"
        );
        assert_eq!(
            base.add_left(0, 3).unwrap_err().to_string(),
            "period is not above zero: 0"
        );
        assert!(
            base.add_stayed(20_000, 3)
                .unwrap_err()
                .to_string()
                .contains("above the limit")
        );
    }

    #[test]
    fn what_is_no_basis_is_refused() {
        let refusal = |survivors: &[u32]| {
            let mut base = TenureBase::default();
            base.add_cohort(survivors).unwrap();
            base.check().unwrap_err()
        };
        assert_eq!(refusal(&[]), SampleRefusal::Empty);
        assert_eq!(
            refusal(&[1, 1]),
            SampleRefusal::TooFew { have: 1, need: 30 }
        );
        assert_eq!(refusal(&[100, 100, 100]), SampleRefusal::NobodyLeft);
        assert_eq!(refusal(&[100, 0]), SampleRefusal::NobodyStayed);
        assert_eq!(refusal(&[100, 0, 0]), SampleRefusal::NobodyStayed);
    }
}
