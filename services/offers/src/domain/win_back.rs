//! Whom of those who left it is worth asking back first.

use kernel::id::CancellationId;
use kernel::money::Money;

use super::follow_up::CareKind;
use super::named::Named;

/// How somebody who left is asked back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// They are asked to come back.
    WinBack,
    /// They are asked once whether the need came back.
    Follow,
}

impl Named for Way {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::WinBack, "win_back"), (Self::Follow, "follow")];
}

impl Way {
    /// Returns the way of asking back that a task is; everything but following is winning back.
    pub const fn of(kind: CareKind) -> Self {
        match kind {
            CareKind::Follow => Self::Follow,
            _ => Self::WinBack,
        }
    }
}

/// Where a candidate stands in the list of all. The list is by currency, and in each by rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The code of the currency; one behind all of them where nothing is known of a worth.
    pub currency: String,
    /// The expected value in minor units, negative so that the largest comes first; infinite where
    /// there is none.
    pub rank: f64,
    /// The cancellation, among equals.
    pub cancellation_id: CancellationId,
}

/// What somebody is worth asking back for: the share of their reason that comes back, by the author of
/// the catalogue, times what they were still worth before they left.
///
/// It is there to sort by. What a returner is worth is not known, so that the worth before stands in for
/// it, and nothing measured says how fast it falls with the months since the end, so that it does not.
pub fn expected_value(expected_return: f64, value: Money) -> Money {
    Money::new(rounded(expected_return * minor(value)), value.currency)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "amounts up to 10^12 minor units are exact in a double"
)]
const fn minor(amount: Money) -> f64 {
    amount.minor as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a float cast saturates, and nothing is added to it"
)]
const fn rounded(amount: f64) -> i64 {
    amount.round() as i64
}

#[cfg(test)]
mod tests {
    use kernel::money::Currency;
    use proptest::prelude::*;

    use super::*;

    fn euro(minor: i64) -> Money {
        Money::new(minor, Currency::parse("EUR").unwrap())
    }

    #[test]
    fn it_is_the_share_that_comes_back_of_what_they_were_worth() {
        assert_eq!(expected_value(0.2, euro(40_000)), euro(8_000));
        assert_eq!(expected_value(0.25, euro(2)), euro(1));
        assert_eq!(expected_value(0.0, euro(40_000)), euro(0));
        assert_eq!(expected_value(0.5, euro(-100)), euro(-50));
        assert_eq!(expected_value(1.0, euro(i64::MAX)).minor, i64::MAX);
    }

    proptest! {
        #[test]
        fn it_is_never_more_than_they_were_worth(
            share in 0.0..=1.0_f64,
            minor in 0_i64..=1_000_000_000_000,
        ) {
            let expected = expected_value(share, euro(minor)).minor;
            prop_assert!((0..=minor).contains(&expected));
        }
    }
}
