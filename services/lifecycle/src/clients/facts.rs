//! Reads the facts of the contract as far as the rules and scores read them.
//!
//! Total: a value this version does not know reads as unknown, an amount in no known currency as
//! none, an instant out of range as absent.

use std::collections::{BTreeMap, BTreeSet};

use contract::types::v1 as wire;
use edge::wire::instant;
use kernel::money::{Currency, Money};
use kernel::time::Timestamp;

use crate::domain::facts::{
    Activity, ActivityKind, ContractKind, CustomerFacts, EndCause, Incident, Lifetime,
    Relationship, State, Subscription,
};

/// The names of the attributes that are read; any other may be about a person.
pub(super) type AttributeNames = BTreeSet<String>;

/// Reads the facts of one customer.
pub(super) fn read(facts: &wire::CustomerFacts, attributes: &AttributeNames) -> CustomerFacts {
    let subscriptions = facts.subscriptions.iter();
    CustomerFacts {
        customer_id: facts.customer_id.clone(),
        revision: facts.revision,
        subscriptions: subscriptions
            .map(|one| subscription(one, attributes))
            .collect(),
        lifetimes: facts.lifetimes.iter().map(lifetime).collect(),
        open_incidents: facts.open_incidents.iter().map(incident).collect(),
        incident_count: facts.incident_count,
        last_incident_resolve_time: time(facts.last_incident_resolve_time.as_ref()),
        activities: facts.activities.iter().map(activity).collect(),
        purchase_days: facts.purchase_days.clone(),
        purchase_day_count: facts.purchase_day_count,
        deceased: facts.deceased,
        merged_customer_ids: facts.merged_customer_ids.clone(),
    }
}

fn time(time: Option<&prost_types::Timestamp>) -> Option<Timestamp> {
    time.and_then(instant)
}

fn money(money: Option<&wire::Money>) -> Option<Money> {
    let money = money?;
    let currency = Currency::parse(&money.currency).ok()?;
    Some(Money::new(money.minor, currency))
}

fn subscription(subscription: &wire::SubscriptionFacts, names: &AttributeNames) -> Subscription {
    let contract_kind = contract_kind(subscription.contract_kind());
    Subscription {
        subscription_id: subscription.subscription_id.clone(),
        business_line: subscription.business_line.clone(),
        relationship: relationship(subscription.relationship(), contract_kind),
        contract_kind,
        state: state(subscription.state()),
        start_time: time(subscription.start_time.as_ref()),
        commitment_end_time: time(subscription.commitment_end_time.as_ref()),
        service_end_time: time(subscription.service_end_time.as_ref()),
        billing_end_time: time(subscription.billing_end_time.as_ref()),
        monthly_price: money(subscription.monthly_price.as_ref()),
        lives_on: lives_on(subscription.end_reason()),
        cause: cause(subscription.end_reason()),
        paused: subscription.state() == wire::SubscriptionState::Paused,
        stated_reason: subscription.stated_reason.clone(),
        reason_category: subscription.reason_category.clone(),
        product: subscription.product.clone(),
        attributes: attributes(subscription, names),
    }
}

fn attributes(
    subscription: &wire::SubscriptionFacts,
    names: &AttributeNames,
) -> BTreeMap<String, String> {
    let attributes = subscription.attributes.iter();
    attributes
        .filter(|(name, _)| names.contains(name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Who buys when wanted is bound by nothing, if the relationship is not told.
fn relationship(relationship: wire::RelationshipType, kind: ContractKind) -> Relationship {
    match relationship {
        wire::RelationshipType::NonContractual => Relationship::NonContractual,
        wire::RelationshipType::Unspecified if kind == ContractKind::PayAsYouGo => {
            Relationship::NonContractual
        }
        wire::RelationshipType::Contractual | wire::RelationshipType::Unspecified => {
            Relationship::Contractual
        }
    }
}

fn contract_kind(kind: wire::ContractKind) -> ContractKind {
    match kind {
        wire::ContractKind::Unspecified => ContractKind::Unknown,
        wire::ContractKind::MonthToMonth => ContractKind::MonthToMonth,
        wire::ContractKind::OneYear => ContractKind::OneYear,
        wire::ContractKind::TwoYear => ContractKind::TwoYear,
        wire::ContractKind::FixedTerm => ContractKind::FixedTerm,
        wire::ContractKind::PayAsYouGo => ContractKind::PayAsYouGo,
    }
}

fn state(state: wire::SubscriptionState) -> State {
    match state {
        wire::SubscriptionState::Prospect => State::Prospect,
        wire::SubscriptionState::CancelPending => State::CancelPending,
        wire::SubscriptionState::Ended => State::Ended,
        wire::SubscriptionState::Unspecified
        | wire::SubscriptionState::Active
        | wire::SubscriptionState::Paused
        | wire::SubscriptionState::Suspended => State::InForce,
    }
}

fn lives_on(reason: wire::EndReason) -> bool {
    matches!(
        reason,
        wire::EndReason::MovedService
            | wire::EndReason::ReplacedService
            | wire::EndReason::MergedAccount
    )
}

fn lifetime(lifetime: &wire::LifetimeFacts) -> Lifetime {
    Lifetime {
        start_time: time(lifetime.start_time.as_ref()),
        end_time: time(lifetime.end_time.as_ref()),
        lives_on: lives_on(lifetime.end_reason()),
        cause: cause(lifetime.end_reason()),
        stated_reason: lifetime.stated_reason.clone(),
        reason_category: lifetime.reason_category.clone(),
    }
}

fn cause(reason: wire::EndReason) -> EndCause {
    match reason {
        wire::EndReason::PaymentFailure | wire::EndReason::PaymentDispute => EndCause::Payment,
        wire::EndReason::ProviderTermination | wire::EndReason::ProductWithdrawn => {
            EndCause::Provider
        }
        wire::EndReason::Death => EndCause::Death,
        wire::EndReason::InactivityLost => EndCause::Silence,
        wire::EndReason::ContractEndNotRenewed => EndCause::NotRenewed,
        wire::EndReason::Unspecified
        | wire::EndReason::CustomerTermination
        | wire::EndReason::CustomerWithdrawal
        | wire::EndReason::MovedService
        | wire::EndReason::ReplacedService
        | wire::EndReason::MergedAccount => EndCause::Customer,
    }
}

fn incident(incident: &wire::IncidentFacts) -> Incident {
    Incident {
        subscription_id: incident.subscription_id.clone(),
        open_time: time(incident.open_time.as_ref()),
        incident_id: incident.incident_id.clone(),
        promise_due_time: time(incident.promise_due_time.as_ref()),
        promise_broken: incident.promise_broken,
        broken_promise_due_time: time(incident.broken_promise_due_time.as_ref()),
    }
}

fn activity(activity: &wire::ActivityFacts) -> Activity {
    let kind = match activity.kind() {
        wire::EventKind::Purchase => ActivityKind::Purchase,
        wire::EventKind::Payment => ActivityKind::Payment,
        wire::EventKind::PaymentFailed => ActivityKind::PaymentFailed,
        wire::EventKind::Usage => ActivityKind::Usage,
        wire::EventKind::Referral => ActivityKind::Referral,
        wire::EventKind::Unspecified | wire::EventKind::Contact | wire::EventKind::Survey => {
            ActivityKind::Other
        }
    };
    Activity {
        kind,
        count: activity.count,
        first_time: time(activity.first_time.as_ref()),
        last_time: time(activity.last_time.as_ref()),
        total: money(activity.total.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_version_does_not_know_reads_as_unknown() {
        let strange = wire::SubscriptionFacts {
            contract_kind: 99,
            state: 99,
            relationship: 99,
            end_reason: 99,
            monthly_price: Some(wire::Money {
                minor: 1,
                currency: "???".to_owned(),
            }),
            start_time: Some(prost_types::Timestamp {
                seconds: i64::MAX,
                nanos: -1,
            }),
            ..wire::SubscriptionFacts::default()
        };
        assert_eq!(
            subscription(&strange, &AttributeNames::new()),
            Subscription::default()
        );
    }

    #[test]
    fn buying_when_wanted_is_not_contractual() {
        let buyer = wire::SubscriptionFacts {
            contract_kind: wire::ContractKind::PayAsYouGo.into(),
            ..wire::SubscriptionFacts::default()
        };
        let read = subscription(&buyer, &AttributeNames::new());
        assert_eq!(read.relationship, Relationship::NonContractual);
    }

    #[test]
    fn attributes_that_are_not_named_are_not_read() {
        let attributes = [("tech_support", "yes"), ("nickname", "Fritz")];
        let owned = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let known = wire::SubscriptionFacts {
            attributes: owned.into(),
            ..wire::SubscriptionFacts::default()
        };
        let names = AttributeNames::from(["tech_support".to_owned()]);
        let read = subscription(&known, &names).attributes;
        assert_eq!(read, [("tech_support".to_owned(), "yes".to_owned())].into());
    }
}
