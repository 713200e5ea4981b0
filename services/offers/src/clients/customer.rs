//! From the lifecycle service's answer to the customer that a decision sees.

use contract::lifecycle::v1 as lifecycle;
use contract::types::v1 as types;
use kernel::id::{AccountId, BusinessLineId, CustomerId, SubscriptionId};
use kernel::money::{Currency, Money};
use kernel::time::Timestamp;

use crate::domain::customer::{Customer, OpenIncident, PastLifetime, Score, Subscription};
use crate::domain::policy::{ContractKind, CustomerKind};

/// Something in the answer that the contract does not allow; names the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lifecycle service's answer has no usable {0}")]
pub(crate) struct Unusable(&'static str);

/// Reads a status with its facts.
pub(crate) fn customer(answer: lifecycle::GetCustomerStatusResponse) -> Result<Customer, Unusable> {
    let status = answer.status.ok_or(Unusable("status"))?;
    let facts = answer.facts.ok_or(Unusable("facts"))?;
    let mut subscriptions = Vec::with_capacity(facts.subscriptions.len());
    for fact in &facts.subscriptions {
        let scored = status
            .subscriptions
            .iter()
            .find(|scored| scored.subscription_id == fact.subscription_id);
        subscriptions.push(subscription(fact, scored)?);
    }
    let activity = |kind: types::EventKind| {
        facts
            .activities
            .iter()
            .find(move |activity| activity.kind == kind as i32)
    };
    let count = |kind| activity(kind).map_or(0, |activity| activity.count);
    Ok(Customer {
        customer_id: CustomerId::parse(&facts.customer_id).map_err(|_| Unusable("customer_id"))?,
        revision: facts.revision,
        kind: customer_kind(facts.kind()),
        lifetime_started_at: facts
            .lifetimes
            .last()
            .and_then(|life| instant(life.start_time)),
        lifetime_count: status.lifetime_count,
        past_lifetimes: facts.lifetimes.iter().filter_map(past_lifetime).collect(),
        stage: lower(status.stage().as_str_name(), "STAGE_"),
        stage_rule: status.stage_rule,
        open_incidents: facts.open_incidents.iter().map(open_incident).collect(),
        last_incident_resolved_at: instant(facts.last_incident_resolve_time),
        contact_count: count(types::EventKind::Contact),
        last_contact_at: activity(types::EventKind::Contact)
            .and_then(|contact| instant(contact.last_time)),
        referral_count: count(types::EventKind::Referral),
        payment_failed_count: count(types::EventKind::PaymentFailed),
        valid_until: instant(status.valid_until_time),
        merged_customer_ids: facts
            .merged_customer_ids
            .iter()
            .map(|id| CustomerId::parse(id).map_err(|_| Unusable("merged_customer_ids")))
            .collect::<Result<_, _>>()?,
        deceased: facts.deceased,
        vulnerable: facts.vulnerable,
        do_not_offer: facts.do_not_offer,
        jurisdiction: facts.jurisdiction,
        language: facts.language,
        subscriptions,
    })
}

fn subscription(
    fact: &types::SubscriptionFacts,
    scored: Option<&lifecycle::SubscriptionStatus>,
) -> Result<Subscription, Unusable> {
    Ok(Subscription {
        subscription_id: SubscriptionId::parse(&fact.subscription_id)
            .map_err(|_| Unusable("subscription_id"))?,
        // Whose account is not known counts as any.
        account_id: AccountId::parse(&fact.account_id).ok(),
        business_line: BusinessLineId::parse(&fact.business_line)
            .map_err(|_| Unusable("business_line"))?,
        product: fact.product.clone(),
        contractual: fact.relationship() == types::RelationshipType::Contractual,
        contract_kind: contract_kind(fact.contract_kind()),
        state: lower(fact.state().as_str_name(), "SUBSCRIPTION_STATE_"),
        live: scored.is_some_and(|scored| scored.live),
        started_at: instant(fact.start_time),
        commitment_ends_at: instant(fact.commitment_end_time),
        service_ends_at: instant(fact.service_end_time),
        monthly_price: fact.monthly_price.as_ref().map(money).transpose()?,
        score: scored.map(score).transpose()?.flatten(),
    })
}

fn past_lifetime(fact: &types::LifetimeFacts) -> Option<PastLifetime> {
    Some(PastLifetime {
        started_at: instant(fact.start_time)?,
        ended_at: instant(fact.end_time)?,
        stated_reason: fact.stated_reason.clone(),
    })
}

fn score(scored: &lifecycle::SubscriptionStatus) -> Result<Option<Score>, Unusable> {
    let (Some(risk), Some(value)) = (&scored.churn_risk, &scored.value_remaining) else {
        return Ok(None);
    };
    let amount = value
        .amount
        .as_ref()
        .ok_or(Unusable("value_remaining.amount"))?;
    let margin = value
        .monthly_margin
        .as_ref()
        .ok_or(Unusable("value_remaining.monthly_margin"))?;
    Ok(Some(Score {
        churn_risk: risk.probability,
        residual_months: value.residual_months,
        monthly_margin: money(margin)?,
        value_remaining: money(amount)?,
    }))
}

fn open_incident(incident: &types::IncidentFacts) -> OpenIncident {
    OpenIncident {
        category: incident.category.clone(),
        severity: match incident.severity() {
            types::IncidentSeverity::Unspecified | types::IncidentSeverity::Minor => 1,
            types::IncidentSeverity::Major => 2,
            types::IncidentSeverity::Critical => 3,
        },
        promise_broken: incident.promise_broken,
    }
}

fn customer_kind(kind: types::CustomerKind) -> Option<CustomerKind> {
    match kind {
        types::CustomerKind::Unspecified => None,
        types::CustomerKind::Person => Some(CustomerKind::Person),
        types::CustomerKind::Organisation => Some(CustomerKind::Organisation),
    }
}

/// Reads a commitment; an unknown one stays unknown, which policy treats as the strictest.
fn contract_kind(kind: types::ContractKind) -> Option<ContractKind> {
    match kind {
        types::ContractKind::Unspecified => None,
        types::ContractKind::MonthToMonth => Some(ContractKind::MonthToMonth),
        types::ContractKind::OneYear => Some(ContractKind::OneYear),
        types::ContractKind::TwoYear => Some(ContractKind::TwoYear),
        types::ContractKind::FixedTerm => Some(ContractKind::FixedTerm),
        types::ContractKind::PayAsYouGo => Some(ContractKind::PayAsYouGo),
    }
}

fn money(amount: &types::Money) -> Result<Money, Unusable> {
    let currency = Currency::parse(&amount.currency).map_err(|_| Unusable("currency"))?;
    Ok(Money::new(amount.minor, currency))
}

fn instant(time: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok())
}

fn lower(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_ascii_lowercase()
}
