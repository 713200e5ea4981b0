//! Prices against those of new customers, on the wire.

use contract::offers::v1 as pb;

use super::render::money;
use crate::domain::parity::Compared;
use crate::domain::policy::Parity;

/// Renders what policy says about the price of a new customer.
pub(super) const fn parity(parity: Parity) -> pb::Parity {
    match parity {
        Parity::None => pb::Parity::None,
        Parity::Report => pb::Parity::Report,
        Parity::Enforce => pb::Parity::Enforce,
    }
}

/// Renders a comparison.
pub(super) fn compared(compared: Compared) -> pb::PriceParity {
    pb::PriceParity {
        reference_price: Some(money(compared.reference)),
        price_during_difference: Some(money(compared.during)),
        price_after_difference: Some(money(compared.after)),
        breach: compared.breach,
    }
}
