//! Whether the agent of a call may make an offer, and what somebody above them could.

use std::cmp::Reverse;

use kernel::id::OfferKey;
use kernel::money::Money;
use serde::{Deserialize, Serialize};

use super::arbitration::{self, NoOffer, Scored};
use super::catalogue::Offer;
use super::named::Named;
use super::qualification::{Call, benefit};
use super::request::Authority;

/// An offer that only authority keeps from a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// Who could make it.
    pub level: Authority,
    /// The offer.
    pub offer_key: OfferKey,
    /// Its title.
    pub title: String,
    /// The expected net gain.
    pub gain: Money,
}

/// Finds the lowest level that may make an offer on this call; absent when nobody may, or what it
/// costs is not known.
pub fn needed(call: &Call<'_>, offer: &Offer) -> Option<Authority> {
    let limits = &call.catalogue.authority;
    if limits.is_empty() {
        return Some(offer.minimum_authority);
    }
    let cost = arbitration::cost(offer, &benefit(call, offer)?);
    limits.lowest(offer.minimum_authority, &offer.benefit, cost)
}

/// Says who could make an offer that the agent may not.
pub fn describe(call: &Call<'_>, offer: &Offer) -> String {
    match needed(call, offer) {
        Some(level) => format!("needs the authority of a {}", level.name()),
        None => "beyond what anybody may grant".to_owned(),
    }
}

/// What a senior or a manager would offer on this call and the agent may not: of every level above
/// theirs the offers that would be chosen with its authority, best first.
pub fn escalation<'a>(
    call: &Call<'a>,
    beyond: &[&'a Offer],
    own: &[Scored<'a>],
    no_offer: &NoOffer,
    most: usize,
) -> Vec<Escalation> {
    let scored = beyond.iter().filter_map(|offer| {
        let scored = arbitration::score(call, offer, benefit(call, offer)?, no_offer);
        Some((needed(call, offer)?, scored))
    });
    let scored: Vec<(Authority, Scored<'_>)> = scored.collect();
    let mut found: Vec<Escalation> = Vec::new();
    let levels = [Authority::Senior, Authority::Manager];
    for level in levels {
        let theirs = scored.iter().filter(|(needed, _)| *needed <= level);
        let mut all: Vec<Scored<'_>> = own.to_vec();
        all.extend(theirs.map(|(_, scored)| scored.clone()));
        arbitration::rank(&mut all);
        let chosen = all.iter().take(most).filter(|arm| arm.terms.gain > 0);
        for arm in chosen {
            let is_beyond = beyond.iter().any(|offer| offer.key == arm.offer.key);
            if is_beyond && !found.iter().any(|known| known.offer_key == arm.offer.key) {
                found.push(Escalation {
                    level,
                    offer_key: arm.offer.key.clone(),
                    title: arm.offer.texts.speak(call.language()).title.clone(),
                    gain: arm.terms.money(arm.terms.gain),
                });
            }
        }
    }
    found.sort_by_key(|escalation| Reverse(escalation.gain.minor));
    found
}
