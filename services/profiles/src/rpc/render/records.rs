//! Records to the wire.

use contract::profiles::v1 as pb;
use kernel::id::CustomerId;

use super::{id, money, number, optional_time, time};
use crate::domain::account::Account;
use crate::domain::consent::Consent;
use crate::domain::customer::{Customer, Version};
use crate::domain::event::TimelineEvent;
use crate::domain::incident::Incident;
use crate::domain::subscription::Subscription;
use crate::domain::vocabulary::Numbered;
use crate::usecase::Merged;

/// Writes a customer.
pub(in crate::rpc) fn customer(customer: &Customer, version: Version) -> pb::Customer {
    pb::Customer {
        customer_id: customer.customer_id.to_string(),
        kind: number(customer.kind),
        display_name: customer.display_name.expose().to_owned(),
        email: customer.email.expose().to_owned(),
        phone: customer.phone.expose().to_owned(),
        jurisdiction: customer.jurisdiction.clone(),
        language: customer.language.clone(),
        deceased: customer.deceased,
        vulnerable: customer.vulnerable,
        do_not_offer: customer.do_not_offer,
        revision: version.revision,
        create_time: Some(time(version.create_time)),
        update_time: Some(time(version.update_time)),
        etag: version.etag(),
        time_zone: customer.time_zone.clone(),
    }
}

/// Writes the one customer that two are now.
pub(in crate::rpc) fn merged(merged: &Merged) -> pb::MergeCustomersResponse {
    let ids = merged.merged_customer_ids.iter();
    pb::MergeCustomersResponse {
        customer_id: merged.customer_id.to_string(),
        merged_customer_ids: ids.map(ToString::to_string).collect(),
        revision: merged.revision,
        changed: merged.changed,
    }
}

/// Writes an account.
pub(in crate::rpc) fn account(customer_id: &CustomerId, account: &Account) -> pb::Account {
    pb::Account {
        customer_id: customer_id.to_string(),
        account_id: account.account_id.to_string(),
        business_line: account.business_line.to_string(),
        open_time: Some(time(account.open_time)),
    }
}

/// Writes a subscription.
pub(in crate::rpc) fn subscription(
    customer_id: &CustomerId,
    subscription: &Subscription,
) -> pb::Subscription {
    let end = subscription.end.as_ref();
    let stated = end.map(|end| end.stated.clone()).unwrap_or_default();
    pb::Subscription {
        customer_id: customer_id.to_string(),
        account_id: subscription.account_id.to_string(),
        subscription_id: subscription.subscription_id.to_string(),
        product: subscription.product.clone(),
        relationship: number(subscription.relationship),
        contract_kind: number(subscription.contract_kind),
        state: number(Some(subscription.state())),
        start_time: Some(time(subscription.start_time)),
        commitment_end_time: optional_time(subscription.commitment_end_time),
        service_end_time: optional_time(end.map(|end| end.service_end_time)),
        billing_end_time: optional_time(end.and_then(|end| end.billing_end_time)),
        monthly_price: money(subscription.monthly_price),
        end_reason: number(end.and_then(|end| end.reason)),
        attributes: subscription.attributes.clone().into_iter().collect(),
        stated_reason: stated.key,
        reason_category: stated.category,
    }
}

/// Writes an event.
pub(in crate::rpc) fn event(event: &TimelineEvent) -> pb::TimelineEvent {
    pb::TimelineEvent {
        customer_id: event.customer_id.to_string(),
        event_id: event.event_id.to_string(),
        kind: i32::from(event.kind.number()),
        event_time: Some(time(event.event_time)),
        subscription_id: id(event.subscription_id.as_ref()),
        amount: money(event.amount),
        quantity: event.quantity,
        detail: event.detail.clone(),
        survey_score: event.survey_score.map(u32::from),
    }
}

/// Writes an incident.
pub(in crate::rpc) fn incident(customer_id: &CustomerId, incident: &Incident) -> pb::Incident {
    let state = if incident.resolution.is_some() {
        pb::IncidentState::Resolved
    } else {
        pb::IncidentState::Open
    };
    let resolution = incident.resolution.as_ref();
    pb::Incident {
        customer_id: customer_id.to_string(),
        incident_id: incident.incident_id.to_string(),
        subscription_id: id(incident.core.subscription_id.as_ref()),
        severity: number(Some(incident.core.severity)),
        responsible_party: number(incident.core.responsible_party),
        category: incident.core.category.clone(),
        open_time: Some(time(incident.core.open_time)),
        resolve_time: optional_time(resolution.map(|resolution| resolution.resolve_time)),
        state: state.into(),
        recovery_step: number(incident.recovery_step),
        promise_due_time: optional_time(incident.promise_due_time),
        promise_broken: incident.promise_broken,
        outcome: resolution.map_or_else(String::new, |resolution| resolution.outcome.clone()),
    }
}

/// Writes something said about being contacted.
pub(in crate::rpc) fn consent(consent: &Consent) -> pb::Consent {
    pb::Consent {
        customer_id: consent.customer_id.to_string(),
        channel: number(Some(consent.statement.channel)),
        state: number(Some(consent.statement.state)),
        record_time: Some(time(consent.statement.record_time)),
        source: consent.source.clone(),
    }
}
