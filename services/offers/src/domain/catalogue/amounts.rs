//! An amount for each currency it is granted in.

use std::collections::BTreeMap;

use kernel::money::{Currency, Money};

/// An amount in minor units for each currency; no amount at all when empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amounts(BTreeMap<Currency, i64>);

impl Amounts {
    /// Adds an amount, replacing one of the same currency.
    #[must_use]
    pub fn with(mut self, money: Money) -> Self {
        self.0.insert(money.currency, money.minor);
        self
    }

    /// Tells whether there is no amount in any currency.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the amount in a currency.
    pub fn get(&self, currency: Currency) -> Option<Money> {
        self.0
            .get(&currency)
            .map(|minor| Money::new(*minor, currency))
    }

    /// Tells whether the amount can be granted in a currency: there is one, or none at all is set.
    pub fn covers(&self, currency: Currency) -> bool {
        self.is_empty() || self.0.contains_key(&currency)
    }

    /// Returns the amount in a currency, zero when none is set at all.
    pub fn get_or_zero(&self, currency: Currency) -> Money {
        self.get(currency).unwrap_or(Money::zero(currency))
    }

    /// Returns the amounts by currency.
    pub fn iter(&self) -> impl Iterator<Item = Money> {
        self.0
            .iter()
            .map(|(currency, minor)| Money::new(*minor, *currency))
    }
}

impl FromIterator<Money> for Amounts {
    fn from_iter<I: IntoIterator<Item = Money>>(amounts: I) -> Self {
        amounts.into_iter().fold(Self::default(), Self::with)
    }
}
