//! Amounts of money and their arithmetic.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BasisPoints, Currency};

/// An amount in minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Count of minor units: cents for EUR, yen for JPY.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

/// Why amounts could not be combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The two amounts are in different currencies.
    #[error("cannot combine {left} with {right}")]
    Mixed {
        /// Currency of the first amount.
        left: Currency,
        /// Currency of the second amount.
        right: Currency,
    },
    /// The result has no representation.
    #[error("amount out of range")]
    Overflow,
}

impl Money {
    /// Builds an amount.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Returns nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Tells whether the amount is nothing.
    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Tells whether the amount is below zero.
    pub const fn is_negative(self) -> bool {
        self.minor < 0
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            return Ok(());
        }
        Err(MoneyError::Mixed {
            left: self.currency,
            right: other.currency,
        })
    }

    fn or_overflow(self, minor: Option<i64>) -> Result<Self, MoneyError> {
        minor
            .map(|minor| Self { minor, ..self })
            .ok_or(MoneyError::Overflow)
    }

    /// Adds an amount of the same currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.or_overflow(self.minor.checked_add(other.minor))
    }

    /// Subtracts an amount of the same currency.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.or_overflow(self.minor.checked_sub(other.minor))
    }

    /// Multiplies by a count, for example of months.
    pub fn checked_mul(self, count: i64) -> Result<Self, MoneyError> {
        self.or_overflow(self.minor.checked_mul(count))
    }

    /// Takes a share, rounded half up (towards positive infinity) to a whole minor unit.
    pub fn mul_basis_points(self, share: BasisPoints) -> Result<Self, MoneyError> {
        let whole = i128::from(BasisPoints::ONE.0);
        let scaled = i128::from(self.minor) * i128::from(share.0);
        let rounded = (scaled + whole / 2).div_euclid(whole);
        self.or_overflow(i64::try_from(rounded).ok())
    }
}

impl PartialOrd for Money {
    /// Amounts of different currencies have no order.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.currency == other.currency).then(|| self.minor.cmp(&other.minor))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let unit = 10_u64.pow(decimals);
        let sign = if self.minor < 0 { "-" } else { "" };
        let major = self.minor.unsigned_abs() / unit;
        if decimals == 0 {
            return write!(formatter, "{sign}{major} {}", self.currency);
        }
        let rest = self.minor.unsigned_abs() % unit;
        let width = decimals as usize;
        write!(formatter, "{sign}{major}.{rest:0width$} {}", self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(minor: i64, code: &str) -> Money {
        Money::new(minor, Currency::parse(code).unwrap())
    }

    #[test]
    fn currencies_do_not_mix() {
        let mixed = money(1, "EUR").checked_add(money(1, "USD"));
        assert!(matches!(mixed, Err(MoneyError::Mixed { .. })));
        assert_eq!(money(1, "EUR").partial_cmp(&money(2, "USD")), None);
        assert!(money(1, "EUR") < money(2, "EUR"));
    }

    #[test]
    fn nothing_wraps() {
        let most = money(i64::MAX, "EUR");
        assert_eq!(most.checked_add(money(1, "EUR")), Err(MoneyError::Overflow));
        assert_eq!(
            money(i64::MIN, "EUR").checked_sub(money(1, "EUR")),
            Err(MoneyError::Overflow)
        );
        assert_eq!(most.checked_mul(2), Err(MoneyError::Overflow));
        assert_eq!(
            most.mul_basis_points(BasisPoints(20_000)),
            Err(MoneyError::Overflow)
        );
        assert_eq!(most.mul_basis_points(BasisPoints::ONE), Ok(most));
    }

    #[test]
    fn halves_round_up() {
        let half = BasisPoints(5_000);
        for (minor, expected) in [(3, 2), (1, 1), (-1, 0), (-3, -1), (4, 2)] {
            assert_eq!(
                money(minor, "EUR").mul_basis_points(half).unwrap().minor,
                expected
            );
        }
    }

    #[test]
    fn amounts_read_in_major_units() {
        assert_eq!(money(-1_205, "EUR").to_string(), "-12.05 EUR");
        assert_eq!(money(1_205, "JPY").to_string(), "1205 JPY");
        assert_eq!(money(1_005, "KWD").to_string(), "1.005 KWD");
        assert_eq!(
            money(i64::MIN, "EUR").to_string(),
            "-92233720368547758.08 EUR"
        );
    }

    proptest! {
        #[test]
        fn a_share_and_its_complement_differ_from_the_whole_by_at_most_one(
            minor in -1_000_000_000_000_i64..1_000_000_000_000,
            share in 0_u32..=10_000,
        ) {
            let whole = money(minor, "EUR");
            let part = whole.mul_basis_points(BasisPoints(share)).unwrap().minor;
            let rest = whole.mul_basis_points(BasisPoints(share).complement()).unwrap().minor;
            prop_assert!((part + rest - minor).abs() <= 1);
        }

        #[test]
        fn subtracting_undoes_adding(left in any::<i64>(), right in any::<i64>()) {
            if let Ok(sum) = money(left, "EUR").checked_add(money(right, "EUR")) {
                prop_assert_eq!(sum.checked_sub(money(right, "EUR")), Ok(money(left, "EUR")));
            }
        }
    }
}
