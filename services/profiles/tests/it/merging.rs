//! Two customers who are one person.

use contract::profiles::v1 as pb;
use contract::types::v1 as types;
use tonic::{Code, Status};

use crate::builders::{
    account, at, consent, customer, event, incident, purchase, row, subscription,
};
use crate::stand::Stand;
use crate::statuses::{fact, refused};

async fn merge(
    stand: &Stand,
    stays: &str,
    merged: &str,
) -> Result<pb::MergeCustomersResponse, Status> {
    let request = pb::MergeCustomersRequest {
        request_id: String::new(),
        customer_id: stays.to_owned(),
        merged_customer_id: merged.to_owned(),
    };
    let merged = stand.customers().merge_customers(request).await?;
    Ok(merged.into_inner())
}

/// Records a customer with an account, a subscription, a purchase, an incident and a consent.
async fn person(stand: &Stand, id: &str, start: &str) {
    stand.upsert(customer(id)).await.unwrap();
    stand.open(account(id, &format!("a-{id}"))).await.unwrap();
    let subscription = pb::Subscription {
        start_time: at(start),
        ..subscription(id, &format!("a-{id}"), &format!("s-{id}"))
    };
    stand.put(subscription).await.unwrap();
    let bought = purchase(id, &format!("e-{id}"), "2026-10-01T08:00:00Z", 500);
    stand.record(vec![bought]).await.unwrap();
    let opened = pb::OpenIncidentRequest {
        request_id: String::new(),
        incident: Some(pb::Incident {
            subscription_id: format!("s-{id}"),
            ..incident(id, &format!("i-{id}"))
        }),
    };
    stand.incidents().open_incident(opened).await.unwrap();
}

async fn said(stand: &Stand, consent: pb::Consent) {
    let request = pb::RecordConsentRequest {
        request_id: String::new(),
        consent: Some(consent),
    };
    stand.consents().record_consent(request).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_both_is_that_of_the_one_who_stays() {
    let stand = Stand::start().await;
    person(&stand, "old", "2019-01-01T00:00:00Z").await;
    person(&stand, "new", "2024-01-01T00:00:00Z").await;
    let ended = pb::EndSubscriptionRequest {
        customer_id: "old".to_owned(),
        subscription_id: "s-old".to_owned(),
        service_end_time: at("2022-01-01T00:00:00Z"),
        billing_end_time: at("2022-01-01T00:00:00Z"),
        ..pb::EndSubscriptionRequest::default()
    };
    stand.accounts().end_subscription(ended).await.unwrap();
    stand
        .upsert(pb::Customer {
            do_not_offer: true,
            phone: String::new(),
            ..customer("old")
        })
        .await
        .unwrap();
    said(
        &stand,
        consent("old", types::ConsentState::Objected, "2026-10-01T00:00:00Z"),
    )
    .await;
    said(
        &stand,
        consent("new", types::ConsentState::Granted, "2026-11-01T00:00:00Z"),
    )
    .await;
    let before = [stand.facts("old").await, stand.facts("new").await];

    let merged = merge(&stand, "new", "old").await.unwrap();

    assert_eq!(merged.customer_id, "new");
    assert_eq!(merged.merged_customer_ids, ["old"]);
    assert!(merged.changed);
    assert!(merged.revision > before[0].revision.max(before[1].revision));
    let facts = stand.facts("new").await;
    assert_eq!(facts.revision, merged.revision);
    assert_eq!(facts.merged_customer_ids, ["old"]);
    assert!(facts.do_not_offer, "the stricter of both holds");
    assert_eq!(facts.lifetimes.len(), 2, "a phoenix by what both had");
    assert_eq!(facts.subscriptions.len(), 2);
    assert_eq!(facts.open_incidents.len(), 2);
    assert_eq!(facts.incident_count, 2);
    assert_eq!(facts.activities[0].count, 2);
    let objected = i32::from(types::ConsentState::Objected);
    assert_eq!(facts.consents.len(), 1);
    assert_eq!(
        facts.consents[0].state, objected,
        "an objection of either holds"
    );
    assert_eq!(stand.facts("old").await, facts, "by any id the same");
    let again = merge(&stand, "new", "old").await.unwrap();
    assert_eq!(
        again,
        pb::MergeCustomersResponse {
            changed: false,
            ..merged
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_by_another_name_reach_the_one_who_stays() {
    let stand = Stand::start().await;
    person(&stand, "old", "2019-01-01T00:00:00Z").await;
    person(&stand, "new", "2024-01-01T00:00:00Z").await;
    merge(&stand, "new", "old").await.unwrap();

    let written = stand.upsert(customer("old")).await.unwrap();
    assert_eq!(written.customer.unwrap().customer_id, "new");
    assert!(!written.changed, "the customer that stays is as they were");
    let opened = stand.open(account("old", "a-3")).await.unwrap();
    assert_eq!(opened.account.unwrap().customer_id, "new");
    let put = stand.put(subscription("old", "a-3", "s-3")).await.unwrap();
    assert_eq!(put.subscription.unwrap().customer_id, "new");
    let recorded = stand
        .record(vec![
            event("old", "e-3", types::EventKind::Contact),
            event("new", "e-3", types::EventKind::Contact),
        ])
        .await
        .unwrap();
    assert_eq!((recorded.recorded_count, recorded.duplicate_count), (1, 1));
    assert_eq!(recorded.revisions["old"], recorded.revisions["new"]);
    let imported = stand
        .import(vec![row(
            1,
            pb::import_record::Record::Event(event("old", "e-3", types::EventKind::Contact)),
        )])
        .await
        .unwrap();
    assert_eq!(imported.unchanged_count, 1);
    let ended = pb::EndSubscriptionRequest {
        customer_id: "old".to_owned(),
        subscription_id: "s-new".to_owned(),
        service_end_time: at("2026-12-31T00:00:00Z"),
        billing_end_time: at("2026-12-31T00:00:00Z"),
        end_reason: types::EndReason::CustomerTermination.into(),
        ..pb::EndSubscriptionRequest::default()
    };
    let ended = stand.accounts().end_subscription(ended).await.unwrap();
    assert_eq!(ended.into_inner().subscription.unwrap().customer_id, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_by_another_name_reach_the_one_who_stays() {
    let stand = Stand::start().await;
    person(&stand, "old", "2019-01-01T00:00:00Z").await;
    person(&stand, "new", "2024-01-01T00:00:00Z").await;
    merge(&stand, "new", "old").await.unwrap();

    let read = pb::GetCustomerRequest {
        customer_id: "old".to_owned(),
        min_revision: 0,
    };
    let read = stand.customers().get_customer(read).await.unwrap();
    assert_eq!(read.into_inner().customer.unwrap().customer_id, "new");
    let list = pb::ListAccountsRequest {
        customer_id: "old".to_owned(),
        min_revision: 0,
    };
    let list = stand
        .accounts()
        .list_accounts(list)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(list.accounts.len(), 2);
    assert!(
        list.subscriptions
            .iter()
            .all(|one| one.customer_id == "new")
    );
    let events = pb::ListEventsRequest {
        customer_id: "old".to_owned(),
        ..pb::ListEventsRequest::default()
    };
    let events = stand
        .timeline()
        .list_events(events)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(events.events.len(), 2);
    let batch = pb::BatchGetCustomerFactsRequest {
        customer_ids: vec!["old".to_owned(), "new".to_owned(), "nobody".to_owned()],
    };
    let batch = stand
        .customers()
        .batch_get_customer_facts(batch)
        .await
        .unwrap();
    assert_eq!(batch.into_inner().facts, [stand.facts("new").await]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_who_is_merged_once_more_lead_to_the_last() {
    let stand = Stand::start().await;
    for id in ["a", "b", "c"] {
        person(&stand, id, "2024-01-01T00:00:00Z").await;
    }
    merge(&stand, "b", "a").await.unwrap();
    // By another name of the one that is merged.
    let merged = merge(&stand, "c", "a").await.unwrap();
    assert_eq!(merged.merged_customer_ids, ["a", "b"]);
    for id in ["a", "b", "c"] {
        assert_eq!(stand.facts(id).await.customer_id, "c");
    }
    assert!(!merge(&stand, "a", "b").await.unwrap().changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_not_be_one_sound_customer_is_not_merged() {
    let stand = Stand::start().await;
    person(&stand, "a", "2024-01-01T00:00:00Z").await;
    person(&stand, "b", "2024-01-01T00:00:00Z").await;
    refused(
        merge(&stand, "a", "a").await,
        Code::FailedPrecondition,
        "MERGED_WITH_ITSELF",
    );
    refused(
        merge(&stand, "a", "nobody").await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    refused(
        merge(&stand, "nobody", "a").await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    stand
        .record(vec![event("b", "e-a", types::EventKind::Contact)])
        .await
        .unwrap();
    let status = refused(
        merge(&stand, "a", "b").await,
        Code::FailedPrecondition,
        "IDS_COLLIDE",
    );
    assert_eq!(fact(&status, "of"), "events");
    assert_eq!(fact(&status, "ids"), "e-a");
    // Nothing is half done.
    assert_eq!(stand.facts("b").await.customer_id, "b");
    assert_eq!(stand.facts("a").await.subscriptions.len(), 1);

    for number in 0..51 {
        stand
            .upsert(customer(&format!("x-{number}")))
            .await
            .unwrap();
    }
    for number in 1..51 {
        merge(&stand, "x-0", &format!("x-{number}")).await.unwrap();
    }
    let status = refused(
        merge(&stand, "a", "x-0").await,
        Code::FailedPrecondition,
        "TOO_MANY",
    );
    assert_eq!(fact(&status, "of"), "merged customers");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ids_leave_in_the_feed_and_writes_meanwhile_are_not_lost() {
    let stand = Stand::start().await;
    person(&stand, "a", "2024-01-01T00:00:00Z").await;
    person(&stand, "b", "2024-01-01T00:00:00Z").await;
    let writes = (0..40).map(|number| {
        let id = if number % 2 == 0 { "a" } else { "b" };
        let stand = &stand;
        async move {
            let event = event(id, &format!("m-{number}"), types::EventKind::Contact);
            stand.record(vec![event]).await.unwrap();
        }
    });
    let (merged, _) = tokio::join!(merge(&stand, "a", "b"), futures::future::join_all(writes));
    let merged = merged.unwrap();
    let facts = stand.facts("b").await;
    let contacts = facts.activities.iter();
    let contacts = contacts.filter(|one| one.kind == i32::from(types::EventKind::Contact));
    assert_eq!(contacts.map(|one| one.count).sum::<u32>(), 40);
    let told = crate::changes::all(&stand).await;
    let of_b: Vec<&pb::Change> = told.iter().filter(|one| one.customer_id == "b").collect();
    let last = of_b.last().unwrap();
    assert_eq!(last.merged_into_customer_id, "a");
    assert_eq!(last.revision, merged.revision);
    let of_a = told.iter().filter(|one| one.customer_id == "a");
    assert_eq!(of_a.map(|one| one.revision).max(), Some(facts.revision));
}
