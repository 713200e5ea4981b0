//! Describing a call: what was decided, what the customer heard, and who they were on the day.
//!
//! Values are as they were on the day and not sorted into segments: where one segment ends and the
//! next begins is for whoever asks later.

use kernel::id::{BusinessLineId, DecisionId, OfferKey, PresentedOfferId};
use kernel::money::Money;
use kernel::time::Timestamp;

use super::{EndedAs, EndedCall, Neutral, OfferOfCall};
use crate::domain::decision::{Decision, Record};
use crate::domain::history::Outcome;
use crate::domain::holdout::Assignment;
use crate::domain::policy::ContractKind;
use crate::domain::serial_saver;
use crate::domain::verdict::code;

/// What is known of a call from the day it was made on.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// How it ended.
    pub ended_as: EndedAs,
    /// Day 0: when it was decided, or its session opened where nothing was.
    pub decided_at: Timestamp,
    /// The reason stated, as a key.
    pub reason: Option<String>,
    /// What was decided; absent where nothing was.
    pub decided: Option<Decided>,
    /// The offer it is measured by; absent where there was none.
    pub offer: Option<OfferTold>,
    /// Why nothing is learnt from it.
    pub neutral: Option<Neutral>,
}

/// A decision and the customer it was about.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The decision.
    pub decision_id: DecisionId,
    /// The version of the catalogue.
    pub catalogue_version: u64,
    /// The arm.
    pub arm: String,
    /// With which probability it was drawn.
    pub propensity: f64,
    /// Somebody with authority decided against the ranking.
    pub overridden: bool,
    /// Why nothing was offered, as a code.
    pub let_go: Option<String>,
    /// The business line; absent, as what follows, where nobody could say.
    pub business_line: Option<BusinessLineId>,
    /// The margin of one month.
    pub monthly_margin: Option<Money>,
    /// Days since the lifetime of the day began.
    pub tenure_days: Option<i64>,
    /// The commitment.
    pub contract_kind: Option<ContractKind>,
    /// Where the call was decided for.
    pub jurisdiction: Option<String>,
    /// Calls to leave within 730 days, this one included.
    pub cancel_calls: u32,
    /// On which side of the holdout it was; absent where none was in force.
    pub holdout: Option<Assignment>,
    /// The best offer that is not owed, made or withheld by the first decision that came to one.
    pub compared_offer: Option<OfferKey>,
    /// The chance of leaving as it was known before anything was said.
    pub churn_risk: Option<f64>,
    /// Offers that were kept from the call for their price against that of a new customer.
    pub parity_refused: Vec<OfferKey>,
}

/// The offer a call is measured by.
#[derive(Clone, Debug, PartialEq)]
pub struct OfferTold {
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// Its key in the catalogue.
    pub offer_key: OfferKey,
    /// What became of it on the call.
    pub outcome: Outcome,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// When its benefit ends, counted from the acceptance.
    pub benefit_ends_at: Option<Timestamp>,
    /// What its hold committed.
    pub cost: Option<Money>,
    /// It argues about price.
    pub price_offer: bool,
    /// What its price afterwards is above that of a new customer; absent where it was not compared.
    pub parity_after: Option<Money>,
}

/// Describes a call.
pub fn describe(call: &EndedCall) -> Description {
    let record = call.telling_decision();
    let of_leaving = call.cancellation.as_ref();
    let reason = of_leaving
        .and_then(|cancellation| cancellation.reason.clone())
        .or_else(|| record.and_then(|record| record.request.reason.clone()))
        .or_else(|| call.reason.clone());
    Description {
        ended_as: call.ended_as(),
        decided_at: record.map_or(call.opened_at, |record| record.decided_at),
        reason,
        decided: record.map(|record| decided(record, compared(call).unwrap_or(record))),
        offer: call.telling_offer().map(|offer| told(offer, record)),
        neutral: neutral(call, record),
    }
}

/// The first decision of a call that made something or withheld it, on either side alike: what was asked
/// for afterwards follows from how the first was answered. An override is no such decision: who is
/// overridden for stays on the side and with the offer they were assigned to.
fn compared(call: &EndedCall) -> Option<&Record> {
    let mut decisions = call.decisions.iter();
    decisions
        .find(|record| record.decision.overridden.is_none() && compared_offer(record).is_some())
}

fn decided(record: &Record, compared: &Record) -> Decided {
    let (request, decision) = (&record.request, &record.decision);
    let customer = record.customer.as_deref();
    let subscription = customer.and_then(|it| it.subscription(&request.subscription_id));
    let own = customer.map(|customer| customer.jurisdiction.as_str());
    let places = [Some(request.jurisdiction.as_str()), own];
    let place = places.into_iter().flatten().find(|place| !place.is_empty());
    let compared_offer =
        compared_offer(compared).filter(|_| compared.decision.overridden.is_none());
    Decided {
        decision_id: record.decision_id,
        catalogue_version: record.catalogue_version,
        arm: decision.arm.clone(),
        propensity: decision.propensity,
        overridden: decision.overridden.is_some(),
        let_go: decision.let_go.first().map(|why| why.code.to_string()),
        business_line: subscription.map(|it| it.business_line.clone()),
        monthly_margin: subscription.and_then(|it| Some(it.score?.monthly_margin)),
        tenure_days: customer.map(|customer| customer.tenure_days(record.decided_at)),
        contract_kind: subscription.and_then(|it| it.contract_kind),
        jurisdiction: place.map(str::to_owned),
        cancel_calls: serial_saver::calls_remembered(&record.history, request, record.decided_at),
        holdout: holdout(compared),
        compared_offer,
        churn_risk: churn_risk(compared),
        parity_refused: parity_refused(&compared.decision),
    }
}

/// The side of a call. One that was decided again, since a budget could not pay, had come to something.
fn holdout(record: &Record) -> Option<Assignment> {
    let mut assignment = record.decision.holdout.clone()?;
    assignment.exposed |= record.first_choice.is_some();
    Some(assignment)
}

fn churn_risk(record: &Record) -> Option<f64> {
    let customer = record.customer.as_deref()?;
    let subscription = customer.subscription(&record.request.subscription_id)?;
    let risk = subscription.score?.churn_risk;
    (0.0..=1.0).contains(&risk).then_some(risk)
}

fn parity_refused(decision: &Decision) -> Vec<OfferKey> {
    let verdicts = decision.verdicts.iter();
    let refused = verdicts.filter(|verdict| verdict.code.as_deref() == Some(code::PARITY));
    refused.map(|verdict| verdict.offer_key.clone()).collect()
}

/// What a call is compared by: the offer that was chosen first, also where a budget turned out to be
/// unable to pay for it. The held out are never told so, since they take nothing from any budget.
fn compared_offer(record: &Record) -> Option<OfferKey> {
    let first_choice = record.first_choice.clone();
    first_choice.or_else(|| first_chosen(&record.decision))
}

/// The best offer that is not owed, made or withheld. The verdicts of what qualified are in the order
/// of their rank.
pub fn first_chosen(decision: &Decision) -> Option<OfferKey> {
    let made = decision.offers.iter().find(|promise| !promise.owed);
    let mut verdicts = decision.verdicts.iter();
    let withheld = verdicts.find(|verdict| verdict.code.as_deref() == Some(code::HELD_OUT));
    made.map(|promise| &promise.offer_key)
        .or_else(|| withheld.map(|verdict| &verdict.offer_key))
        .cloned()
}

fn told(offer: &OfferOfCall, record: Option<&Record>) -> OfferTold {
    let promise = record.and_then(|record| record.promise(offer.presented_offer_id));
    let accepted_at = offer.acceptance.map(|acceptance| acceptance.accepted_at);
    let terms = accepted_at.and_then(|at| Some(promise?.terms.accepted_at(at)));
    OfferTold {
        presented_offer_id: offer.presented_offer_id,
        offer_key: offer.offer_key.clone(),
        outcome: offer.outcome,
        accepted_at,
        benefit_ends_at: terms.and_then(|terms| terms.benefit_end_at),
        cost: offer.committed,
        price_offer: promise.is_some_and(|promise| promise.price_offer),
        parity_after: promise.and_then(|promise| Some(promise.parity?.after)),
    }
}

/// A call trains nothing where nobody decided, nobody can tell what, or the customer did not hear of it.
fn neutral(call: &EndedCall, record: Option<&Record>) -> Option<Neutral> {
    let Some(record) = record else {
        let unreadable = call.unreadable;
        return Some(if unreadable {
            Neutral::Unreadable
        } else {
            Neutral::NotDecided
        });
    };
    if record.decision.overridden.is_some() {
        return Some(Neutral::Overridden);
    }
    match call.telling_offer() {
        Some(offer) if offer.outcome.was_heard() => None,
        Some(_) => Some(Neutral::NotPresented),
        None if record.decision.offers.is_empty() => None,
        // What was withheld tells as much as what was made.
        None if compared_offer(record).is_some() => None,
        None => Some(Neutral::OnlyOwed),
    }
}
