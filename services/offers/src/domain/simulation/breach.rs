//! What no answer should be: looked for in the answers themselves, whatever the rules say.

use kernel::time::{Span, Timestamp};

use super::change::generosity;
use crate::domain::customer::Customer;
use crate::domain::decision::{Decision, Inputs, decide};
use crate::domain::named::Named;

/// From how long on somebody has been here for long, in days.
const LONG_STANDING_DAYS: i64 = 730;

/// For how long somebody new has been here, in days: past what comes with the first weeks.
const NEW_DAYS: i64 = 60;

/// The stages that follow from time alone.
const STAGES_OF_TENURE: [&str; 4] = ["acquired", "onboarding", "established", "long_term"];

/// A kind of answer to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// A customer who has been here for long gets less than the same one would as a new one.
    LongStandingWorseThanNew,
    /// An offer about price while something is broken.
    PriceOfferDuringIncident,
    /// An offer about price, or one that binds, to somebody who needs care.
    PressesWhoNeedsCare,
    /// An offer to somebody who has died or asked never to be made one.
    OfferToWhoMustNot,
    /// More offers than policy allows.
    MoreOffersThanPolicy,
    /// An offer that ends above the price of a new customer, where policy compares the two.
    EndsAboveNewCustomer,
    /// An offer that ends below the price of a new customer, where policy compares the two.
    EndsBelowNewCustomer,
}

impl Named for Check {
    const NAMES: &'static [(Self, &'static str)] = &[
        (
            Self::LongStandingWorseThanNew,
            "LONG_STANDING_WORSE_THAN_NEW",
        ),
        (
            Self::PriceOfferDuringIncident,
            "PRICE_OFFER_DURING_INCIDENT",
        ),
        (Self::PressesWhoNeedsCare, "PRESSES_WHO_NEEDS_CARE"),
        (Self::OfferToWhoMustNot, "OFFER_TO_WHO_MUST_NOT"),
        (Self::MoreOffersThanPolicy, "MORE_OFFERS_THAN_POLICY"),
        (Self::EndsAboveNewCustomer, "ENDS_ABOVE_NEW_CUSTOMER"),
        (Self::EndsBelowNewCustomer, "ENDS_BELOW_NEW_CUSTOMER"),
    ];
}

impl Check {
    /// Tells whether it must not be; otherwise it is worth knowing.
    pub const fn is_breach(self) -> bool {
        !matches!(self, Self::EndsBelowNewCustomer)
    }
}

/// Lists what an answer should not be.
pub fn checks(inputs: &Inputs<'_>, decision: &Decision) -> Vec<Check> {
    let Some(customer) = inputs.customer else {
        return Vec::new();
    };
    let offers = &decision.offers;
    let price_offer = offers.iter().any(|offer| offer.price_offer);
    let binds = offers.iter().any(|offer| offer.terms.commitment_months > 0);
    let ends = |is: fn(i64) -> bool| {
        let mut compared = offers.iter().filter_map(|offer| offer.parity);
        compared.any(|compared| is(compared.after.minor))
    };
    let policy = &decision.policy;
    let most = policy.max_offers.max(policy.alternatives_on_request);
    let count = u32::try_from(offers.len()).unwrap_or(u32::MAX);
    let kept_back = customer.deceased || customer.do_not_offer;
    let checks = [
        (
            Check::LongStandingWorseThanNew,
            is_worse_than_new(inputs, customer, decision),
        ),
        (
            Check::PriceOfferDuringIncident,
            price_offer && !customer.open_incidents.is_empty(),
        ),
        (
            Check::PressesWhoNeedsCare,
            (price_offer || binds) && customer.vulnerable,
        ),
        (Check::OfferToWhoMustNot, count > 0 && kept_back),
        (Check::MoreOffersThanPolicy, count > most),
        (Check::EndsAboveNewCustomer, ends(|minor| minor > 0)),
        (Check::EndsBelowNewCustomer, ends(|minor| minor < 0)),
    ];
    let found = checks.into_iter().filter(|(_, holds)| *holds);
    found.map(|(check, _)| check).collect()
}

/// Tells whether somebody has been here for long.
pub(super) fn is_long_standing(customer: &Customer, now: Timestamp) -> bool {
    customer.stage == "long_term" || customer.tenure_days(now) >= LONG_STANDING_DAYS
}

/// Decides for the same customer as if they had come two months ago. Publishing looks at the rules of
/// each offer; this also sees what ranking and places make of them.
fn is_worse_than_new(inputs: &Inputs<'_>, customer: &Customer, decision: &Decision) -> bool {
    if !is_long_standing(customer, inputs.now) {
        return false;
    }
    let new = as_new(customer, inputs.now);
    let inputs = Inputs {
        customer: Some(&new),
        ..*inputs
    };
    generosity(decision) < generosity(&decide(&inputs))
}

fn as_new(customer: &Customer, now: Timestamp) -> Customer {
    let began = now.checked_sub(Span::new().hours(24 * NEW_DAYS)).ok();
    let later = |started: Option<Timestamp>| started.max(began);
    let mut new = customer.clone();
    new.lifetime_started_at = later(customer.lifetime_started_at);
    new.lifetime_count = 1;
    if STAGES_OF_TENURE.contains(&customer.stage.as_str()) {
        "onboarding".clone_into(&mut new.stage);
    }
    for subscription in &mut new.subscriptions {
        subscription.started_at = later(subscription.started_at);
    }
    new
}
