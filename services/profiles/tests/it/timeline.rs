use contract::profiles::v1 as pb;
use contract::types::v1::EventKind;
use tonic::Code;

use crate::builders::{at, customer, event, money, purchase, usd};
use crate::stand::Stand;
use crate::statuses::{fields, refused};

async fn page(
    stand: &Stand,
    customer_id: &str,
    size: i32,
    token: &str,
) -> Result<pb::ListEventsResponse, tonic::Status> {
    let request = pb::ListEventsRequest {
        customer_id: customer_id.to_owned(),
        page_size: size,
        page_token: token.to_owned(),
    };
    Ok(stand.timeline().list_events(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_recorded_once() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let events = vec![
        purchase("c", "e-1", "2026-01-05T10:00:00Z", 100),
        purchase("c", "e-2", "2026-01-05T11:00:00Z", 250),
        event("c", "e-3", EventKind::Contact),
        purchase("c", "e-1", "2026-01-05T10:00:00Z", 100),
    ];
    let first = stand.record(events.clone()).await.unwrap();
    assert_eq!((first.recorded_count, first.duplicate_count), (3, 1));
    assert_eq!(first.revisions["c"], 2);
    let second = stand.record(events).await.unwrap();
    assert_eq!((second.recorded_count, second.duplicate_count), (0, 4));
    assert_eq!(second.revisions["c"], 2);
    let facts = stand.facts("c").await;
    assert_eq!((facts.purchase_day_count, facts.activities.len()), (1, 2));
    assert_eq!(
        (facts.activities[0].count, facts.activities[0].total.clone()),
        (2, usd(350))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_event_is_reported_and_the_rest_lands() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let known = purchase("c", "known", "2026-01-05T10:00:00Z", 100);
    stand.record(vec![known.clone()]).await.unwrap();
    let of_subscription = |id: &str, subscription: &str| pb::TimelineEvent {
        subscription_id: subscription.to_owned(),
        ..purchase("c", id, "2026-01-05T10:00:00Z", 100)
    };
    let response = stand.record(vec![
        pb::TimelineEvent {
            quantity: 2,
            ..known
        },
        purchase("c", "future", "2026-11-30T12:05:01Z", 1),
        purchase("nobody", "e", "2026-01-05T10:00:00Z", 1),
        of_subscription("lost", "nowhere"),
        purchase("c", "", "2026-01-05T10:00:00Z", -1),
        pb::TimelineEvent {
            amount: money(1, "EUR"),
            ..of_subscription("euros", "s")
        },
        of_subscription("good", "s"),
        purchase("c", "just", "2026-11-30T12:05:00Z", 1),
    ]);
    let response = response.await.unwrap();
    let refusals: Vec<_> = response
        .refusals
        .iter()
        .map(|one| (one.index, &*one.reason, &*one.field))
        .collect();
    assert_eq!(
        refusals,
        [
            (0, "EVENT_ID_REUSED", "events[0].event_id"),
            (1, "EVENT_IN_FUTURE", "events[1].event_time"),
            (2, "CUSTOMER_NOT_FOUND", "events[2].customer_id"),
            (3, "SUBSCRIPTION_NOT_FOUND", "events[3].subscription_id"),
            (4, "INVALID_FIELD", "events[4].event_id"),
            (5, "WRONG_CURRENCY", "events[5].amount.currency"),
        ]
    );
    assert!(
        response.refusals[4]
            .message
            .contains("events[4].amount.minor")
    );
    assert_eq!((response.recorded_count, response.duplicate_count), (2, 0));
    assert_eq!(response.revisions.keys().collect::<Vec<_>>(), ["c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeline_is_paged_from_the_newest_without_gaps() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    stand.upsert(customer("d")).await.unwrap();
    // Several events of one instant, so that pages end between equals.
    let events: Vec<_> = (0..25)
        .map(|number| {
            let time = format!("2026-01-{:02}T10:00:00Z", 1 + number / 10);
            purchase("c", &format!("e-{number:02}"), &time, 100)
        })
        .collect();
    stand.record(events.clone()).await.unwrap();
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let part = page(&stand, "c", 4, &token).await.unwrap();
        assert!(part.events.len() <= 4);
        seen.extend(part.events);
        token = part.next_page_token;
        if token.is_empty() {
            break;
        }
        let other = page(&stand, "d", 4, &token).await;
        let status = refused(other, Code::InvalidArgument, "INVALID_FIELD");
        assert_eq!(fields(&status), ["page_token"]);
    }
    let mut expected = events;
    expected.reverse();
    assert_eq!(seen, expected);
    assert!(page(&stand, "d", 0, "").await.unwrap().events.is_empty());
    refused(
        page(&stand, "nobody", 0, "").await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    let negative = page(&stand, "c", -1, "forged").await;
    let status = refused(negative, Code::InvalidArgument, "INVALID_FIELD");
    assert_eq!(fields(&status), ["page_size", "page_token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_finer_than_the_store_keeps_is_no_other_time() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let mut fine = event("c", "e", EventKind::Usage);
    fine.event_time = at("2026-01-05T10:00:00.123456789Z");
    assert_eq!(
        stand
            .record(vec![fine.clone()])
            .await
            .unwrap()
            .recorded_count,
        1
    );
    assert_eq!(stand.record(vec![fine]).await.unwrap().duplicate_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_thousand_events_are_refused() {
    let stand = Stand::start().await;
    let events = (0..1_001).map(|number| event("c", &format!("e-{number}"), EventKind::Usage));
    let many = stand.record(events.collect()).await;
    refused(many, Code::InvalidArgument, "INVALID_FIELD");
}
