//! From typed values to the records of the contract.

use std::collections::HashMap;

use contract::profiles::v1 as profiles;
use contract::profiles::v1::import_record::Record;
use contract::types::v1::Money;
use jiff::Timestamp;
use prost_types::Timestamp as WireTime;

/// A typed value for one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A text.
    Text(String),
    /// The number of a word.
    Word(i32),
    /// An instant.
    Instant(Timestamp),
    /// An amount in minor units and its currency.
    Money(i64, String),
    /// A whole number.
    Count(u32),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            _ => String::new(),
        }
    }

    fn word(&self) -> i32 {
        match self {
            Self::Word(number) => *number,
            _ => 0,
        }
    }

    fn instant(&self) -> Option<WireTime> {
        match self {
            Self::Instant(instant) => Some(wire_time(*instant)),
            _ => None,
        }
    }

    fn money(self) -> Option<Money> {
        match self {
            Self::Money(minor, currency) => Some(Money { minor, currency }),
            _ => None,
        }
    }

    fn count(&self) -> Option<u32> {
        match self {
            Self::Count(count) => Some(*count),
            _ => None,
        }
    }

    fn flag(&self) -> bool {
        matches!(self, Self::Flag(true))
    }
}

/// An instant as the wire has it.
pub(crate) fn wire_time(instant: Timestamp) -> WireTime {
    WireTime {
        seconds: instant.as_second(),
        nanos: instant.subsec_nanosecond(),
    }
}

/// One field of a record with its value.
pub(super) type Filled = (&'static str, Value);

/// Makes the record of a kind; fields that are not given keep their default.
pub(super) fn record(
    kind: &str,
    values: Vec<Filled>,
    attributes: HashMap<String, String>,
) -> Option<Record> {
    match kind {
        "customer" => Some(Record::Customer(customer(values))),
        "account" => Some(Record::Account(account(values))),
        "subscription" => Some(Record::Subscription(subscription(values, attributes))),
        "event" => Some(Record::Event(event(values))),
        "incident" => Some(Record::Incident(incident(values))),
        "consent" => Some(Record::Consent(consent(values))),
        _ => None,
    }
}

fn customer(values: Vec<Filled>) -> profiles::Customer {
    let mut customer = profiles::Customer::default();
    for (field, value) in values {
        match field {
            "customer_id" => customer.customer_id = value.text(),
            "kind" => customer.kind = value.word(),
            "display_name" => customer.display_name = value.text(),
            "email" => customer.email = value.text(),
            "phone" => customer.phone = value.text(),
            "jurisdiction" => customer.jurisdiction = value.text(),
            "language" => customer.language = value.text(),
            "time_zone" => customer.time_zone = value.text(),
            "deceased" => customer.deceased = value.flag(),
            "vulnerable" => customer.vulnerable = value.flag(),
            "do_not_offer" => customer.do_not_offer = value.flag(),
            _ => {}
        }
    }
    customer
}

fn account(values: Vec<Filled>) -> profiles::Account {
    let mut account = profiles::Account::default();
    for (field, value) in values {
        match field {
            "customer_id" => account.customer_id = value.text(),
            "account_id" => account.account_id = value.text(),
            "business_line" => account.business_line = value.text(),
            "open_time" => account.open_time = value.instant(),
            _ => {}
        }
    }
    account
}

fn subscription(
    values: Vec<Filled>,
    attributes: HashMap<String, String>,
) -> profiles::Subscription {
    let mut subscription = profiles::Subscription {
        attributes,
        ..Default::default()
    };
    for (field, value) in values {
        match field {
            "customer_id" => subscription.customer_id = value.text(),
            "account_id" => subscription.account_id = value.text(),
            "subscription_id" => subscription.subscription_id = value.text(),
            "product" => subscription.product = value.text(),
            "relationship" => subscription.relationship = value.word(),
            "contract_kind" => subscription.contract_kind = value.word(),
            "state" => subscription.state = value.word(),
            "start_time" => subscription.start_time = value.instant(),
            "commitment_end_time" => subscription.commitment_end_time = value.instant(),
            "service_end_time" => subscription.service_end_time = value.instant(),
            "billing_end_time" => subscription.billing_end_time = value.instant(),
            "monthly_price" => subscription.monthly_price = value.money(),
            "end_reason" => subscription.end_reason = value.word(),
            "stated_reason" => subscription.stated_reason = value.text(),
            "reason_category" => subscription.reason_category = value.text(),
            _ => {}
        }
    }
    subscription
}

fn event(values: Vec<Filled>) -> profiles::TimelineEvent {
    let mut event = profiles::TimelineEvent::default();
    for (field, value) in values {
        match field {
            "customer_id" => event.customer_id = value.text(),
            "event_id" => event.event_id = value.text(),
            "kind" => event.kind = value.word(),
            "event_time" => event.event_time = value.instant(),
            "subscription_id" => event.subscription_id = value.text(),
            "amount" => event.amount = value.money(),
            "quantity" => event.quantity = value.count().unwrap_or_default(),
            "detail" => event.detail = value.text(),
            "survey_score" => event.survey_score = value.count(),
            _ => {}
        }
    }
    event
}

fn incident(values: Vec<Filled>) -> profiles::Incident {
    let mut incident = profiles::Incident::default();
    for (field, value) in values {
        match field {
            "customer_id" => incident.customer_id = value.text(),
            "incident_id" => incident.incident_id = value.text(),
            "subscription_id" => incident.subscription_id = value.text(),
            "severity" => incident.severity = value.word(),
            "responsible_party" => incident.responsible_party = value.word(),
            "category" => incident.category = value.text(),
            "open_time" => incident.open_time = value.instant(),
            "promise_due_time" => incident.promise_due_time = value.instant(),
            "resolve_time" => incident.resolve_time = value.instant(),
            "outcome" => incident.outcome = value.text(),
            _ => {}
        }
    }
    incident
}

fn consent(values: Vec<Filled>) -> profiles::Consent {
    let mut consent = profiles::Consent::default();
    for (field, value) in values {
        match field {
            "customer_id" => consent.customer_id = value.text(),
            "channel" => consent.channel = value.word(),
            "state" => consent.state = value.word(),
            "record_time" => consent.record_time = value.instant(),
            "source" => consent.source = value.text(),
            _ => {}
        }
    }
    consent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::fields::{FieldType, RECORD_KINDS};

    fn some_value(kind: FieldType) -> Value {
        match kind {
            FieldType::Text => Value::Text("x".to_owned()),
            FieldType::Word(_) => Value::Word(1),
            FieldType::Instant => Value::Instant(Timestamp::UNIX_EPOCH),
            FieldType::Money => Value::Money(1, "USD".to_owned()),
            FieldType::Count => Value::Count(1),
            FieldType::Flag => Value::Flag(true),
        }
    }

    #[test]
    fn every_field_of_every_kind_reaches_its_record() {
        for kind in RECORD_KINDS {
            let empty = record(kind.name, Vec::new(), HashMap::new()).expect("a known kind");
            for field in kind.fields {
                let values = vec![(field.name, some_value(field.kind))];
                let filled = record(kind.name, values, HashMap::new()).expect("a known kind");
                assert_ne!(
                    filled, empty,
                    "{}.{} is not carried over",
                    kind.name, field.name
                );
            }
        }
    }
}
