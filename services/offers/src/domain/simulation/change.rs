//! What a draft changes about the answer to one call, and for whom it is better.

use std::cmp::Ordering;

use crate::domain::decision::Decision;
use crate::domain::named::Named;

/// What became of the answer to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The same offers at the same terms, or none both times.
    Same,
    /// The same offers at other terms.
    OtherTerms,
    /// Other offers.
    OtherOffers,
    /// An offer where there was none.
    NewlyOffered,
    /// Nothing where there was an offer.
    NoLongerOffered,
}

impl Named for Change {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Same, "same"),
        (Self::OtherTerms, "other_terms"),
        (Self::OtherOffers, "other_offers"),
        (Self::NewlyOffered, "newly_offered"),
        (Self::NoLongerOffered, "no_longer_offered"),
    ];
}

impl Change {
    /// Compares two answers to one call.
    pub fn between(before: &Decision, after: &Decision) -> Self {
        match (before.offers.is_empty(), after.offers.is_empty()) {
            (true, true) => return Self::Same,
            (true, false) => return Self::NewlyOffered,
            (false, true) => return Self::NoLongerOffered,
            (false, false) => {}
        }
        let (was, is) = (&before.offers, &after.offers);
        let same_offers = was.len() == is.len()
            && was
                .iter()
                .zip(is)
                .all(|(was, is)| was.offer_key == is.offer_key);
        let same_terms = was.iter().zip(is).all(|(was, is)| was.terms == is.terms);
        match (same_offers, same_terms) {
            (true, true) => Self::Same,
            (true, false) => Self::OtherTerms,
            (false, _) => Self::OtherOffers,
        }
    }
}

/// Whether the customer is better or worse off, by what the dearest of their offers costs when it is
/// taken: nobody can ask them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Favour {
    /// They get more, or something at all.
    Better,
    /// They get less, or nothing any more.
    Worse,
    /// Neither.
    Alike,
}

impl Favour {
    /// Compares two answers to one call.
    pub fn between(before: &Decision, after: &Decision) -> Self {
        match generosity(after).cmp(&generosity(before)) {
            Ordering::Greater => Self::Better,
            Ordering::Less => Self::Worse,
            Ordering::Equal => Self::Alike,
        }
    }
}

/// What the dearest offer costs when it is taken, in minor units; nothing where there is none.
pub(super) fn generosity(decision: &Decision) -> Option<i64> {
    decision.offers.iter().map(|offer| offer.cost.minor).max()
}
