//! Sound records, so that a test shows only what it changes.

#![expect(
    clippy::unnecessary_wraps,
    reason = "values as the fields of messages take them"
)]

use contract::profiles::v1 as pb;
use contract::types::v1 as types;
use kernel::time::Timestamp;

/// An instant such as `2026-01-01T00:00:00Z`.
pub(crate) fn at(text: &str) -> Option<prost_types::Timestamp> {
    let instant: Timestamp = text.parse().expect("an instant");
    Some(edge::wire::timestamp(instant))
}

pub(crate) fn money(minor: i64, currency: &str) -> Option<types::Money> {
    let currency = currency.to_owned();
    Some(types::Money { minor, currency })
}

pub(crate) fn usd(minor: i64) -> Option<types::Money> {
    money(minor, "USD")
}

pub(crate) fn customer(id: &str) -> pb::Customer {
    pb::Customer {
        customer_id: id.to_owned(),
        kind: types::CustomerKind::Person.into(),
        display_name: "Ada Example".to_owned(),
        email: "ada@example.org".to_owned(),
        phone: "+1 555 0100".to_owned(),
        jurisdiction: "US-CA".to_owned(),
        language: "en".to_owned(),
        time_zone: "America/Los_Angeles".to_owned(),
        ..pb::Customer::default()
    }
}

pub(crate) fn account(customer_id: &str, account_id: &str) -> pb::Account {
    pb::Account {
        customer_id: customer_id.to_owned(),
        account_id: account_id.to_owned(),
        business_line: "telecom".to_owned(),
        open_time: at("2024-01-01T00:00:00Z"),
    }
}

pub(crate) fn subscription(customer_id: &str, account_id: &str, id: &str) -> pb::Subscription {
    pb::Subscription {
        customer_id: customer_id.to_owned(),
        account_id: account_id.to_owned(),
        subscription_id: id.to_owned(),
        product: "fibre-500".to_owned(),
        relationship: types::RelationshipType::Contractual.into(),
        contract_kind: types::ContractKind::MonthToMonth.into(),
        start_time: at("2024-01-01T00:00:00Z"),
        monthly_price: usd(4_999),
        attributes: [("tech_support".to_owned(), "no".to_owned())].into(),
        ..pb::Subscription::default()
    }
}

pub(crate) fn event(
    customer_id: &str,
    event_id: &str,
    kind: types::EventKind,
) -> pb::TimelineEvent {
    pb::TimelineEvent {
        customer_id: customer_id.to_owned(),
        event_id: event_id.to_owned(),
        kind: kind.into(),
        event_time: at("2026-10-01T08:00:00Z"),
        ..pb::TimelineEvent::default()
    }
}

pub(crate) fn purchase(
    customer_id: &str,
    event_id: &str,
    time: &str,
    minor: i64,
) -> pb::TimelineEvent {
    pb::TimelineEvent {
        event_time: at(time),
        amount: usd(minor),
        quantity: 1,
        ..event(customer_id, event_id, types::EventKind::Purchase)
    }
}

pub(crate) fn incident(customer_id: &str, incident_id: &str) -> pb::Incident {
    pb::Incident {
        customer_id: customer_id.to_owned(),
        incident_id: incident_id.to_owned(),
        severity: types::IncidentSeverity::Major.into(),
        category: "outage".to_owned(),
        open_time: at("2026-11-20T08:00:00Z"),
        ..pb::Incident::default()
    }
}

pub(crate) fn consent(customer_id: &str, state: types::ConsentState, time: &str) -> pb::Consent {
    pb::Consent {
        customer_id: customer_id.to_owned(),
        channel: types::ConsentChannel::Phone.into(),
        state: state.into(),
        record_time: at(time),
        source: "call".to_owned(),
    }
}

/// One record of a row.
pub(crate) fn row(number: u64, record: pb::import_record::Record) -> pb::ImportRecord {
    pb::ImportRecord {
        row: number,
        record: Some(record),
    }
}

/// A row of four records: customer, account, subscription and a payment.
pub(crate) fn whole_row(number: u64, customer_id: &str) -> Vec<pb::ImportRecord> {
    use pb::import_record::Record;
    let (account_id, subscription_id) = (format!("a-{customer_id}"), format!("s-{customer_id}"));
    let payment = pb::TimelineEvent {
        subscription_id: subscription_id.clone(),
        amount: usd(4_999),
        ..event(customer_id, "payment-1", types::EventKind::Payment)
    };
    vec![
        row(number, Record::Customer(customer(customer_id))),
        row(number, Record::Account(account(customer_id, &account_id))),
        row(
            number,
            Record::Subscription(subscription(customer_id, &account_id, &subscription_id)),
        ),
        row(number, Record::Event(payment)),
    ]
}
