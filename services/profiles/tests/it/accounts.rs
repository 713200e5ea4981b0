use std::time::Duration;

use contract::profiles::v1 as pb;
use contract::types::v1::{EndReason, SubscriptionState};
use tonic::{Code, Status};

use crate::builders::{account, at, customer, money, row, subscription};
use crate::stand::Stand;
use crate::statuses::{fact, fields, refused};

fn end(service: &str, billing: Option<&str>) -> pb::EndSubscriptionRequest {
    pb::EndSubscriptionRequest {
        request_id: String::new(),
        customer_id: "c".to_owned(),
        subscription_id: "s".to_owned(),
        service_end_time: at(service),
        billing_end_time: billing.and_then(at),
        end_reason: EndReason::CustomerTermination.into(),
        stated_reason: "too_expensive".to_owned(),
        reason_category: "price".to_owned(),
    }
}

async fn reinstate(stand: &Stand) -> Result<pb::ReinstateSubscriptionResponse, Status> {
    let request = pb::ReinstateSubscriptionRequest {
        request_id: String::new(),
        customer_id: "c".to_owned(),
        subscription_id: "s".to_owned(),
    };
    let response = stand.accounts().reinstate_subscription(request).await?;
    Ok(response.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_subscriptions_read_back_as_they_were_written() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let again = stand.open(account("c", "a")).await.unwrap();
    assert!(!again.changed);
    let put = stand.put(subscription("c", "a", "s")).await.unwrap();
    assert!(!put.changed);
    let request = pb::ListAccountsRequest {
        customer_id: "c".to_owned(),
        min_revision: 3,
    };
    let listed = stand
        .accounts()
        .list_accounts(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(listed.accounts, [account("c", "a")]);
    assert_eq!(listed.subscriptions, [put.subscription.unwrap()]);
    assert_eq!(listed.revision, 3);
    let expected = pb::Subscription {
        state: SubscriptionState::Active.into(),
        ..subscription("c", "a", "s")
    };
    assert_eq!(listed.subscriptions[0], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let stand = Stand::start().await;
    let opened = stand.open(account("nobody", "a")).await;
    refused(opened, Code::NotFound, "CUSTOMER_NOT_FOUND");
    stand.upsert(customer("c")).await.unwrap();
    let put = stand.put(subscription("c", "nowhere", "s")).await;
    let status = refused(put, Code::NotFound, "ACCOUNT_NOT_FOUND");
    assert_eq!(fact(&status, "account_id"), "nowhere");
    let ended = stand
        .accounts()
        .end_subscription(end("2026-12-31T00:00:00Z", None))
        .await;
    let status = refused(ended, Code::NotFound, "SUBSCRIPTION_NOT_FOUND");
    assert_eq!(fact(&status, "subscription_id"), "s");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_stays_with_whom_it_belongs_to() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    stand.upsert(customer("d")).await.unwrap();
    let stolen = stand.open(account("d", "a")).await;
    let status = refused(stolen, Code::FailedPrecondition, "ID_TAKEN");
    assert_eq!(fact(&status, "account_id"), "a");
    stand.open(account("c", "b")).await.unwrap();
    let moved = stand.put(subscription("c", "b", "s")).await;
    refused(moved, Code::FailedPrecondition, "ID_TAKEN");
    let other_line = pb::Account {
        business_line: "books".to_owned(),
        ..account("c", "a")
    };
    refused(
        stand.open(other_line).await,
        Code::FailedPrecondition,
        "ID_TAKEN",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_customers_who_open_one_account_at_once_one_gets_it() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    stand.upsert(customer("d")).await.unwrap();
    for turn in 0..25 {
        let id = format!("a-{turn}");
        let (left, right) =
            tokio::join!(stand.open(account("c", &id)), stand.open(account("d", &id)));
        let loser = match (left, right) {
            (Ok(_), Err(status)) | (Err(status), Ok(_)) => status,
            both => panic!("one must get the account: {both:?}"),
        };
        refused::<()>(Err(loser), Code::FailedPrecondition, "ID_TAKEN");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_keeps_its_currency() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let euros = pb::Subscription {
        monthly_price: money(4_999, "EUR"),
        ..subscription("c", "a", "s")
    };
    let status = refused(
        stand.put(euros).await,
        Code::FailedPrecondition,
        "WRONG_CURRENCY",
    );
    let facts = (fact(&status, "currency"), fact(&status, "expected"));
    assert_eq!(facts, ("EUR".to_owned(), "USD".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_has_two_hundred_subscriptions_at_most() {
    use pb::import_record::Record;
    let stand = Stand::start().await;
    stand.subscriber().await;
    let many = (1..200_u64).map(|number| {
        let one = subscription("c", "a", &format!("s-{number}"));
        row(number, Record::Subscription(one))
    });
    assert_eq!(
        stand.import(many.collect()).await.unwrap().changed_count,
        199
    );
    let one_more = stand.put(subscription("c", "a", "more")).await;
    let status = refused(one_more, Code::FailedPrecondition, "TOO_MANY");
    assert_eq!(
        (fact(&status, "limit"), fact(&status, "of")),
        ("200".into(), "subscriptions".into())
    );
    assert_eq!(stand.facts("c").await.subscriptions.len(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pending_end_can_be_undone_whole_until_it_comes() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let before = stand.facts("c").await.subscriptions;
    let order = end("2026-12-31T00:00:00Z", Some("2027-01-15T00:00:00Z"));
    let ended = stand
        .accounts()
        .end_subscription(order.clone())
        .await
        .unwrap()
        .into_inner();
    let pending = ended.subscription.unwrap();
    assert_eq!(pending.state(), SubscriptionState::CancelPending);
    assert_eq!(pending.billing_end_time, at("2027-01-15T00:00:00Z"));
    assert_eq!(pending.stated_reason, "too_expensive");
    assert_eq!(pending.reason_category, "price");
    let again = stand
        .accounts()
        .end_subscription(order)
        .await
        .unwrap()
        .into_inner();
    assert!(!again.changed);
    assert_eq!(again.revision, ended.revision);

    let undone = reinstate(&stand).await.unwrap();
    assert!(undone.changed);
    let facts = stand.facts("c").await;
    assert_eq!(facts.subscriptions, before);
    assert_eq!(facts.lifetimes[0].end_time, None);
    assert_eq!(facts.lifetimes[0].stated_reason, "");
    assert!(!reinstate(&stand).await.unwrap().changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_has_come_cannot_be_undone() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let order = end("2026-12-31T00:00:00Z", None);
    stand.accounts().end_subscription(order).await.unwrap();
    stand.clock.set("2026-12-31T00:00:00Z".parse().unwrap());
    let status = refused(
        reinstate(&stand).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
    assert_eq!(fact(&status, "state"), "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_in_the_past_ends_at_once_and_bills_to_the_same_day() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let order = end("2026-11-01T00:00:00Z", None);
    let ended = stand
        .accounts()
        .end_subscription(order)
        .await
        .unwrap()
        .into_inner();
    let gone = ended.subscription.unwrap();
    assert_eq!(gone.state(), SubscriptionState::Ended);
    assert_eq!(gone.billing_end_time, gone.service_end_time);
    let lifetime = &stand.facts("c").await.lifetimes[0];
    assert_eq!(lifetime.end_time, at("2026-11-01T00:00:00Z"));
    assert_eq!(lifetime.end_reason(), EndReason::CustomerTermination);
    assert_eq!(lifetime.stated_reason, "too_expensive");
    assert_eq!(lifetime.reason_category, "price");
    let subscription = &stand.facts("c").await.subscriptions[0];
    assert_eq!(subscription.stated_reason, "too_expensive");
    assert_eq!(subscription.reason_category, "price");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_comes_with_an_import_and_outlives_a_feed_that_does_not_know_it() {
    use pb::import_record::Record;
    let stand = Stand::start().await;
    stand.subscriber().await;
    let ended = pb::Subscription {
        service_end_time: at("2026-11-01T00:00:00Z"),
        stated_reason: "moved_out_of_footprint".to_owned(),
        reason_category: "structural".to_owned(),
        ..subscription("c", "a", "s")
    };
    let said = vec![row(1, Record::Subscription(ended.clone()))];
    stand.import(said).await.unwrap();
    let silent = pb::Subscription {
        stated_reason: String::new(),
        reason_category: String::new(),
        ..ended
    };
    assert!(!stand.put(silent).await.unwrap().changed);
    let lifetime = &stand.facts("c").await.lifetimes[0];
    assert_eq!(lifetime.stated_reason, "moved_out_of_footprint");
    assert_eq!(lifetime.reason_category, "structural");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_undone_by_the_version_before_forgets_what_was_said() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let order = end("2026-12-31T00:00:00Z", None);
    stand.accounts().end_subscription(order).await.unwrap();
    let pool = &stand.database.pool;
    sqlx::query("update subscription set service_end_time = null, billing_end_time = null, end_reason = null")
        .execute(pool)
        .await
        .unwrap();
    let kept: (String, String) =
        sqlx::query_as("select stated_reason, reason_category from subscription")
            .fetch_one(pool)
            .await
            .unwrap();
    assert_eq!(kept, (String::new(), String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_a_key_and_never_what_somebody_wrote() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    for text in [
        "My husband died",
        "Too_Expensive",
        "_price",
        "1",
        "trop_cher_é",
        &"x".repeat(65),
    ] {
        let mut order = end("2026-12-31T00:00:00Z", None);
        text.clone_into(&mut order.stated_reason);
        text.clone_into(&mut order.reason_category);
        let refusal = stand.accounts().end_subscription(order).await;
        let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
        assert_eq!(
            fields(&status),
            ["reason_category", "stated_reason"],
            "{text}"
        );
    }
    let unended = pb::Subscription {
        stated_reason: "too_expensive".to_owned(),
        reason_category: "price".to_owned(),
        ..subscription("c", "a", "s")
    };
    let status = refused(
        stand.put(unended).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    assert_eq!(
        fields(&status),
        ["subscription.reason_category", "subscription.stated_reason"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_comes_is_noted_and_told() {
    let stand = Stand::with(|settings| settings.settle_interval_ms = 10).await;
    stand.subscriber().await;
    let order = end("2026-12-31T00:00:00Z", None);
    let ended = stand
        .accounts()
        .end_subscription(order)
        .await
        .unwrap()
        .into_inner();
    let request = pb::WatchChangesRequest::default();
    let mut feed = stand
        .changes()
        .watch_changes(request)
        .await
        .unwrap()
        .into_inner();
    stand.clock.set("2027-01-01T00:00:00Z".parse().unwrap());
    let noted = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            let run = feed.message().await.unwrap().unwrap();
            if let Some(last) = run
                .changes
                .last()
                .filter(|one| one.revision > ended.revision)
            {
                return last.clone();
            }
        }
    });
    let kinds: Vec<_> = noted.await.unwrap().kinds().collect();
    assert_eq!(kinds, [pb::ChangeKind::Subscription]);
    assert_eq!(
        stand.facts("c").await.subscriptions[0].state(),
        SubscriptionState::Ended
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_stand_in_order() {
    let stand = Stand::start().await;
    stand.subscriber().await;
    let unfit = pb::Subscription {
        commitment_end_time: at("2023-01-01T00:00:00Z"),
        service_end_time: at("2023-01-01T00:00:00Z"),
        billing_end_time: at("2023-01-01T00:00:00Z"),
        ..subscription("c", "a", "s")
    };
    let status = refused(
        stand.put(unfit).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    assert_eq!(
        fields(&status),
        [
            "subscription.billing_end_time",
            "subscription.commitment_end_time",
            "subscription.service_end_time"
        ]
    );
    let reason_only = pb::Subscription {
        end_reason: EndReason::Death.into(),
        ..subscription("c", "a", "s")
    };
    let status = refused(
        stand.put(reason_only).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    assert_eq!(fields(&status), ["subscription.end_reason"]);
    let ended = pb::Subscription {
        state: SubscriptionState::Ended.into(),
        ..subscription("c", "a", "s")
    };
    let status = refused(
        stand.put(ended).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    assert_eq!(fields(&status), ["service_end_time"]);
}
