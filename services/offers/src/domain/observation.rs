//! From what is known about a customer and a call to the typed facts that rules look at.

use std::sync::Arc;

use super::catalogue::Reason;
use super::customer::{Customer, Subscription};
use super::decision::Inputs;
use super::facts::{Fact, Facts};
use super::history::{Outcome, days_since};
use super::named::Named;
use super::request::Authority;

const YEAR_DAYS: i64 = 365;
const TWO_YEARS_DAYS: i64 = 730;

/// Writes down every fact that is known; the others stay unknown.
pub fn observe(
    inputs: &Inputs<'_>,
    customer: &Customer,
    subscription: &Subscription,
    stated: Option<&Reason>,
) -> Facts {
    let mut facts = Facts::new();
    of_customer(&mut facts, inputs, customer);
    of_incidents(&mut facts, inputs, customer);
    of_subscription(&mut facts, inputs, subscription);
    of_desk(&mut facts, inputs);
    of_call(&mut facts, inputs, customer, stated);
    facts
}

fn of_customer(facts: &mut Facts, inputs: &Inputs<'_>, customer: &Customer) {
    let live = customer.live_subscription_count();
    let scores = customer
        .subscriptions
        .iter()
        .filter_map(|subscription| subscription.score);
    let riskiest = scores
        .clone()
        .map(|score| score.churn_risk)
        .reduce(f64::max);
    let value = scores
        .map(|score| score.value_remaining.minor)
        .reduce(i64::saturating_add);
    facts
        .set_known(Fact::CustomerKind, customer.kind.map(Named::name))
        .set(Fact::CustomerTenureDays, customer.tenure_days(inputs.now))
        .set(
            Fact::CustomerTotalTenureDays,
            customer.total_tenure_days(inputs.now),
        )
        .set(Fact::CustomerLifetimeCount, customer.lifetime_count)
        .set(Fact::CustomerLiveSubscriptionCount, count(live))
        .set(
            Fact::CustomerEndedSubscriptionCount,
            count(customer.subscriptions.len() - live),
        )
        .set(Fact::CustomerStage, customer.stage.as_str())
        .set(Fact::CustomerVulnerable, customer.vulnerable)
        .set(Fact::CustomerDeceased, customer.deceased)
        .set(Fact::CustomerDoNotOffer, customer.do_not_offer)
        .set(Fact::CustomerContactCount, customer.contact_count)
        .set(Fact::CustomerReferralCount, customer.referral_count)
        .set(
            Fact::CustomerPaymentFailedCount,
            customer.payment_failed_count,
        )
        .set_known(
            Fact::CustomerChurnRiskBasisPoints,
            riskiest.map(basis_points),
        )
        .set_known(Fact::CustomerValueRemainingMinor, value)
        .set_known(Fact::CustomerJurisdiction, known(&customer.jurisdiction))
        .set_known(
            Fact::CustomerDaysSinceLastContact,
            customer
                .last_contact_at
                .map(|then| days_since(then, inputs.now)),
        );
}

fn of_incidents(facts: &mut Facts, inputs: &Inputs<'_>, customer: &Customer) {
    let worst = customer
        .open_incidents
        .iter()
        .map(|incident| incident.severity)
        .max();
    facts
        .set(
            Fact::CustomerOpenIncidentCount,
            count(customer.open_incidents.len()),
        )
        .set(
            Fact::CustomerWorstOpenIncidentSeverity,
            i64::from(worst.unwrap_or(0)),
        )
        .set_known(
            Fact::CustomerDaysSinceIncidentResolved,
            customer
                .last_incident_resolved_at
                .map(|then| days_since(then, inputs.now)),
        );
}

fn of_subscription(facts: &mut Facts, inputs: &Inputs<'_>, subscription: &Subscription) {
    let relationship = if subscription.contractual {
        "contractual"
    } else {
        "non_contractual"
    };
    facts
        .set(
            Fact::SubscriptionBusinessLine,
            subscription.business_line.as_str(),
        )
        .set_known(Fact::SubscriptionProduct, known(&subscription.product))
        .set(Fact::SubscriptionRelationship, relationship)
        .set_known(
            Fact::SubscriptionContractKind,
            subscription.contract_kind.map(Named::name),
        )
        .set(Fact::SubscriptionState, subscription.state.as_str())
        .set_known(
            Fact::SubscriptionTenureDays,
            subscription
                .started_at
                .map(|start| days_since(start, inputs.now).max(0)),
        )
        .set_known(
            Fact::SubscriptionDaysToCommitmentEnd,
            subscription
                .commitment_ends_at
                .map(|end| days_since(inputs.now, end)),
        );
    if let Some(price) = subscription.monthly_price {
        facts
            .set(Fact::SubscriptionMonthlyPriceMinor, price.minor)
            .set(Fact::SubscriptionCurrency, price.currency.code());
    }
    if let Some(score) = subscription.score {
        facts
            .set(
                Fact::SubscriptionChurnRiskBasisPoints,
                basis_points(score.churn_risk),
            )
            .set(
                Fact::SubscriptionValueRemainingMinor,
                score.value_remaining.minor,
            );
    }
}

fn of_desk(facts: &mut Facts, inputs: &Inputs<'_>) {
    let now = inputs.now;
    let this_year = || {
        let offers = inputs.history.offers.iter();
        offers.filter(move |offer| days_since(offer.decided_at, now) < YEAR_DAYS)
    };
    let heard = this_year()
        .filter(|offer| offer.outcome.was_heard())
        .count();
    let accepted = this_year()
        .filter(|offer| offer.outcome == Outcome::Accepted)
        .count();
    let last_discount = inputs
        .history
        .offers
        .iter()
        .filter(|offer| offer.price_offer && offer.outcome == Outcome::Accepted)
        .map(|offer| days_since(offer.decided_at, now))
        .min();
    let sessions = inputs
        .history
        .sessions
        .iter()
        .filter(|session| days_since(session.opened_at, now) < TWO_YEARS_DAYS)
        .count();
    facts
        .set(Fact::DeskOffersPresented365Days, count(heard))
        .set(Fact::DeskOffersAccepted365Days, count(accepted))
        .set_known(Fact::DeskDaysSinceLastAcceptedDiscount, last_discount)
        .set(Fact::DeskSaveSessions730Days, count(sessions));
}

fn of_call(facts: &mut Facts, inputs: &Inputs<'_>, customer: &Customer, stated: Option<&Reason>) {
    let request = inputs.request;
    let secondary: Vec<Arc<str>> = request
        .secondary_reasons
        .iter()
        .map(|reason| Arc::from(reason.as_str()))
        .collect();
    let authority: i64 = match request.agent.authority {
        Authority::Agent => 1,
        Authority::Senior => 2,
        Authority::Manager => 3,
    };
    facts
        .set_known(Fact::CallReason, request.reason.as_deref())
        .set_known(
            Fact::CallLeftForThisReasonBefore,
            request.reason.as_deref().map(|reason| {
                let mut before = customer.lifetimes_before().iter();
                before.any(|life| life.stated_reason == reason)
            }),
        )
        .set_known(
            Fact::CallDestinationServiceable,
            request.destination_serviceable,
        )
        .set_known(
            Fact::CallReasonCategory,
            stated.map(|reason| reason.category.as_str()),
        )
        .set(Fact::CallSecondaryReasons, secondary)
        .set(Fact::CallIntent, request.intent.name())
        .set_known(Fact::CallChannel, request.channel.map(Named::name))
        .set_known(
            Fact::CallJurisdiction,
            known(&request.jurisdiction).or(known(&customer.jurisdiction)),
        )
        .set(Fact::CallOccasion, request.occasion.name())
        .set_known(
            Fact::CallLanguage,
            known(&request.language).or(known(&customer.language)),
        )
        .set(Fact::AgentAuthority, authority)
        .set_known(Fact::AgentTeam, known(&request.agent.team));
}

fn known(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a probability times ten thousand fits, and a float cast saturates"
)]
fn basis_points(probability: f64) -> i64 {
    (probability * 10_000.0).round() as i64
}
