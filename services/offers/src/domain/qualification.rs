//! Who qualifies for what: per offer, the terms it comes to, or why not.
//!
//! Deciding stops at the first obstacle, since it is made for every offer on every call. All of them,
//! in words, are found when somebody asks, on the inputs and the catalogue of the decision.

use kernel::id::SessionId;

use super::authority;
use super::care;
use super::catalogue::{Catalogue, Offer, Reason as StatedReason, Terms};
use super::contact_policy;
use super::customer::{Customer, Score, Subscription};
use super::decision::Inputs;
use super::destination;
use super::facts::Facts;
use super::history::{Outcome, PastOffer, days_since};
use super::named::Named;
use super::observation::observe;
use super::occasion;
use super::parity;
use super::policy::{Parity, PolicyOutcome};
use super::posterior::{Believed, believed};
use super::predicate::Predicate;
use super::repeat::{had_on_this_call, is_had, refused_all, refused_just_now};
use super::request::Occasion;
use super::serial_saver;
use super::suppression;
use super::verdict::code;
use super::wish;

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
    /// What policy says about the price of a new customer.
    pub parity: Parity,
    /// Whether policy ends the offers at the first refusal.
    pub refusal_ends_offers: bool,
    /// What was learnt of calls like this one; absent where nothing was.
    pub believed: Option<Believed<'a>>,
}

impl<'a> Call<'a> {
    /// Gathers what is known about a call.
    pub fn new(
        inputs: &'a Inputs<'a>,
        customer: &'a Customer,
        subscription: &'a Subscription,
        stated: Option<&'a StatedReason>,
    ) -> Self {
        let call = Self {
            inputs,
            catalogue: inputs.catalogue,
            customer,
            subscription,
            // Only who leaves has a reason to, stated or not.
            stated: destination::unanswered(inputs, stated).or_else(|| {
                let leaves = inputs.request.occasion == Occasion::CancelCall;
                inputs.catalogue.reasons.unstated().filter(|_| leaves)
            }),
            facts: observe(inputs, customer, subscription, stated),
            parity: Parity::None,
            refusal_ends_offers: false,
            believed: None,
        };
        Self {
            believed: believed(&call),
            ..call
        }
    }

    /// Takes in what policy says about single offers.
    #[must_use]
    pub fn under(self, policy: &PolicyOutcome) -> Self {
        Self {
            parity: policy.parity,
            refusal_ends_offers: policy.refusal_ends_offers,
            ..self
        }
    }

    /// The session of this very contact; absent while it has none.
    pub fn own_session(&self) -> Option<SessionId> {
        let request = self.inputs.request;
        let history = self.inputs.history;
        let own = history.session(&request.contact_id, &request.subscription_id);
        own.map(|own| own.session_id)
    }

    /// The language to speak; empty when nobody knows.
    pub fn language(&self) -> &str {
        self.inputs.language()
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

/// Something that may keep an offer from a call, and how to find out.
type Obstacle = (&'static str, fn(&Call<'_>, &Offer) -> bool);

/// The first that is found is the verdict. What an agent could do something about comes last, so
/// that it is said only of an offer that nothing else speaks against.
const OBSTACLES: &[Obstacle] = &[
    (code::PAUSED, |_, offer| !offer.is_live()),
    (code::NO_PRICE_OFFER_ON_OCCASION, occasion::is_without_price),
    (code::SUPPRESSED, |call, offer| {
        suppression::of_offer(call, offer).is_some()
    }),
    (code::NO_PRICE_OFFER_FOR_REASON, |call, offer| {
        let stated = call.stated;
        offer.is_price_offer() && stated.is_some_and(|stated| !stated.price_offer_allowed)
    }),
    (code::LEVER_DOES_NOT_ANSWER_REASON, |call, offer| {
        let stated = call.stated.filter(|_| wish::levers(call).is_none());
        stated.is_some_and(|stated| !stated.levers.contains(&offer.lever))
            && !care::is_owed(call, offer)
    }),
    (code::LEVER_DOES_NOT_ANSWER_INTENT, |call, offer| {
        wish::levers(call).is_some_and(|levers| !levers.contains(&offer.lever))
            && !care::is_owed(call, offer)
    }),
    (code::DESTINATION_NOT_SERVED, destination::is_out_of_reach),
    (code::DESTINATION_NOT_CHECKED, destination::is_not_checked),
    (code::OPEN_INCIDENT, |call, offer| {
        offer.is_price_offer() && !call.customer.open_incidents.is_empty()
    }),
    (code::VULNERABLE, care::is_no_help),
    (code::SERIAL_SAVER, serial_saver::keeps_back),
    (code::ELIGIBILITY, |call, offer| {
        !offer.eligibility.evaluate(&call.facts)
    }),
    (code::APPLICABILITY, |call, offer| {
        !offer.applicability.evaluate(&call.facts)
    }),
    (code::SUITABILITY, |call, offer| {
        !offer.suitability.evaluate(&call.facts)
    }),
    (code::REFUSED_BEFORE, |call, offer| {
        cooling_down(call, offer, Outcome::Declined).is_some() || refused_just_now(call, offer)
    }),
    (code::OFFERED_ON_THIS_CALL, had_on_this_call),
    (code::HAD_ALREADY, is_had),
    (code::ACCEPTED_BEFORE, |call, offer| {
        cooling_down(call, offer, Outcome::Accepted).is_some()
    }),
    (code::CAP_REACHED, |call, offer| {
        contact_policy::reached(call, offer).is_some()
    }),
    (code::COOLING_DOWN, |call, offer| {
        contact_policy::cooling_down(call, offer).is_some()
    }),
    (code::OFFERS_REFUSED, refused_all),
    (code::NO_TERMS, |call, offer| terms(call, offer).is_none()),
    (code::PARITY, |call, offer| {
        parity::forbids(call, offer, terms(call, offer).as_ref())
    }),
    (code::NO_VALUE_ESTIMATE, |call, offer| {
        care::score(call, offer).is_none()
    }),
    (code::BUDGET_UNKNOWN, |call, offer| {
        is_barred(call, offer, code::BUDGET_UNKNOWN)
    }),
    (code::BUDGET_OTHER_CURRENCY, |call, offer| {
        is_barred(call, offer, code::BUDGET_OTHER_CURRENCY)
    }),
    (code::BUDGET_NOT_OPEN, |call, offer| {
        is_barred(call, offer, code::BUDGET_NOT_OPEN)
    }),
    (code::BUDGET_EXHAUSTED, |call, offer| {
        is_barred(call, offer, code::BUDGET_EXHAUSTED)
    }),
    (code::AUTHORITY, |call, offer| {
        let level = call.inputs.request.agent.authority;
        authority::needed(call, offer).is_none_or(|needed| level < needed)
    }),
];

/// Says what an offer comes to, or the first thing that keeps it from this call.
pub fn qualify(call: &Call<'_>, offer: &Offer) -> Result<Benefit, &'static str> {
    let mut obstacles = OBSTACLES.iter().copied();
    if let Some((code, _)) = obstacles.find(|(_, stands)| stands(call, offer)) {
        return Err(code);
    }
    benefit(call, offer).ok_or(code::NO_TERMS)
}

/// What an offer comes to, whether or not it qualifies; absent when that is not known.
pub fn benefit(call: &Call<'_>, offer: &Offer) -> Option<Benefit> {
    Some(Benefit {
        terms: terms(call, offer)?,
        score: care::score(call, offer)?,
    })
}

fn is_barred(call: &Call<'_>, offer: &Offer, code: &str) -> bool {
    let mut barred = call.inputs.barred.iter();
    barred.any(|barred| {
        barred.left.is_none()
            && barred.code == code
            && Some(&barred.budget) == offer.budget.as_ref()
    })
}

/// An offer that was just refused, or taken, is not offered again for a while.
fn cooling_down<'a>(call: &Call<'a>, offer: &Offer, outcome: Outcome) -> Option<&'a PastOffer> {
    let inputs = call.inputs;
    let days = i64::from(cool_down_days(offer, outcome));
    inputs.history.offers.iter().find(|past| {
        past.outcome == outcome
            && !past.undone
            && past.offer_key == offer.key
            && days_since(past.decided_at, inputs.now) < days
    })
}

fn cool_down_days(offer: &Offer, outcome: Outcome) -> u32 {
    match outcome {
        Outcome::Declined => offer.cool_down.after_refusal_days,
        Outcome::Accepted => offer.cool_down.after_acceptance_days,
        _ => 0,
    }
}

fn terms(call: &Call<'_>, offer: &Offer) -> Option<Terms> {
    let price = call.subscription.monthly_price;
    let covered = price.is_none_or(|price| offer.covers(price.currency));
    offer
        .benefit
        .terms(price, call.inputs.now)
        .ok()
        .filter(|_| covered)
}

/// The codes of everything that keeps an offer from this call.
pub fn standing(call: &Call<'_>, offer: &Offer) -> Vec<&'static str> {
    let standing = OBSTACLES.iter().filter(|(_, stands)| stands(call, offer));
    standing.map(|(code, _)| *code).collect()
}

/// Everything that keeps an offer from this call, each with its code, in words.
pub fn obstacles(call: &Call<'_>, offer: &Offer) -> Vec<(&'static str, String)> {
    OBSTACLES
        .iter()
        .copied()
        .filter(|(_, stands)| stands(call, offer))
        .flat_map(|(code, _)| {
            let words = describe(call, offer, code).into_iter();
            words.map(move |words| (code, words))
        })
        .collect()
}

/// Says an obstacle in words: each clause that failed with what was seen, or what it rests on.
fn describe(call: &Call<'_>, offer: &Offer, code: &'static str) -> Vec<String> {
    match code {
        code::ELIGIBILITY => failed_clauses(&offer.eligibility, &call.facts),
        code::APPLICABILITY => failed_clauses(&offer.applicability, &call.facts),
        code::SUITABILITY => failed_clauses(&offer.suitability, &call.facts),
        code => vec![describe_code(call, offer, code)],
    }
}

fn failed_clauses(rule: &Predicate, facts: &Facts) -> Vec<String> {
    let failures = rule.failures(facts).into_iter();
    failures
        .map(|failure| match failure.seen {
            Some(seen) => format!("{}; it is {seen}", failure.clause),
            None => format!("{}; it is not known", failure.clause),
        })
        .collect()
}

fn describe_code(call: &Call<'_>, offer: &Offer, code: &'static str) -> String {
    let stated = call.stated.map_or("", |stated| stated.key.as_str());
    match code {
        code::PAUSED => "its authors have paused it".to_owned(),
        code::NO_PRICE_OFFER_FOR_REASON => stated.to_owned(),
        code::LEVER_DOES_NOT_ANSWER_REASON => {
            format!("{} does not answer {stated}", offer.lever.name())
        }
        code::DESTINATION_NOT_SERVED => "the new place cannot be served".to_owned(),
        code::DESTINATION_NOT_CHECKED => destination::LOOK_IT_UP.to_owned(),
        code::OPEN_INCIDENT => open_incidents(call),
        code::AUTHORITY => authority::describe(call, offer),
        code::PARITY => parity::describe(call, offer),
        code::REFUSED_BEFORE => days_passed(call, offer, Outcome::Declined),
        code::ACCEPTED_BEFORE => days_passed(call, offer, Outcome::Accepted),
        code::NO_PRICE_OFFER_ON_OCCASION => call.inputs.request.occasion.name().to_owned(),
        code::VULNERABLE => {
            "the customer needs care: nothing that binds or presses them".to_owned()
        }
        code::SERIAL_SAVER => serial_saver::band_of(call)
            .map_or_else(String::new, |band| format!("the band {}", band.key)),
        code::SUPPRESSED => suppression::of_offer(call, offer).map_or_else(String::new, |told| {
            format!("{}: {}", told.of, told.reason_key)
        }),
        code::CAP_REACHED => cap(call, offer),
        code::COOLING_DOWN => rest(call, offer),
        code::OFFERS_REFUSED => {
            "a refusal ends the offers here, and there was one within a day".to_owned()
        }
        code::OFFERED_ON_THIS_CALL => "this call had it already".to_owned(),
        code::NO_TERMS => no_terms(call, offer),
        code::BUDGET_UNKNOWN
        | code::BUDGET_OTHER_CURRENCY
        | code::BUDGET_NOT_OPEN
        | code::BUDGET_EXHAUSTED => offer
            .budget
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        code::NO_VALUE_ESTIMATE => "what the relationship is worth is not known".to_owned(),
        _ => String::new(),
    }
}

fn cap(call: &Call<'_>, offer: &Offer) -> String {
    contact_policy::reached(call, offer).map_or_else(String::new, |cap| {
        let (key, most, of, counted) = (&cap.key, cap.most, &cap.of, cap.counts.name());
        format!("{key}: at most {most} of {of} {counted} {}", cap.window)
    })
}

fn rest(call: &Call<'_>, offer: &Offer) -> String {
    contact_policy::cooling_down(call, offer).map_or_else(String::new, |(rest, past)| {
        let passed = days_since(past.heard_at(), call.inputs.now);
        let (key, heard) = (&rest.key, &past.offer_key);
        format!(
            "{key}: {heard} was heard {passed} days ago; none again {}",
            rest.window
        )
    })
}

fn no_terms(call: &Call<'_>, offer: &Offer) -> String {
    let price = call.subscription.monthly_price;
    match offer.benefit.terms(price, call.inputs.now) {
        Err(error) => error.to_string(),
        Ok(_) => "its costs are not known in this currency".to_owned(),
    }
}

fn open_incidents(call: &Call<'_>) -> String {
    let open = call.customer.open_incidents.iter();
    let categories: Vec<&str> = open.map(|incident| incident.category.as_str()).collect();
    categories.join(", ")
}

fn days_passed(call: &Call<'_>, offer: &Offer, outcome: Outcome) -> String {
    let Some(past) = cooling_down(call, offer, outcome) else {
        return "within the last day".to_owned();
    };
    let passed = days_since(past.decided_at, call.inputs.now);
    let days = cool_down_days(offer, past.outcome);
    format!("{passed} of {days} days ago")
}
