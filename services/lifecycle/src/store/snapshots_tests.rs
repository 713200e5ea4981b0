//! What was encoded is read back, and nothing else is.

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;

use super::*;
use crate::domain::facts::{
    Activity, ActivityKind, ContractKind, EndCause, Incident, Lifetime, Relationship, State,
    Subscription,
};
use crate::store::CHANGES_FEED;

fn facts() -> CustomerFacts {
    let time = |text: &str| text.parse::<Timestamp>().ok();
    let euro = |minor| Some(Money::new(minor, Currency::parse("EUR").unwrap()));
    CustomerFacts {
        customer_id: "c-1".to_owned(),
        revision: 300,
        subscriptions: vec![Subscription {
            subscription_id: "s-1".to_owned(),
            business_line: "telecom".to_owned(),
            relationship: Relationship::NonContractual,
            contract_kind: ContractKind::TwoYear,
            state: State::CancelPending,
            start_time: time("2024-02-03T04:05:06.000000007Z"),
            commitment_end_time: None,
            service_end_time: time("2026-07-01T00:00:00Z"),
            billing_end_time: time("2026-07-31T00:00:00Z"),
            monthly_price: euro(3_000),
            lives_on: false,
            cause: EndCause::NotRenewed,
            paused: true,
            stated_reason: "too_expensive".to_owned(),
            reason_category: "price".to_owned(),
            product: "fibre".to_owned(),
            attributes: [("payment".to_owned(), "card".to_owned())].into(),
        }],
        lifetimes: vec![Lifetime {
            start_time: time("-009999-01-02T01:59:59Z"),
            end_time: None,
            lives_on: true,
            stated_reason: String::new(),
            reason_category: "value".to_owned(),
            ..Lifetime::default()
        }],
        open_incidents: vec![Incident {
            subscription_id: String::new(),
            open_time: time("2026-05-01T00:00:00Z"),
            incident_id: "i-1".to_owned(),
            promise_due_time: time("2026-05-09T00:00:00Z"),
            promise_broken: true,
            broken_promise_due_time: time("2026-05-04T00:00:00Z"),
        }],
        incident_count: 4,
        last_incident_resolve_time: time("2026-04-01T00:00:00Z"),
        activities: vec![Activity {
            kind: ActivityKind::Purchase,
            count: 3,
            first_time: time("2024-02-03T00:00:00Z"),
            last_time: None,
            total: euro(-5),
        }],
        purchase_days: vec![-1, 20_000],
        purchase_day_count: 2,
        deceased: false,
        merged_customer_ids: vec!["c-9".to_owned()],
    }
}

#[test]
fn facts_come_back_as_they_were() {
    let encoded = encode(&facts()).unwrap();
    assert_eq!(decode("c-1", FORMAT, &encoded), Some(facts()));
}

#[test]
fn anything_else_is_not_read() {
    let encoded = encode(&facts()).unwrap();
    assert_eq!(decode("c-2", FORMAT, &encoded), None, "another customer's");
    assert_eq!(decode("c-1", FORMAT + 1, &encoded), None, "another format");
    let mut longer = encoded.clone();
    longer.push(0);
    assert_eq!(decode("c-1", FORMAT, &longer), None, "more than facts");
    for length in 0..encoded.len() {
        assert_eq!(decode("c-1", FORMAT, &encoded[..length]), None, "{length}");
    }
}

/// The bytes of format 4. When this fails, a type of the facts has changed: give the format another
/// number, and the cursor of the feed the same.
#[test]
fn the_format_number_stands_for_these_bytes() {
    let encoded = encode(&CustomerFacts {
        lifetimes: vec![],
        activities: vec![],
        ..facts()
    })
    .unwrap();
    let hex = encoded
        .iter()
        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!((FORMAT, hex.as_str()), (4, BYTES_OF_FORMAT_4));
    assert_eq!(CHANGES_FEED, format!("profiles.changes.{FORMAT}"));
}

const BYTES_OF_FORMAT_4: &str = "\
    03632d31ac020103732d310774656c65636f6d010302011e323032342d30322d30335430343a30353a30362e30\
    30303030303030375a000114323032362d30372d30315430303a30303a30305a0114323032362d30372d333154\
    30303a30303a30305a01f02e034555520005010d746f6f5f657870656e73697665057072696365056669627265\
    01077061796d656e7404636172640001000114323032362d30352d30315430303a30303a30305a03692d310114\
    323032362d30352d30395430303a30303a30305a010114323032362d30352d30345430303a30303a30305a0401\
    14323032362d30342d30315430303a30303a30305a000201c0b80202000103632d39";
