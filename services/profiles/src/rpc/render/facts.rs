//! Facts to the wire.

use contract::types::v1 as types;

use super::{id, money, number, optional_time, time};
use crate::domain::consent::Statement;
use crate::domain::facts::{Facts, IncidentFacts, SubscriptionFacts};
use crate::domain::lifetime::Lifetime;
use crate::domain::timeline::Activity;

/// Writes the facts of a customer.
pub(in crate::rpc) fn facts(facts: Facts) -> types::CustomerFacts {
    let history = facts.incident_history;
    types::CustomerFacts {
        customer_id: facts.customer_id.to_string(),
        revision: facts.revision,
        update_time: Some(time(facts.update_time)),
        kind: number(facts.kind),
        jurisdiction: facts.jurisdiction,
        language: facts.language,
        deceased: facts.deceased,
        vulnerable: facts.vulnerable,
        do_not_offer: facts.do_not_offer,
        subscriptions: facts.subscriptions.into_iter().map(subscription).collect(),
        lifetimes: facts.lifetimes.into_iter().map(lifetime).collect(),
        open_incidents: facts.open_incidents.into_iter().map(incident).collect(),
        activities: facts.timeline.activities.iter().map(activity).collect(),
        purchase_days: facts.timeline.purchase_days,
        purchase_day_count: facts.timeline.purchase_day_count,
        consents: facts.consents.iter().map(consent).collect(),
        incident_count: history.count,
        last_incident_resolve_time: optional_time(history.last_resolve_time),
        merged_customer_ids: facts
            .merged_customer_ids
            .iter()
            .map(ToString::to_string)
            .collect(),
    }
}

fn subscription(facts: SubscriptionFacts) -> types::SubscriptionFacts {
    types::SubscriptionFacts {
        subscription_id: facts.subscription_id.to_string(),
        account_id: facts.account_id.to_string(),
        business_line: id(facts.business_line.as_ref()),
        product: facts.product,
        relationship: number(facts.relationship),
        contract_kind: number(facts.contract_kind),
        state: number(Some(facts.state)),
        start_time: Some(time(facts.start_time)),
        commitment_end_time: optional_time(facts.commitment_end_time),
        service_end_time: optional_time(facts.service_end_time),
        billing_end_time: optional_time(facts.billing_end_time),
        monthly_price: money(facts.monthly_price),
        end_reason: number(facts.end_reason),
        attributes: facts.attributes.into_iter().collect(),
        stated_reason: facts.stated.key,
        reason_category: facts.stated.category,
    }
}

fn lifetime(lifetime: Lifetime) -> types::LifetimeFacts {
    types::LifetimeFacts {
        number: lifetime.number,
        start_time: Some(time(lifetime.start_time)),
        end_time: optional_time(lifetime.end_time),
        end_reason: number(lifetime.end_reason),
        stated_reason: lifetime.stated.key,
        reason_category: lifetime.stated.category,
    }
}

fn incident(facts: IncidentFacts) -> types::IncidentFacts {
    types::IncidentFacts {
        incident_id: facts.incident_id.to_string(),
        subscription_id: id(facts.subscription_id.as_ref()),
        severity: number(Some(facts.severity)),
        category: facts.category,
        open_time: Some(time(facts.open_time)),
        recovery_step: number(facts.recovery_step),
        promise_due_time: optional_time(facts.promise_due_time),
        promise_broken: facts.promise_broken,
        broken_promise_due_time: optional_time(facts.broken_promise_due_time),
    }
}

fn activity(activity: &Activity) -> types::ActivityFacts {
    types::ActivityFacts {
        kind: number(Some(activity.kind)),
        count: activity.count,
        first_time: Some(time(activity.first_time)),
        last_time: Some(time(activity.last_time)),
        total: money(activity.total),
    }
}

fn consent(statement: &Statement) -> types::ConsentFacts {
    types::ConsentFacts {
        channel: number(Some(statement.channel)),
        state: number(Some(statement.state)),
        record_time: Some(time(statement.record_time)),
    }
}
