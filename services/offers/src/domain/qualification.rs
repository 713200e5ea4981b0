//! Who qualifies for what: per offer, every ground why not, or the terms it comes to.

use super::catalogue::{Catalogue, Offer, Reason as StatedReason, Terms, TermsError};
use super::customer::{Customer, Score, Subscription};
use super::decision::Inputs;
use super::facts::Facts;
use super::history::{Outcome, PastOffer, days_since};
use super::named::Named;
use super::observation::observe;
use super::predicate::Predicate;
use super::verdict::{Ground, Verdict, code};

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
pub fn qualify(call: &Call<'_>, offer: &Offer) -> Result<Benefit, Vec<Ground>> {
    let mut grounds = Vec::new();
    if !offer.is_live() {
        grounds.push(Ground::new(code::PAUSED));
    }
    for (code, rule) in rules(offer) {
        failed_clauses(code, rule, &call.facts, &mut grounds);
    }
    grounds.extend(against_reason(call, offer));
    grounds.extend(against_customer(call, offer));
    match benefit(call, offer) {
        Ok(benefit) if grounds.is_empty() => Ok(benefit),
        Ok(_) => Err(grounds),
        Err(ground) => {
            grounds.push(ground);
            Err(grounds)
        }
    }
}

fn rules(offer: &Offer) -> [(&'static str, &Predicate); 3] {
    [
        (code::ELIGIBILITY, &offer.eligibility),
        (code::APPLICABILITY, &offer.applicability),
        (code::SUITABILITY, &offer.suitability),
    ]
}

fn failed_clauses(code: &'static str, rule: &Predicate, facts: &Facts, grounds: &mut Vec<Ground>) {
    if rule.evaluate(facts) {
        return;
    }
    let failures = rule.failures(facts);
    grounds.push(Ground {
        clauses: failures.iter().map(|failure| failure.number).collect(),
        ..Ground::new(code)
    });
}

/// What the reason stated rules out.
fn against_reason(call: &Call<'_>, offer: &Offer) -> Option<Ground> {
    let stated = call.stated?;
    if offer.is_price_offer() && !stated.price_offer_allowed {
        return Some(Ground::new(code::NO_PRICE_OFFER_FOR_REASON));
    }
    (!stated.levers.contains(&offer.lever)).then(|| Ground::new(code::LEVER_DOES_NOT_ANSWER_REASON))
}

/// What the customer's own situation rules out.
fn against_customer(call: &Call<'_>, offer: &Offer) -> impl Iterator<Item = Ground> {
    let incident = offer.is_price_offer() && !call.customer.open_incidents.is_empty();
    let authority = call.inputs.request.agent.authority < offer.minimum_authority;
    let cooling = cooling_down(call, offer).map(|(_, code)| code);
    [
        incident.then_some(code::OPEN_INCIDENT),
        authority.then_some(code::AUTHORITY),
        cooling,
    ]
    .into_iter()
    .flatten()
    .map(Ground::new)
}

/// An offer that was just refused, or taken, is not offered again for a while.
fn cooling_down<'a>(call: &Call<'a>, offer: &Offer) -> Option<(&'a PastOffer, &'static str)> {
    let inputs = call.inputs;
    inputs
        .history
        .offers
        .iter()
        .filter(|past| past.offer_key == offer.key)
        .find_map(|past| {
            let code = match past.outcome {
                Outcome::Declined => code::REFUSED_BEFORE,
                Outcome::Accepted => code::ACCEPTED_BEFORE,
                _ => return None,
            };
            let days = i64::from(cool_down_days(offer, past.outcome));
            (days_since(past.decided_at, inputs.now) < days).then_some((past, code))
        })
}

fn cool_down_days(offer: &Offer, outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Declined => offer.cool_down.after_refusal_days,
        Outcome::Accepted => offer.cool_down.after_acceptance_days,
        _ => 0,
    }
}

fn benefit(call: &Call<'_>, offer: &Offer) -> Result<Benefit, Ground> {
    let price = call.subscription.monthly_price;
    let terms = terms(call, offer).map_err(|_| Ground::new(code::NO_TERMS))?;
    if price.is_some_and(|price| !offer.covers(price.currency)) {
        return Err(Ground::new(code::NO_TERMS));
    }
    let score = call.subscription.score;
    let score = score.ok_or(Ground::new(code::NO_VALUE_ESTIMATE))?;
    Ok(Benefit { terms, score })
}

fn terms(call: &Call<'_>, offer: &Offer) -> Result<Terms, TermsError> {
    let price = call.subscription.monthly_price;
    offer.benefit.terms(price, call.inputs.now)
}

/// Says a ground in words: each clause that failed with what was seen, or what it rests on.
pub fn describe(call: &Call<'_>, offer: &Offer, verdict: &Verdict, ground: &Ground) -> Vec<String> {
    if ground.clauses.is_empty() {
        return vec![describe_code(call, offer, verdict, &ground.code)];
    }
    let rule = rules(offer)
        .into_iter()
        .find(|(code, _)| *code == ground.code);
    let failures = rule.map_or_else(Vec::new, |(_, rule)| rule.failures(&call.facts));
    failures
        .iter()
        .filter(|failure| ground.clauses.contains(&failure.number))
        .map(|failure| match failure.seen {
            Some(seen) => format!("{}; it is {seen}", failure.clause),
            None => format!("{}; it is not known", failure.clause),
        })
        .collect()
}

fn describe_code(call: &Call<'_>, offer: &Offer, verdict: &Verdict, code: &str) -> String {
    let stated = call.stated.map_or("", |stated| stated.key.as_str());
    match code {
        code::PAUSED => "its authors have paused it".to_owned(),
        code::NO_PRICE_OFFER_FOR_REASON => stated.to_owned(),
        code::LEVER_DOES_NOT_ANSWER_REASON => {
            format!("{} does not answer {stated}", offer.lever.name())
        }
        code::OPEN_INCIDENT => open_incidents(call),
        code::AUTHORITY => "needs an agent with more authority".to_owned(),
        code::REFUSED_BEFORE | code::ACCEPTED_BEFORE => cooling_down(call, offer)
            .map(|(past, _)| days_passed(call, offer, past))
            .unwrap_or_default(),
        code::NO_TERMS => match terms(call, offer) {
            Err(error) => error.to_string(),
            Ok(_) => "its costs are not known in this currency".to_owned(),
        },
        code::NO_VALUE_ESTIMATE => "what the relationship is worth is not known".to_owned(),
        code::BELOW_NO_OFFER | code::RANKED_LOWER => verdict
            .score
            .map(|score| score.money(score.gain).to_string())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn open_incidents(call: &Call<'_>) -> String {
    let open = call.customer.open_incidents.iter();
    let categories: Vec<&str> = open.map(|incident| incident.category.as_str()).collect();
    categories.join(", ")
}

fn days_passed(call: &Call<'_>, offer: &Offer, past: &PastOffer) -> String {
    let passed = days_since(past.decided_at, call.inputs.now);
    let days = cool_down_days(offer, past.outcome);
    format!("{passed} of {days} days ago")
}
