//! Parity: the price of an offer against that of a new customer, both ways.

use kernel::money::Money;
use serde::{Deserialize, Serialize};

use super::catalogue::{Concession, Offer, Terms};
use super::policy::Parity;
use super::qualification::Call;

/// A price compared with that of a new customer. A difference above zero is what the customer pays
/// more than a new one, below zero what they pay less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compared {
    /// What a new customer pays a month.
    pub reference: Money,
    /// The difference while the benefit lasts; of a price that is not offered, the price now.
    pub during: Money,
    /// The difference afterwards.
    pub after: Money,
    /// The price afterwards is above that of a new customer.
    pub breach: bool,
}

/// Compares the terms of an offer; absent where policy asks for no comparison, the offer says
/// nothing about a price, or nobody knows what a new customer pays.
pub fn compare_offer(call: &Call<'_>, offer: &Offer, terms: &Terms) -> Option<Compared> {
    if call.parity.is_none() || !sets_a_price(offer) {
        return None;
    }
    compare(
        reference(call, product(call, offer))?,
        terms.price_during?,
        terms.price_after?,
    )
}

/// Compares the price that the customer pays now.
pub fn compare_price_now(call: &Call<'_>) -> Option<Compared> {
    if call.parity.is_none() {
        return None;
    }
    let now = call.subscription.monthly_price?;
    compare(reference(call, &call.subscription.product)?, now, now)
}

/// Tells whether parity keeps an offer from a call. Where it is enforced and nobody knows what a new
/// customer pays, nothing says that the offer is no worse.
pub fn forbids(call: &Call<'_>, offer: &Offer, terms: Option<&Terms>) -> bool {
    call.parity == Parity::Enforce
        && sets_a_price(offer)
        && terms
            .and_then(|terms| compare_offer(call, offer, terms))
            .is_none_or(|compared| compared.breach)
}

/// Says what a new customer pays, so that somebody can put it right.
pub fn describe(call: &Call<'_>, offer: &Offer) -> String {
    reference(call, product(call, offer)).map_or_else(
        || "what a new customer pays is not known: add it to reference_prices".to_owned(),
        |reference| format!("ends above the price of a new customer, {reference} a month"),
    )
}

/// An offer sets a price when it argues about it, changes it or binds the customer to it.
fn sets_a_price(offer: &Offer) -> bool {
    let benefit = &offer.benefit;
    offer.is_price_offer()
        || benefit.concession != Concession::None
        || benefit.commitment_months > 0
}

/// The product that the customer has once they took the offer.
fn product<'a>(call: &'a Call<'_>, offer: &'a Offer) -> &'a str {
    match &offer.benefit.concession {
        Concession::Change {
            product: Some(product),
            ..
        } => product,
        _ => &call.subscription.product,
    }
}

fn reference(call: &Call<'_>, product: &str) -> Option<Money> {
    let place = match call.inputs.request.jurisdiction.as_str() {
        "" => call.customer.jurisdiction.as_str(),
        stated => stated,
    };
    let currency = call.subscription.monthly_price?.currency;
    let today = call.inputs.now.in_tz("UTC").ok()?.date();
    call.catalogue
        .reference_prices
        .find(product, place, currency, today)
}

fn compare(reference: Money, during: Money, after: Money) -> Option<Compared> {
    let difference = |price: Money| price.checked_sub(reference).ok();
    let after = difference(after)?;
    Some(Compared {
        reference,
        during: difference(during)?,
        after,
        breach: after.minor > 0,
    })
}
