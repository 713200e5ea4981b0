//! Who qualifies for what: per offer, every reason why not, or the terms it comes to.

use super::catalogue::{Catalogue, Offer, Reason as StatedReason, Terms};
use super::customer::{Customer, Score, Subscription};
use super::decision::{Inputs, Reason};
use super::facts::Facts;
use super::history::{Outcome, days_since};
use super::named::Named;
use super::observation::observe;
use super::predicate::{ClauseFailure, Predicate};

/// A call with everything that is known about it.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The inputs of the decision.
    pub inputs: &'a Inputs<'a>,
    /// The offers and reasons.
    pub catalogue: &'a Catalogue,
    /// The customer.
    pub customer: &'a Customer,
    /// What they want to leave.
    pub subscription: &'a Subscription,
    /// The reason stated, or the one that stands for none.
    pub stated: Option<&'a StatedReason>,
    /// The facts that rules look at.
    pub facts: Facts,
}

impl<'a> Call<'a> {
    /// Gathers what is known about a call.
    pub fn new(
        inputs: &'a Inputs<'a>,
        customer: &'a Customer,
        subscription: &'a Subscription,
        stated: Option<&'a StatedReason>,
    ) -> Self {
        Self {
            inputs,
            catalogue: inputs.catalogue,
            customer,
            subscription,
            stated: stated.or_else(|| inputs.catalogue.reasons.unstated()),
            facts: observe(inputs, customer, subscription, stated),
        }
    }

    /// The language to speak; empty when nobody knows.
    pub fn language(&self) -> &str {
        match self.inputs.request.language.as_str() {
            "" => &self.customer.language,
            asked => asked,
        }
    }
}

/// What an offer comes to for a call that it qualifies for.
#[derive(Clone, Copy, Debug)]
pub struct Benefit {
    /// The terms.
    pub terms: Terms,
    /// The scores that its worth is reckoned on.
    pub score: Score,
}

/// Says what an offer comes to, or everything that keeps it from this call.
pub fn qualify(call: &Call<'_>, offer: &Offer) -> Result<Benefit, Vec<Reason>> {
    let mut reasons = Vec::new();
    if !offer.is_live() {
        reasons.push(Reason::new("PAUSED", ""));
    }
    reasons.extend(failures("ELIGIBILITY", &offer.eligibility, &call.facts));
    reasons.extend(failures("APPLICABILITY", &offer.applicability, &call.facts));
    reasons.extend(failures("SUITABILITY", &offer.suitability, &call.facts));
    reasons.extend(against_reason(call, offer));
    reasons.extend(against_customer(call, offer));
    match benefit(call, offer) {
        Ok(benefit) if reasons.is_empty() => Ok(benefit),
        Ok(_) => Err(reasons),
        Err(reason) => {
            reasons.push(reason);
            Err(reasons)
        }
    }
}

fn failures(code: &str, rule: &Predicate, facts: &Facts) -> Vec<Reason> {
    if rule.evaluate(facts) {
        return Vec::new();
    }
    rule.failures(facts)
        .into_iter()
        .map(|failure| Reason::new(code, describe(&failure)))
        .collect()
}

fn describe(failure: &ClauseFailure) -> String {
    match &failure.seen {
        Some(seen) => format!("{}; it is {seen}", failure.clause),
        None => format!("{}; it is not known", failure.clause),
    }
}

/// What the reason stated rules out.
fn against_reason(call: &Call<'_>, offer: &Offer) -> Option<Reason> {
    let stated = call.stated?;
    if offer.is_price_offer() && !stated.price_offer_allowed {
        return Some(Reason::new("NO_PRICE_OFFER_FOR_REASON", stated.key.clone()));
    }
    if !stated.levers.contains(&offer.lever) {
        let detail = format!("{} does not answer {}", offer.lever.name(), stated.key);
        return Some(Reason::new("LEVER_DOES_NOT_ANSWER_REASON", detail));
    }
    None
}

/// What the customer's own situation rules out.
fn against_customer(call: &Call<'_>, offer: &Offer) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if offer.is_price_offer() && !call.customer.open_incidents.is_empty() {
        let open = call.customer.open_incidents.iter();
        let categories: Vec<&str> = open.map(|incident| incident.category.as_str()).collect();
        reasons.push(Reason::new("OPEN_INCIDENT", categories.join(", ")));
    }
    if call.inputs.request.agent.authority < offer.minimum_authority {
        reasons.push(Reason::new(
            "AUTHORITY",
            "needs an agent with more authority",
        ));
    }
    reasons.extend(cooling_down(call, offer));
    reasons
}

/// An offer that was just refused, or taken, is not offered again for a while.
fn cooling_down(call: &Call<'_>, offer: &Offer) -> Option<Reason> {
    call.inputs
        .history
        .offers
        .iter()
        .filter(|past| past.offer_key == offer.key)
        .find_map(|past| {
            let (days, code) = match past.outcome {
                Outcome::Declined => (offer.cool_down.after_refusal_days, "REFUSED_BEFORE"),
                Outcome::Accepted => (offer.cool_down.after_acceptance_days, "ACCEPTED_BEFORE"),
                _ => return None,
            };
            let passed = days_since(past.decided_at, call.inputs.now);
            (passed < i64::from(days))
                .then(|| Reason::new(code, format!("{passed} of {days} days ago")))
        })
}

fn benefit(call: &Call<'_>, offer: &Offer) -> Result<Benefit, Reason> {
    let price = call.subscription.monthly_price;
    let terms = offer
        .benefit
        .terms(price, call.inputs.now)
        .map_err(|error| Reason::new("NO_TERMS", error.to_string()))?;
    if price.is_some_and(|price| !offer.covers(price.currency)) {
        return Err(Reason::new(
            "NO_TERMS",
            "its costs are not known in this currency",
        ));
    }
    let score = call.subscription.score.ok_or_else(|| {
        Reason::new(
            "NO_VALUE_ESTIMATE",
            "what the relationship is worth is not known",
        )
    })?;
    Ok(Benefit { terms, score })
}
