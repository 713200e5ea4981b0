//! A person who is erased.

use contract::profiles::v1 as pb;
use contract::types::v1 as types;
use sqlx::AssertSqlSafe;
use tonic::{Code, Status};

use crate::builders::{
    account, at, consent, customer, event, incident, row, subscription, whole_row,
};
use crate::changes;
use crate::stand::Stand;
use crate::statuses::{fact, refused};

const CANARIES: [&str; 6] = [
    "warbler-1",
    "warbler-2",
    "Wren Warblerson",
    "wren@warbler.example",
    "+44 7700 900777",
    "warbler-account",
];

async fn erase(stand: &Stand, id: &str) -> Result<pb::EraseCustomerResponse, Status> {
    let request = pb::EraseCustomerRequest {
        request_id: format!("erase-{id}"),
        customer_id: id.to_owned(),
    };
    let erased = stand.customers().erase_customer(request).await?;
    Ok(erased.into_inner())
}

/// Records a person who has left, with something in every table, and every write remembered.
async fn gone(stand: &Stand, id: &str, account_id: &str) {
    let request = pb::UpsertCustomerRequest {
        request_id: format!("put-{id}"),
        customer: Some(pb::Customer {
            display_name: CANARIES[2].to_owned(),
            email: CANARIES[3].to_owned(),
            phone: CANARIES[4].to_owned(),
            ..customer(id)
        }),
        ..pb::UpsertCustomerRequest::default()
    };
    stand.customers().upsert_customer(request).await.unwrap();
    let opened = pb::OpenAccountRequest {
        request_id: format!("open-{id}"),
        account: Some(account(id, account_id)),
    };
    stand.accounts().open_account(opened).await.unwrap();
    let put = pb::PutSubscriptionRequest {
        request_id: format!("subscribe-{id}"),
        subscription: Some(pb::Subscription {
            service_end_time: at("2026-01-01T00:00:00Z"),
            billing_end_time: at("2026-02-01T00:00:00Z"),
            end_reason: types::EndReason::CustomerTermination.into(),
            ..subscription(id, account_id, &format!("s-{id}"))
        }),
    };
    stand.accounts().put_subscription(put).await.unwrap();
    let recorded = pb::RecordEventsRequest {
        request_id: format!("record-{id}"),
        events: vec![event(id, &format!("e-{id}"), types::EventKind::Contact)],
    };
    stand.timeline().record_events(recorded).await.unwrap();
    let opened = pb::OpenIncidentRequest {
        request_id: format!("suffer-{id}"),
        incident: Some(incident(id, &format!("i-{id}"))),
    };
    stand.incidents().open_incident(opened).await.unwrap();
    let said = pb::RecordConsentRequest {
        request_id: format!("say-{id}"),
        consent: Some(consent(
            id,
            types::ConsentState::Objected,
            "2026-10-01T00:00:00Z",
        )),
    };
    stand.consents().record_consent(said).await.unwrap();
}

async fn two_ids(stand: &Stand) {
    gone(stand, "warbler-1", "warbler-account").await;
    gone(stand, "warbler-2", "warbler-account-2").await;
    let request = pb::MergeCustomersRequest {
        request_id: "merge".to_owned(),
        customer_id: "warbler-2".to_owned(),
        merged_customer_id: "warbler-1".to_owned(),
    };
    stand.customers().merge_customers(request).await.unwrap();
}

/// Names the tables in which a text is found.
async fn tables_with(stand: &Stand, text: &str) -> Vec<String> {
    let pool = &stand.database.pool;
    let tables: Vec<String> = sqlx::query_scalar(
        "select table_name::text from information_schema.tables \
         where table_schema = 'public' and table_type = 'BASE TABLE' order by 1",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut found = Vec::new();
    for table in tables {
        // Also what stands in columns of bytes.
        let sql = format!(
            "select exists (select from {table} where {table}::text ilike '%' || $1 || '%' \
             or {table}::text ilike '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%')"
        );
        let is_in: bool = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(text)
            .fetch_one(pool)
            .await
            .unwrap();
        if is_in {
            found.push(table);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_under_any_id_but_the_news_of_it() {
    for named in ["warbler-1", "warbler-2"] {
        let stand = Stand::start().await;
        two_ids(&stand).await;
        gone(&stand, "somebody", "else").await;
        for canary in CANARIES {
            assert_ne!(tables_with(&stand, canary).await, [""; 0], "{canary}");
        }
        let other = stand.facts("somebody").await;

        let erased = erase(&stand, named).await.unwrap();
        assert_eq!((erased.id_count, erased.changed), (2, true));
        // The caller's own names of requests are the caller's to choose.
        sqlx::query("update request_log set request_id = md5(request_id)")
            .execute(&stand.database.pool)
            .await
            .unwrap();

        for canary in ["Wren Warblerson", "wren@warbler.example", "900777"] {
            // Of the same name as the one who stays in the book.
            assert_eq!(tables_with(&stand, canary).await, ["customer"], "{canary}");
        }
        for id in ["s-warbler", "e-warbler", "i-warbler", "warbler-account"] {
            assert_eq!(tables_with(&stand, id).await, [""; 0], "{id}");
        }
        for id in ["warbler-1", "warbler-2"] {
            assert_eq!(tables_with(&stand, id).await, ["outbox"], "{id}");
            refused(
                stand.facts_from(id, 0).await,
                Code::NotFound,
                "CUSTOMER_NOT_FOUND",
            );
        }
        let told = changes::all(&stand).await;
        let of_them = told.iter().filter(|it| it.customer_id.contains("warbler"));
        let of_them: Vec<&pb::Change> = of_them.collect();
        assert_eq!(of_them.len(), 2, "of each id once, and nothing before");
        assert!(of_them.iter().all(|it| it.erased));
        // Whoever knows nothing of erasing must not pass over it.
        let told_as = |it: &&pb::Change| it.kinds().any(|kind| kind == pb::ChangeKind::Erased);
        assert!(of_them.iter().all(told_as));
        assert_eq!(stand.facts("somebody").await, other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_brings_an_erased_person_back() {
    let stand = Stand::start().await;
    two_ids(&stand).await;
    erase(&stand, "warbler-1").await.unwrap();
    let again = erase(&stand, "warbler-2").await.unwrap();
    assert_eq!((again.id_count, again.changed), (0, false));
    for id in ["warbler-1", "warbler-2"] {
        let (code, reason) = (Code::FailedPrecondition, "CUSTOMER_ERASED");
        refused(stand.upsert(customer(id)).await, code, reason);
        refused(stand.open(account(id, "a")).await, code, reason);
        let recorded = stand
            .record(vec![event(id, "e", types::EventKind::Contact)])
            .await
            .unwrap();
        assert_eq!(recorded.refusals[0].reason, reason);
        let alive = format!("beside-{id}");
        let mut records = whole_row(1, id);
        records.push(row(
            2,
            pb::import_record::Record::Customer(customer(&alive)),
        ));
        let imported = stand.import(records).await.unwrap();
        assert_eq!(imported.changed_count, 1, "the rest lands");
        assert_eq!(imported.refusals[0].row, 1);
        assert_eq!(imported.refusals[0].reason, reason);
        let merge = pb::MergeCustomersRequest {
            request_id: String::new(),
            customer_id: alive,
            merged_customer_id: id.to_owned(),
        };
        refused(stand.customers().merge_customers(merge).await, code, reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_served_or_billed_leaves_first() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let (code, reason) = (Code::FailedPrecondition, "CUSTOMER_STILL_LIVE");
    let status = refused(erase(&stand, "c").await, code, reason);
    assert_eq!(fact(&status, "subscription_ids"), "s");
    let end = pb::EndSubscriptionRequest {
        customer_id: "c".to_owned(),
        subscription_id: "s".to_owned(),
        service_end_time: at("2026-11-30T12:00:00Z"),
        billing_end_time: at("2026-12-31T00:00:00Z"),
        end_reason: types::EndReason::CustomerTermination.into(),
        ..pb::EndSubscriptionRequest::default()
    };
    stand.accounts().end_subscription(end).await.unwrap();
    let status = refused(erase(&stand, "c").await, code, reason);
    assert_eq!(fact(&status, "last_end_time"), "2026-12-31T00:00:00Z");
    stand
        .clock
        .advance(std::time::Duration::from_hours(32 * 24));
    assert!(erase(&stand, "c").await.unwrap().changed);
    refused(
        erase(&stand, "nobody").await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
}
