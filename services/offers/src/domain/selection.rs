//! Which offers a cap, a cool-down or a suppression speaks of.

use std::fmt;

use kernel::id::OfferKey;
use serde::{Deserialize, Serialize};

use super::catalogue::{Catalogue, Lever, Offer};
use super::history::PastOffer;
use super::named::Named;

/// A selection of offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Every offer.
    AllOffers,
    /// Every offer about price.
    PriceOffers,
    /// The offers of one lever.
    Lever(Lever),
    /// One offer.
    Offer(OfferKey),
}

impl Selection {
    /// Tells whether an offer of the catalogue is selected.
    pub fn includes(&self, offer: &Offer) -> bool {
        self.matches(&offer.key, Some(offer.lever), offer.is_price_offer())
    }

    /// Tells whether an offer of the past is selected. The lever of one that is in the catalogue no
    /// longer is not known, and is not selected by it.
    pub fn included(&self, past: &PastOffer, catalogue: &Catalogue) -> bool {
        let lever = || catalogue.offer(&past.offer_key).map(|offer| offer.lever);
        match self {
            Self::Lever(_) => self.matches(&past.offer_key, lever(), past.price_offer),
            _ => self.matches(&past.offer_key, None, past.price_offer),
        }
    }

    fn matches(&self, key: &OfferKey, lever: Option<Lever>, price_offer: bool) -> bool {
        match self {
            Self::AllOffers => true,
            Self::PriceOffers => price_offer,
            Self::Lever(selected) => lever == Some(*selected),
            Self::Offer(selected) => key == selected,
        }
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllOffers => formatter.write_str("all offers"),
            Self::PriceOffers => formatter.write_str("price offers"),
            Self::Lever(lever) => write!(formatter, "offers of the lever {}", lever.name()),
            Self::Offer(key) => write!(formatter, "the offer {key}"),
        }
    }
}
