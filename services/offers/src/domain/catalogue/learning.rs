//! How a catalogue finds out what works.

use kernel::money::Money;

use super::Amounts;
use crate::domain::holdout::PlannedHoldout;

/// How it is found out which offers keep customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Learning {
    /// Who is offered nothing, to compare with.
    pub holdout: PlannedHoldout,
    /// Which customers are worth little, something, and much.
    pub value_tiers: ValueTiers,
    /// From how many months on customers count as long-standing.
    pub long_term_months: u32,
    /// After how many days what was seen counts half.
    pub half_life_days: u32,
    /// No offer that qualifies comes first less often than this.
    pub floor: f64,
}

impl Learning {
    /// The half-life where none is written: what was seen a year ago counts half.
    pub const HALF_LIFE_DAYS: u32 = 365;
    /// The floor where none is written.
    pub const FLOOR: f64 = 0.005;
    /// From how many months on customers count as long-standing, where that is not written.
    pub const LONG_TERM_MONTHS: u32 = 24;

    /// From how many days on customers count as long-standing.
    pub fn long_term_days(&self) -> i64 {
        i64::from(self.long_term_months) * 365 / 12
    }
}

/// Where tiers of value begin, by the margin of a month in each currency.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ValueTiers {
    /// From here on a customer is worth something.
    pub middle: Amounts,
    /// From here on a customer is worth much.
    pub high: Amounts,
}

impl ValueTiers {
    /// The tier of a margin, from zero; absent in a currency that has none.
    pub fn tier(&self, margin: Money) -> Option<usize> {
        let begins = [&self.middle, &self.high].map(|tier| tier.get(margin.currency));
        let [Some(middle), Some(high)] = begins else {
            return None;
        };
        let above = |begins: Money| usize::from(margin.minor >= begins.minor);
        Some(above(middle) + above(high))
    }
}
