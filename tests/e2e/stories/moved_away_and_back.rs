//! "I moved to where you were not. Are you there now?"

use contract::lifecycle::v1::{self as lifecycle, CareKind, CareState, CareTask};
use contract::offers::v1 as pb;
use contract::profiles::v1 as profiles;
use contract::types::v1 as types;
use kernel::time::{Clock, SystemClock};
use prost_types::Timestamp;
use tests::desk::{Call, codes};
use tests::people::Person;
use tests::wait::eventually;

use crate::suite::Suite;

const DAY_SECONDS: i64 = 86_400;

async fn tasks(suite: &Suite, person: &Person) -> Vec<CareTask> {
    let request = lifecycle::ListTasksRequest {
        customer_id: person.id().to_owned(),
    };
    let listed = suite.clients.care().list_tasks(request).await.unwrap();
    listed.into_inner().tasks
}

/// The one task that asks somebody who is gone.
async fn follow(suite: &Suite, person: &Person) -> CareTask {
    eventually("they are to be asked once", async || {
        let tasks = tasks(suite, person).await.into_iter();
        let asks = tasks.filter(|task| matches!(task.kind(), CareKind::Follow | CareKind::WinBack));
        let asks: Vec<CareTask> = asks.collect();
        assert!(asks.len() < 2, "asked more than once: {asks:?}");
        asks.into_iter().next()
    })
    .await
}

/// Somebody who was here for years and moved away 200 days ago; they tell the desk today.
async fn moved_200_days_ago(suite: &Suite, name: &str) -> Person {
    let mut person = Person::named(name)
        .customer_for_days(1_200)
        .left_days_ago(200);
    "mo@example.org".clone_into(&mut person.customer.email);
    "moved_out_of_area".clone_into(&mut person.subscription.stated_reason);
    "structural".clone_into(&mut person.subscription.reason_category);
    person.write(&suite.clients).await;
    let contact = format!("{name}-moved");
    let call = Call::of(&person, &contact).because("moved_out_of_area");
    call.ask(&suite.clients).await;
    call.confirm(&suite.clients).await;
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn who_moves_away_leaves_by_a_plan_and_is_asked_once_later() {
    let suite = Suite::start().await;
    let person = Person::named("mover");
    person.write(&suite.clients).await;
    let call = Call::of(&person, "k-1").because("moved_out_of_area");
    let screen = call.ask(&suite.clients).await;
    assert_eq!(codes(&screen.let_go_reasons), ["STRUCTURAL_REASON"]);
    assert_eq!(codes(&screen.considerations), ["DESTINATION_NOT_CHECKED"]);
    let looked_up = call.later(2).to_a_place_served(false);
    let screen = looked_up.ask(&suite.clients).await;
    assert_eq!(codes(&screen.let_go_reasons), ["STRUCTURAL_REASON"]);
    assert_eq!(screen.considerations, []);
    assert_eq!(suite.databases.count("presented_offer").await, 0);

    let left = call.confirm(&suite.clients).await;
    let plan = left.exit_plan.unwrap();
    assert_eq!(plan.r#type(), pb::ExitType::Move);
    let hand_off = plan.steps.iter().find(|step| step.key == "hand_off");
    assert_eq!(hand_off.unwrap().owner, "field");
    let proof = left.acknowledgement.unwrap();
    let again = call.confirm(&suite.clients).await.acknowledgement.unwrap();
    assert_eq!(again.acknowledgement_id, proof.acknowledgement_id);

    let follow = follow(&suite, &person).await;
    assert_eq!(follow.kind(), CareKind::Follow);
    assert_eq!(follow.theme, "we_reach_you_now");
    let days = follow.due_time.unwrap().seconds - proof.service_end_time.unwrap().seconds;
    assert_eq!(days, 180 * DAY_SECONDS);
    let steps = tasks(&suite, &person).await.into_iter();
    let steps = steps.filter(|task| task.kind() == CareKind::ExitStep);
    assert_eq!(steps.count(), plan.steps.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_objection_ends_the_asking() {
    let suite = Suite::start().await;
    let person = moved_200_days_ago(&suite, "wants-peace").await;
    let waiting = follow(&suite, &person).await;
    assert_eq!(waiting.state(), CareState::Waiting);
    let objection = profiles::RecordConsentRequest {
        request_id: String::new(),
        consent: Some(profiles::Consent {
            customer_id: person.id().to_owned(),
            channel: types::ConsentChannel::Email.into(),
            state: types::ConsentState::Objected.into(),
            record_time: Some(now()),
            source: "call".to_owned(),
        }),
    };
    let mut consents = suite.clients.consents();
    consents.record_consent(objection).await.unwrap();

    let lease = lifecycle::LeaseTasksRequest {
        sender: "mailer-1".to_owned(),
        kinds: vec![CareKind::Follow.into()],
        ..Default::default()
    };
    let leased = suite.clients.care().lease_tasks(lease).await.unwrap();
    assert_eq!(leased.into_inner().tasks, []);
    let over = follow(&suite, &person).await;
    assert_eq!(over.task_id, waiting.task_id);
    assert_eq!(
        (over.state(), over.state_reason.as_str()),
        (CareState::Dropped, "OBJECTED")
    );
}

fn now() -> Timestamp {
    let now = SystemClock.now();
    Timestamp {
        seconds: now.as_second(),
        nanos: now.subsec_nanosecond(),
    }
}

/// A new lifetime begins under a new subscription; returns who it is now, and the revision.
async fn comes_back(suite: &Suite, person: &Person) -> (Person, u64) {
    let mut back = person.clone();
    back.subscription = profiles::Subscription {
        subscription_id: format!("{}-again", person.id()),
        state: types::SubscriptionState::Active.into(),
        start_time: Some(now()),
        service_end_time: None,
        end_reason: types::EndReason::Unspecified.into(),
        stated_reason: String::new(),
        reason_category: String::new(),
        ..back.subscription
    };
    let request = profiles::PutSubscriptionRequest {
        request_id: String::new(),
        subscription: Some(back.subscription.clone()),
    };
    let mut accounts = suite.clients.accounts();
    let written = accounts.put_subscription(request).await.unwrap();
    (back, written.into_inner().revision)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_is_known_and_welcomed_where_they_are_served() {
    let suite = Suite::start().await;
    let person = moved_200_days_ago(&suite, "returner").await;
    let waiting = follow(&suite, &person).await;
    assert_eq!(waiting.state(), CareState::Waiting);
    let (back, revision) = comes_back(&suite, &person).await;

    let mut call = Call::of(&back, "k-1").not_before(revision);
    call.request.occasion = pb::Occasion::WelcomeBack.into();
    let screen = call.ask(&suite.clients).await;
    assert_eq!(codes(&screen.let_go_reasons), ["DESTINATION_NOT_CHECKED"]);
    let elsewhere = call.later(2).to_a_place_served(false);
    let screen = elsewhere.ask(&suite.clients).await;
    assert_eq!(codes(&screen.let_go_reasons), ["DESTINATION_NOT_SERVED"]);
    let served = call.later(3).to_a_place_served(true);
    let screen = served.ask(&suite.clients).await;
    assert_eq!(screen.customer.unwrap().lifetime_count, 2);
    // The thousand days before count.
    assert_eq!(screen.offers[0].offer_key, "your_years_still_count");

    eventually("nobody asks any more who is back", async || {
        let over = follow(&suite, &person).await;
        (over.state() == CareState::Dropped && over.state_reason == "RETURNED").then_some(())
    })
    .await;
}
