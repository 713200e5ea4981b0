//! Whether the price of an offer may be above that of a new customer.

use serde::{Deserialize, Serialize};

use crate::domain::named::Named;

/// What is done about the price of a new customer, from the most lenient to the strictest.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Parity {
    /// Nothing: a row that means more says so.
    #[default]
    None,
    /// The two prices are compared and the comparison goes with the offer.
    Report,
    /// No offer is made that ends above the price of a new customer.
    Enforce,
}

impl Parity {
    /// Tells whether nothing is compared.
    pub const fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl Named for Parity {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::None, "none"),
        (Self::Report, "report"),
        (Self::Enforce, "enforce"),
    ];
}
