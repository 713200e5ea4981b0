//! The snapshot is the fold of the records, whatever the order and the number of times they came.

use contract::profiles::v1 as pb;
use contract::profiles::v1::import_record::Record;
use contract::types::v1 as types;
use contract::types::v1::{ConsentState, EndReason, EventKind};
use kernel::id::{CustomerId, EventId};
use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use profiles::domain::event::TimelineEvent;
use profiles::domain::timeline::Timeline;
use profiles::domain::vocabulary::Numbered;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

use crate::builders::{account, at, consent, customer, event, incident, row, subscription, usd};
use crate::stand::Stand;

/// The records of a varied customer, in an order in which each can be taken in on its own.
fn foundation(id: &str) -> Vec<Record> {
    let ended = |name: &str, start: &str, end: &str, reason: EndReason| pb::Subscription {
        start_time: at(start),
        service_end_time: at(end),
        end_reason: reason.into(),
        ..subscription(id, &format!("{id}-a"), name)
    };
    let (year, moved) = (EndReason::CustomerTermination, EndReason::MovedService);
    vec![
        Record::Customer(customer(id)),
        Record::Account(account(id, &format!("{id}-a"))),
        Record::Subscription(ended(
            "s-1",
            "2019-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z",
            year,
        )),
        Record::Subscription(ended(
            "s-2",
            "2021-01-01T00:00:00Z",
            "2022-01-01T00:00:00Z",
            moved,
        )),
        Record::Subscription(pb::Subscription {
            start_time: at("2022-02-01T00:00:00Z"),
            ..subscription(id, &format!("{id}-a"), "s-3")
        }),
    ]
}

/// What happened with that customer, in an order that does not matter.
fn happenings(id: &str) -> Vec<Record> {
    let mut records: Vec<Record> = (0..300)
        .map(|number| {
            let kind = EventKind::try_from(1 + number % 7).unwrap();
            let amount = if number % 3 == 0 {
                usd(100 + i64::from(number))
            } else {
                None
            };
            let day = 1 + number % 28;
            Record::Event(pb::TimelineEvent {
                event_time: at(&format!("2026-{:02}-{day:02}T10:00:00Z", 1 + number % 10)),
                amount,
                ..event(id, &format!("e-{number}"), kind)
            })
        })
        .collect();
    let said = [
        "2026-02-01T00:00:00Z",
        "2026-03-01T00:00:00Z",
        "2026-01-01T00:00:00Z",
    ];
    records.extend(said.map(|time| Record::Consent(consent(id, ConsentState::Granted, time))));
    let objection = consent(id, ConsentState::Objected, "2026-03-01T00:00:00Z");
    records.push(Record::Consent(objection));
    records.extend((1..4).map(|number| Record::Incident(incident(id, &format!("i-{number}")))));
    records
}

fn numbered(records: Vec<Record>) -> Vec<pb::ImportRecord> {
    (1..)
        .zip(records)
        .map(|(number, record)| row(number, record))
        .collect()
}

/// Leaves out what two customers with the same records do not share.
fn comparable(mut facts: types::CustomerFacts, id: &str) -> types::CustomerFacts {
    for subscription in &mut facts.subscriptions {
        subscription.account_id = subscription.account_id.replace(id, "");
    }
    types::CustomerFacts {
        customer_id: String::new(),
        revision: 0,
        ..facts
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_order_nor_repetition_nor_batching_changes_the_facts() {
    let stand = Stand::start().await;
    let mut runner = TestRunner::new(Config::default());
    stand
        .import(numbered([foundation("c-0"), happenings("c-0")].concat()))
        .await
        .unwrap();
    let expected = comparable(stand.facts("c-0").await, "c-0");
    assert_eq!(expected.lifetimes.len(), 2);
    assert_eq!(
        (expected.open_incidents.len(), expected.incident_count),
        (3, 3)
    );
    assert_eq!(expected.consents[0].state(), ConsentState::Objected);
    for turn in 1..5 {
        let id = format!("c-{turn}");
        let twice = [happenings(&id), happenings(&id)].concat();
        let shuffled = proptest::strategy::Just(twice)
            .prop_shuffle()
            .new_tree(&mut runner);
        stand.import(numbered(foundation(&id))).await.unwrap();
        for part in shuffled.unwrap().current().chunks(100 * turn) {
            stand.import(numbered(part.to_vec())).await.unwrap();
        }
        assert_eq!(comparable(stand.facts(&id).await, &id), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stores_aggregates_are_the_domains_fold() {
    let stand = Stand::start().await;
    stand
        .import(numbered([foundation("c"), happenings("c")].concat()))
        .await
        .unwrap();
    let events: Vec<TimelineEvent> = happenings("c")
        .into_iter()
        .filter_map(|record| match record {
            Record::Event(event) => Some(in_the_domain(&event)),
            _ => None,
        })
        .collect();
    let folded = Timeline::of(&events);
    let facts = stand.facts("c").await;
    assert_eq!(facts.purchase_days, folded.purchase_days);
    assert_eq!(facts.purchase_day_count, folded.purchase_day_count);
    assert_eq!(facts.activities.len(), folded.activities.len());
    for (stored, folded) in facts.activities.iter().zip(&folded.activities) {
        let total = folded.total.map(|total| total.minor);
        assert_eq!(stored.kind, i32::from(folded.kind.number()));
        assert_eq!(stored.count, folded.count);
        assert_eq!(stored.total.as_ref().map(|total| total.minor), total);
        assert_eq!(
            stored.first_time,
            Some(edge::wire::timestamp(folded.first_time))
        );
        assert_eq!(
            stored.last_time,
            Some(edge::wire::timestamp(folded.last_time))
        );
    }
}

fn in_the_domain(event: &pb::TimelineEvent) -> TimelineEvent {
    let amount = event.amount.as_ref();
    TimelineEvent {
        customer_id: CustomerId::parse(&event.customer_id).unwrap(),
        event_id: EventId::parse(&event.event_id).unwrap(),
        kind: Numbered::from_number(i16::try_from(event.kind).unwrap()).unwrap(),
        event_time: Timestamp::from_second(event.event_time.unwrap().seconds).unwrap(),
        subscription_id: None,
        amount: amount.map(|one| Money::new(one.minor, Currency::parse(&one.currency).unwrap())),
        quantity: 0,
        detail: String::new(),
        survey_score: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn purchase_days_are_bounded_and_counted() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let first: Timestamp = "2025-01-01T23:59:59Z".parse().unwrap();
    let purchases = (0..200_i64).map(|day| {
        let time = first + std::time::Duration::from_hours(24 * day.unsigned_abs());
        crate::builders::purchase("c", &format!("e-{day}"), &time.to_string(), 1)
    });
    stand.record(purchases.collect()).await.unwrap();
    let facts = stand.facts("c").await;
    assert_eq!(
        (facts.purchase_day_count, facts.purchase_days.len()),
        (200, 128)
    );
    // 2025-01-01 is day 20,089 since 1970-01-01.
    assert_eq!(facts.purchase_days[0], 20_089 + 72);
    assert_eq!(facts.purchase_days[127], 20_089 + 199);
}
