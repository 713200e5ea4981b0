//! One effect and one answer per request id.

use std::time::Duration;

use contract::profiles::v1 as pb;
use contract::types::v1::{ConsentState, EndReason, EventKind, RecoveryStep};
use futures::future::join_all;
use tonic::Code;

use crate::builders::{account, at, consent, customer, event, incident, subscription};
use crate::stand::Stand;
use crate::statuses::{fact, refused};

fn upsert(request_id: &str, customer: pb::Customer) -> pb::UpsertCustomerRequest {
    pb::UpsertCustomerRequest {
        request_id: request_id.to_owned(),
        customer: Some(customer),
        ..pb::UpsertCustomerRequest::default()
    }
}

/// I6.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_sent_many_times_at_once_has_one_effect_and_one_answer() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let events = vec![event("c", "e", EventKind::Usage)];
    let request = pb::RecordEventsRequest {
        request_id: "r".to_owned(),
        events,
    };
    let calls = (0..24).map(|_| {
        let (request, mut timeline) = (request.clone(), stand.timeline());
        async move { timeline.record_events(request).await }
    });
    for answer in join_all(calls).await {
        let answer = answer.unwrap().into_inner();
        // Without the log all but one would be told that the event is a duplicate.
        assert_eq!((answer.recorded_count, answer.duplicate_count), (1, 0));
        assert_eq!(answer.revisions["c"], 2);
    }
    assert_eq!(stand.facts("c").await.revision, 2);
}

/// I7, and the same for a request of another method.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_not_used_for_another_request() {
    let stand = Stand::start().await;
    let first = upsert("r", customer("c"));
    stand.customers().upsert_customer(first).await.unwrap();
    let other = stand
        .customers()
        .upsert_customer(upsert("r", customer("d")))
        .await;
    let status = refused(other, Code::FailedPrecondition, "REQUEST_ID_REUSED");
    assert_eq!(fact(&status, "request_id"), "r");
    refused(
        stand.facts_from("d", 0).await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    let request = pb::OpenAccountRequest {
        request_id: "r".to_owned(),
        account: Some(account("c", "a")),
    };
    let opened = stand.accounts().open_account(request).await;
    refused(opened, Code::FailedPrecondition, "REQUEST_ID_REUSED");
}

/// I8.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_remembered() {
    let stand = Stand::start().await;
    let request = || pb::OpenAccountRequest {
        request_id: "r".to_owned(),
        account: Some(account("c", "a")),
    };
    let early = stand.accounts().open_account(request()).await;
    refused(early, Code::NotFound, "CUSTOMER_NOT_FOUND");
    stand.upsert(customer("c")).await.unwrap();
    assert!(
        stand
            .accounts()
            .open_account(request())
            .await
            .unwrap()
            .into_inner()
            .changed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_gets_the_first_answer_even_when_the_world_has_moved_on() {
    let stand = Stand::start().await;
    let first = stand
        .customers()
        .upsert_customer(upsert("r", customer("c")))
        .await
        .unwrap();
    let moved_on = pb::Customer {
        display_name: "Grace Example".to_owned(),
        ..customer("c")
    };
    stand.upsert(moved_on).await.unwrap();
    stand.clock.advance(Duration::from_hours(1));
    let retry = stand
        .customers()
        .upsert_customer(upsert("r", customer("c")))
        .await
        .unwrap();
    assert_eq!(retry.into_inner(), first.into_inner());
    assert_eq!(stand.facts("c").await.revision, 2);
}

/// I10: the effect is there although its first caller never heard of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_is_given_to_the_retry() {
    let stand = Stand::with(|settings| {
        let method = "rekindle.profiles.v1.AccountService/OpenAccount".to_owned();
        let deadlines = &mut settings.process.serve.edge.method_deadlines_ms;
        deadlines.insert(method, 250);
    })
    .await;
    stand.upsert(customer("c")).await.unwrap();
    let lock = "select pg_advisory_lock(hashtextextended('c', 0))";
    let mut holder = stand.database.pool.acquire().await.unwrap();
    sqlx::query(lock).execute(&mut *holder).await.unwrap();
    let body = || pb::OpenAccountRequest {
        request_id: "r".to_owned(),
        account: Some(account("c", "a")),
    };
    let late = stand.accounts().open_account(body()).await;
    refused(late, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    // The transaction still waits for the lock; it goes on when it gets it.
    let unlock = "select pg_advisory_unlock(hashtextextended('c', 0))";
    sqlx::query(unlock).execute(&mut *holder).await.unwrap();
    let retry = stand
        .accounts()
        .open_account(body())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((retry.changed, retry.revision), (true, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_about_accounts_remembers_its_request() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let mut accounts = stand.accounts();
    let attributes = (0..20).map(|number| (format!("name-{number}"), String::new()));
    let put = pb::Subscription {
        attributes: attributes.collect(),
        ..subscription("c", "a", "s")
    };
    for _ in 0..2 {
        let request = pb::OpenAccountRequest {
            request_id: "open".to_owned(),
            account: Some(account("c", "a")),
        };
        let opened = accounts.open_account(request).await.unwrap().into_inner();
        let request = pb::PutSubscriptionRequest {
            request_id: "put".to_owned(),
            subscription: Some(put.clone()),
        };
        let put = accounts
            .put_subscription(request)
            .await
            .unwrap()
            .into_inner();
        let request = pb::EndSubscriptionRequest {
            request_id: "end".to_owned(),
            customer_id: "c".to_owned(),
            subscription_id: "s".to_owned(),
            service_end_time: at("2027-01-01T00:00:00Z"),
            billing_end_time: None,
            end_reason: EndReason::CustomerTermination.into(),
            stated_reason: "too_expensive".to_owned(),
            reason_category: "price".to_owned(),
        };
        let ended = accounts
            .end_subscription(request)
            .await
            .unwrap()
            .into_inner();
        let request = pb::ReinstateSubscriptionRequest {
            request_id: "undo".to_owned(),
            customer_id: "c".to_owned(),
            subscription_id: "s".to_owned(),
        };
        let undone = accounts
            .reinstate_subscription(request)
            .await
            .unwrap()
            .into_inner();
        let answers = [
            (opened.changed, opened.revision),
            (put.changed, put.revision),
            (ended.changed, ended.revision),
            (undone.changed, undone.revision),
        ];
        assert_eq!(answers, [(true, 2), (true, 3), (true, 4), (true, 5)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_about_incidents_and_consents_remembers_its_request() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let mut incidents = stand.incidents();
    for _ in 0..2 {
        let request = pb::OpenIncidentRequest {
            request_id: "open".to_owned(),
            incident: Some(incident("c", "i")),
        };
        let opened = incidents.open_incident(request).await.unwrap().into_inner();
        let request = pb::AdvanceRecoveryRequest {
            request_id: "advance".to_owned(),
            customer_id: "c".to_owned(),
            incident_id: "i".to_owned(),
            recovery_step: RecoveryStep::Own.into(),
            ..pb::AdvanceRecoveryRequest::default()
        };
        let advanced = incidents
            .advance_recovery(request)
            .await
            .unwrap()
            .into_inner();
        let request = pb::ResolveIncidentRequest {
            request_id: "resolve".to_owned(),
            customer_id: "c".to_owned(),
            incident_id: "i".to_owned(),
            ..pb::ResolveIncidentRequest::default()
        };
        let resolved = incidents
            .resolve_incident(request)
            .await
            .unwrap()
            .into_inner();
        let said = consent("c", ConsentState::Granted, "2026-01-01T00:00:00Z");
        let request = pb::RecordConsentRequest {
            request_id: "consent".to_owned(),
            consent: Some(said),
        };
        let said = stand
            .consents()
            .record_consent(request)
            .await
            .unwrap()
            .into_inner();
        let answers = [
            (opened.changed, opened.revision),
            (advanced.changed, advanced.revision),
            (resolved.changed, resolved.revision),
            (said.changed, said.revision),
        ];
        assert_eq!(answers, [(true, 2), (true, 3), (true, 4), (true, 5)]);
    }
}
