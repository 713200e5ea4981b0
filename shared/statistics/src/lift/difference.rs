//! The difference between the offered and the held out.

use std::cmp::Ordering;
use std::f64::consts::FRAC_1_SQRT_2;

use serde::{Deserialize, Serialize};

/// How many standard errors a 95 % interval reaches to each side.
pub(super) const NORMAL_95: f64 = 1.959_963_984_540_054;

/// With fewer values their spread is not known well: an interval for one look takes the larger spread of
/// both sides, and one for all looks says nothing.
pub const LEAST_VALUES_HELD_OUT: u32 = 50;

/// A group of customers and how many of them were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The calls, each of a customer of its own.
    pub calls: u32,
    /// Those of them that were kept.
    pub saves: u32,
}

/// A group of customers and what they brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// The calls.
    pub calls: u32,
    /// The sum of their values.
    pub sum: f64,
    /// The sum of the squares of their values.
    pub sum_of_squares: f64,
}

/// A difference with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lift {
    /// The offered less the held out.
    pub difference: f64,
    /// The standard error that the interval is made of.
    pub standard_error: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// Why there is no difference to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LiftRefusal {
    /// A group has too few calls.
    #[error("{have} calls are too few to compare: each group needs {need}")]
    TooFew {
        /// The calls of the smaller group.
        have: u32,
        /// How many are needed.
        need: u32,
    },
    /// There are more saves than calls.
    #[error("{saves} saves of {calls} calls")]
    MoreSavesThanCalls {
        /// The calls.
        calls: u32,
        /// The saves.
        saves: u32,
    },
    /// Sums of values that no values have.
    #[error("the sums of the values are no sums of finite numbers")]
    NoSums,
}

impl Group {
    /// The share that was kept; zero of none.
    pub fn rate(self) -> f64 {
        if self.calls == 0 {
            return 0.0;
        }
        f64::from(self.saves) / f64::from(self.calls)
    }

    /// The 95 % interval of the share (Wilson, 1927); everything of no calls.
    pub fn interval_95(self) -> (f64, f64) {
        if self.calls == 0 {
            return (0.0, 1.0);
        }
        let calls = f64::from(self.calls);
        let square = NORMAL_95 * NORMAL_95;
        let rate = self.rate();
        let spread = rate.mul_add(1.0 - rate, square / (4.0 * calls)) / calls;
        let reach = NORMAL_95 * spread.sqrt();
        let middle = rate + square / (2.0 * calls);
        let whole = 1.0 + square / calls;
        (
            ((middle - reach) / whole).max(0.0),
            ((middle + reach) / whole).min(1.0),
        )
    }

    /// The share and its variance with a save and a loss more.
    pub(super) fn smoothed(self) -> (f64, f64) {
        let calls = f64::from(self.calls) + 2.0;
        let rate = (f64::from(self.saves) + 1.0) / calls;
        (rate, rate * (1.0 - rate) / calls)
    }

    pub(super) fn check(self, need: u32) -> Result<(), LiftRefusal> {
        let Self { calls, saves } = self;
        if saves > calls {
            return Err(LiftRefusal::MoreSavesThanCalls { calls, saves });
        }
        if calls < need {
            return Err(LiftRefusal::TooFew { have: calls, need });
        }
        Ok(())
    }
}

impl Lift {
    /// How likely the difference is above zero, as far as its standard error tells.
    pub fn chance_above_zero(self) -> f64 {
        if self.standard_error > 0.0 {
            let errors = self.difference / self.standard_error;
            return 0.5 * libm::erfc(-errors * FRAC_1_SQRT_2);
        }
        match self.difference.total_cmp(&0.0) {
            Ordering::Greater => 1.0,
            Ordering::Equal => 0.5,
            Ordering::Less => 0.0,
        }
    }
}

/// What offers keep of 100 % beyond those who stay anyway.
pub fn lift(offered: Group, held_out: Group) -> Result<Lift, LiftRefusal> {
    offered.check(1)?;
    held_out.check(1)?;
    let (with, variance_with) = offered.smoothed();
    let (without, variance_without) = held_out.smoothed();
    let standard_error = (variance_with + variance_without).sqrt();
    let (middle, reach) = (with - without, NORMAL_95 * standard_error);
    Ok(Lift {
        difference: offered.rate() - held_out.rate(),
        standard_error,
        low: (middle - reach).max(-1.0),
        high: (middle + reach).min(1.0),
    })
}

/// What offers bring for each call beyond what customers bring anyway, in units of the values.
///
/// Most values are nothing and some are much, so that a few calls easily look all alike. Below
/// [`LEAST_VALUES_HELD_OUT`] a side is believed to spread no less than the other one does.
pub fn value_lift(offered: Values, held_out: Values) -> Result<Lift, LiftRefusal> {
    let (with, variance_with) = offered.mean_beside(held_out)?;
    let (without, variance_without) = held_out.mean_beside(offered)?;
    let standard_error = (variance_with + variance_without).sqrt();
    let (difference, reach) = (with - without, NORMAL_95 * standard_error);
    Ok(Lift {
        difference,
        standard_error,
        low: difference - reach,
        high: difference + reach,
    })
}

impl Values {
    /// The sums of values.
    pub fn of(values: &[f64]) -> Self {
        let squares = values.iter().map(|value| value * value);
        Self {
            calls: u32::try_from(values.len()).unwrap_or(u32::MAX),
            sum: values.iter().sum(),
            sum_of_squares: squares.sum(),
        }
    }

    /// The mean and its variance, where the spread of few is that of the others if these spread more.
    fn mean_beside(self, others: Self) -> Result<(f64, f64), LiftRefusal> {
        let ((mean, variance), (_, of_others)) = (self.mean()?, others.mean()?);
        if self.calls >= LEAST_VALUES_HELD_OUT {
            return Ok((mean, variance));
        }
        let spread_of_others = of_others * f64::from(others.calls);
        Ok((mean, variance.max(spread_of_others / f64::from(self.calls))))
    }

    /// The mean and its variance.
    pub(super) fn mean(self) -> Result<(f64, f64), LiftRefusal> {
        if self.calls < 2 {
            let have = self.calls;
            return Err(LiftRefusal::TooFew { have, need: 2 });
        }
        if !(self.sum.is_finite() && self.sum_of_squares.is_finite()) {
            return Err(LiftRefusal::NoSums);
        }
        let calls = f64::from(self.calls);
        let mean = self.sum / calls;
        // Of equal values rounding may leave less than nothing.
        let spread = (self.sum_of_squares - self.sum * mean).max(0.0) / (calls - 1.0);
        Ok((mean, spread / calls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_that_of_the_shares() {
        let offered = Group {
            calls: 1_000,
            saves: 300,
        };
        let held_out = Group {
            calls: 50,
            saves: 5,
        };
        let found = lift(offered, held_out).unwrap();
        assert!((found.difference - 0.2).abs() < 1e-12);
        // (301/1002, 6/52): 0.30040 - 0.11538 and sqrt(.30040*.69960/1002 + .11538*.88462/52).
        let error = (0.300_399 * 0.699_601 / 1_002.0 + 0.115_385 * 0.884_615 / 52.0_f64).sqrt();
        assert!((found.standard_error - error).abs() < 1e-6, "{found:?}");
        assert!((f64::midpoint(found.low, found.high) - 0.185_014).abs() < 1e-6);
    }

    #[test]
    fn a_share_of_few_calls_is_told_with_its_interval() {
        // Wilson (1927): 3 of 10.
        let (low, high) = Group {
            calls: 10,
            saves: 3,
        }
        .interval_95();
        assert!((low - 0.107_791).abs() < 1e-6 && (high - 0.603_222).abs() < 1e-6);
        assert_eq!(Group::default().interval_95(), (0.0, 1.0));
    }

    #[test]
    fn the_chance_above_zero_is_that_of_a_normal() {
        let of = |difference: f64, standard_error: f64| Lift {
            difference,
            standard_error,
            low: 0.0,
            high: 0.0,
        };
        // Φ(1.96) = 0.975.
        assert!((of(1.96, 1.0).chance_above_zero() - 0.975_002).abs() < 1e-6);
        assert!((of(-0.98, 0.5).chance_above_zero() - 0.024_998).abs() < 1e-6);
        let certain = [1.0, 0.0, -1.0].map(|by| format!("{}", of(by, 0.0).chance_above_zero()));
        assert_eq!(certain, ["1", "0.5", "0"]);
    }

    #[test]
    fn nobody_kept_is_no_certainty() {
        let found = lift(
            Group {
                calls: 20,
                saves: 0,
            },
            Group {
                calls: 20,
                saves: 0,
            },
        );
        let found = found.unwrap();
        assert!(found.low < -0.05 && found.high > 0.05, "{found:?}");
    }

    #[test]
    fn values_have_the_error_of_welch() {
        let offered = Values::of(&[1.0, 2.0, 3.0, 4.0]);
        let held_out = Values::of(&[1.0, 1.0, 3.0, 3.0]);
        let found = value_lift(offered, held_out).unwrap();
        assert!((found.difference - 0.5).abs() < 1e-12);
        // Of so few the larger of the two spreads is believed: 5/3 and not 4/3.
        let error = (2.0 * 5.0 / 3.0 / 4.0_f64).sqrt();
        assert!((found.standard_error - error).abs() < 1e-12);
        let many = |values: [f64; 4]| Values::of(&values.repeat(20));
        let found = value_lift(many([1.0, 2.0, 3.0, 4.0]), many([1.0, 1.0, 3.0, 3.0])).unwrap();
        let error = ((100.0 / 79.0 + 80.0 / 79.0) / 80.0_f64).sqrt();
        assert!((found.standard_error - error).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let some = Group { calls: 9, saves: 3 };
        let none = Group::default();
        assert_eq!(
            lift(some, none),
            Err(LiftRefusal::TooFew { have: 0, need: 1 })
        );
        let wrong = Group { calls: 2, saves: 3 };
        assert_eq!(
            lift(wrong, some),
            Err(LiftRefusal::MoreSavesThanCalls { calls: 2, saves: 3 })
        );
        let one = Values::of(&[1.0]);
        assert_eq!(
            value_lift(one, one),
            Err(LiftRefusal::TooFew { have: 1, need: 2 })
        );
        let endless = Values::of(&[1.0, f64::INFINITY]);
        assert_eq!(value_lift(endless, endless), Err(LiftRefusal::NoSums));
    }
}
