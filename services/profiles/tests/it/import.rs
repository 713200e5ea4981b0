use contract::profiles::v1 as pb;
use contract::profiles::v1::import_record::Record;
use contract::types::v1::EventKind;
use tonic::Code;

use crate::builders::{account, customer, event, purchase, row, whole_row};
use crate::stand::Stand;
use crate::statuses::{fields, refused};

/// Row, reason and field of each refusal.
fn reasons(answer: &pb::ImportResponse) -> Vec<(u64, &str, &str)> {
    let refusals = answer.refusals.iter();
    refusals
        .map(|one| (one.row, &*one.reason, &*one.field))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_in_the_middle_is_reported_and_the_rest_lands() {
    let stand = Stand::start().await;
    let mut records = [
        whole_row(1, "c-1"),
        whole_row(2, "c-2"),
        whole_row(3, "c-3"),
    ]
    .concat();
    let Some(Record::Subscription(bad)) = &mut records[6].record else {
        panic!("the third record of the second row");
    };
    bad.monthly_price.as_mut().unwrap().currency = "dollars".to_owned();
    let answer = stand.import(records).await.unwrap();
    let field = "subscription.monthly_price.currency";
    assert_eq!(reasons(&answer), [(2, "INVALID_FIELD", field)]);
    assert!(answer.refusals[0].message.contains("ISO 4217"));
    assert_eq!(
        (
            answer.changed_count,
            answer.unchanged_count,
            answer.last_row
        ),
        (2, 0, 3)
    );
    assert_eq!(stand.facts("c-1").await.activities.len(), 1);
    let left_out = stand.facts_from("c-2", 0).await;
    refused(left_out, Code::NotFound, "CUSTOMER_NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_rows_again_change_nothing() {
    let stand = Stand::start().await;
    let records = || {
        (1..=50)
            .flat_map(|number| whole_row(number, &format!("c-{number}")))
            .collect()
    };
    assert_eq!(stand.import(records()).await.unwrap().changed_count, 50);
    let before = stand.facts("c-17").await;
    let counts = "select (select count(*) from outbox) + (select count(*) from event)";
    let rows: i64 = sqlx::query_scalar(counts)
        .fetch_one(&stand.database.pool)
        .await
        .unwrap();
    let again = stand.import(records()).await.unwrap();
    assert_eq!((again.changed_count, again.unchanged_count), (0, 50));
    assert_eq!(stand.facts("c-17").await, before);
    let rows_now: i64 = sqlx::query_scalar(counts)
        .fetch_one(&stand.database.pool)
        .await
        .unwrap();
    assert_eq!(rows_now, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_breaks_a_rule_leaves_nothing_behind() {
    let stand = Stand::start().await;
    stand.upsert(customer("other")).await.unwrap();
    stand.open(account("other", "a-c-2")).await.unwrap();
    let mut orphan = whole_row(3, "c-3");
    orphan.push(row(
        3,
        Record::Event(pb::TimelineEvent {
            subscription_id: "nowhere".to_owned(),
            ..event("c-3", "lost", EventKind::Usage)
        }),
    ));
    let records = [whole_row(1, "c-1"), whole_row(2, "c-2"), orphan].concat();
    let answer = stand.import(records).await.unwrap();
    let expected = [
        (2, "ID_TAKEN", "account.account_id"),
        (3, "SUBSCRIPTION_NOT_FOUND", "event.subscription_id"),
    ];
    assert_eq!(reasons(&answer), expected);
    assert_eq!(answer.changed_count, 1);
    for id in ["c-2", "c-3"] {
        refused(
            stand.facts_from(id, 0).await,
            Code::NotFound,
            "CUSTOMER_NOT_FOUND",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_database_notices_falls_back_to_single_rows() {
    let stand = Stand::start().await;
    // Two customers of one chunk claim one account: the books of neither know of the other.
    let claim = |number, id: &str| {
        vec![
            row(number, Record::Customer(customer(id))),
            row(number, Record::Account(account(id, "same"))),
        ]
    };
    let records = [claim(1, "c-1"), claim(2, "c-2"), whole_row(3, "c-3")].concat();
    let answer = stand.import(records).await.unwrap();
    assert_eq!(reasons(&answer), [(2, "ID_TAKEN", "account.account_id")]);
    assert_eq!(answer.changed_count, 2);
    assert_eq!(stand.facts("c-3").await.subscriptions.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_chunk_is_answered_in_order_and_only_when_it_is_durable() {
    let stand = Stand::start().await;
    let chunk = |chunk: u64| pb::ImportRequest {
        records: (0..250)
            .flat_map(|number| whole_row(250 * chunk + number + 1, &format!("c-{chunk}-{number}")))
            .collect(),
    };
    let chunks = futures::stream::iter((0..4).map(chunk));
    let mut answers = stand.imports().import(chunks).await.unwrap().into_inner();
    for number in 0..4_u64 {
        let answer = answers.message().await.unwrap().unwrap();
        assert_eq!(
            (answer.last_row, answer.changed_count),
            (250 * (number + 1), 250)
        );
        let durable: i64 = sqlx::query_scalar("select count(*) from customer_snapshot")
            .fetch_one(&stand.database.pool)
            .await
            .unwrap();
        assert!(durable.unsigned_abs() >= 250 * (number + 1));
    }
    assert!(answers.message().await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_rows_and_chunks_are_refused_by_name() {
    let stand = Stand::start().await;
    let records = vec![
        row(0, Record::Customer(customer("c"))),
        pb::ImportRecord {
            row: 2,
            record: None,
        },
        row(
            3,
            Record::Event(purchase("c", "e", "1969-01-01T00:00:00Z", 1)),
        ),
    ];
    let answer = stand.import(records).await.unwrap();
    let expected = [
        (0, "INVALID_FIELD", "row"),
        (2, "INVALID_FIELD", "record"),
        (3, "INVALID_FIELD", "event.event_time"),
    ];
    assert_eq!(reasons(&answer), expected);
    let many = (1..=1_001).map(|number| row(number, Record::Customer(customer("c"))));
    let status = refused(
        stand.import(many.collect()).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    assert_eq!(fields(&status), ["records"]);
}
