//! Staying after all without an offer, and what is said of leaving.

use contract::offers::v1 as pb;
use pb::PresentedOutcome::{Accepted, Presented};
use tonic::Code;

use crate::merged::{leave, merge, two_of_one_person};
use crate::neighbours::CareOrder;
use crate::review::review;
use crate::world::{World, goodbye, kinds, refused, respond, too_expensive, wait_until};

fn stay(request_id: &str) -> pb::ReinstateSubscriptionRequest {
    pb::ReinstateSubscriptionRequest {
        request_id: request_id.to_owned(),
        customer_id: "c-1".to_owned(),
        subscription_id: "s-1".to_owned(),
        agent: None,
    }
}

/// Somebody whose end lies ahead.
async fn about_to_leave() -> (World, pb::ConfirmCancellationResponse) {
    let mut world = World::start().await;
    world.ask(too_expensive("k-1")).await.unwrap();
    let left = world.leave(goodbye("k-1")).await.unwrap();
    (world, left)
}

/// What lifecycle was asked to take back, once it was asked for something before.
fn withdrawn(world: &World) -> Vec<String> {
    let orders = world.neighbours.care().into_iter().skip(1);
    let withdrawn = orders.filter_map(|order| match order {
        CareOrder::Withdraw(order) => Some(format!("{} {}", order.subject, order.reason)),
        CareOrder::Schedule(_) => None,
    });
    withdrawn.collect()
}

#[tokio::test]
async fn who_changes_their_mind_stays_and_everything_is_taken_back_in_order() {
    let (mut world, left) = about_to_leave().await;
    let stays = world.desk.reinstate_subscription(stay("stay")).await;
    let stays = stays.unwrap().into_inner();
    let id = left.acknowledgement.unwrap().acknowledgement_id;
    assert_eq!(stays.acknowledgement_ids, [id.as_str()]);
    let again = world.desk.reinstate_subscription(stay("stay")).await;
    let again = again.unwrap().into_inner();
    assert!(again.replayed);
    assert_eq!(again.acknowledgement_ids, stays.acknowledgement_ids);

    world.wait_for("select count(*) from outbox", 0).await;
    assert_eq!(world.neighbours.ended().len(), 1);
    assert_eq!(world.neighbours.reinstated().len(), 1);
    assert_eq!(withdrawn(&world), ["s-1 REINSTATED"]);
    let session = world.session(&left.session_id).await;
    assert_eq!(session.state(), pb::SessionState::Closed);
    assert!(session.acknowledgement.is_none());
    assert!(kinds(&session.events).ends_with("cancel_recorded cancel_revoked"));
    let record = pb::GetCancellationRecordRequest {
        customer_id: "c-1".to_owned(),
        session_id: left.session_id,
    };
    let record = world.desk.get_cancellation_record(record).await.unwrap();
    let record = record.into_inner().record.unwrap();
    assert!(record.intact && record.sealed, "{record:?}");

    let nothing = world.desk.reinstate_subscription(stay("once-more")).await;
    refused(nothing, Code::FailedPrecondition, "NO_CANCELLATION");
    let reused = pb::ReinstateSubscriptionRequest {
        subscription_id: "s-2".to_owned(),
        ..stay("stay")
    };
    let reused = world.desk.reinstate_subscription(reused).await;
    refused(reused, Code::FailedPrecondition, "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn who_leaves_again_after_staying_has_tasks_of_their_own() {
    let (mut world, _) = about_to_leave().await;
    world
        .desk
        .reinstate_subscription(stay("stay"))
        .await
        .unwrap();
    let left = world.leave(goodbye("k-1")).await.unwrap();
    assert!(!left.replayed);
    world.wait_for("select count(*) from outbox", 0).await;
    let orders = world.neighbours.care();
    let Some(CareOrder::Schedule(second)) = orders.last() else {
        panic!("{orders:?}");
    };
    let subjects = second.tasks.iter().map(|task| task.subject.as_str());
    let subjects: Vec<&str> = subjects.collect();
    assert!(subjects.contains(&"s-1/final_bill/2"), "{subjects:?}");
    assert!(subjects.contains(&"s-1/2"), "{subjects:?}");
}

#[tokio::test]
async fn after_the_end_there_is_nothing_to_take_back() {
    let mut world = World::start().await;
    world.leave(goodbye("k-1")).await.unwrap();
    let ended = world.desk.reinstate_subscription(stay("late")).await;
    refused(ended, Code::FailedPrecondition, "SUBSCRIPTION_ENDED");
    assert_eq!(world.neighbours.reinstated(), []);
    let other = pb::ReinstateSubscriptionRequest {
        subscription_id: "s-9".to_owned(),
        ..stay("other")
    };
    let nothing = world.desk.reinstate_subscription(other).await;
    refused(nothing, Code::FailedPrecondition, "NO_CANCELLATION");
}

#[tokio::test]
async fn who_accepts_after_leaving_is_not_asked_back() {
    let mut world = World::start().await;
    let step = |number: u32, permission: pb::Permission| pb::RequestSaveOfferRequest {
        request_id: format!("step-{number}"),
        step: number,
        jurisdiction: "US-MN".to_owned(),
        permission: permission.into(),
        ..too_expensive("k-1")
    };
    let first = step(1, pb::Permission::Unspecified);
    world.ask(first).await.unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let offered = world.ask(step(2, pb::Permission::Granted)).await.unwrap();
    let heard = respond("k-1", &offered, Presented);
    world.answer(heard).await.unwrap();
    let yes = respond("k-1", &offered, Accepted);
    world.answer(yes).await.unwrap();
    wait_until("what waits is taken back", async || {
        withdrawn(&world) == ["s-1 REINSTATED"]
    })
    .await;
}

#[tokio::test]
async fn a_person_of_two_ids_stays_by_either() {
    let mut world = two_of_one_person().await;
    let asked = crate::merged::ask("contact-gone", "c-0");
    let subscription_id = asked.subscription_id.clone();
    world.ask(asked).await.unwrap();
    world.leave(leave("contact-gone", "c-0")).await.unwrap();
    merge(&world).await;
    let stays = pb::ReinstateSubscriptionRequest {
        customer_id: "c-1".to_owned(),
        subscription_id,
        ..stay("stay")
    };
    let stays = world.desk.reinstate_subscription(stays).await.unwrap();
    assert_eq!(stays.into_inner().acknowledgement_ids.len(), 1);
}

fn content(session_id: &str, score: u32) -> pb::RecordExitSatisfactionRequest {
    pb::RecordExitSatisfactionRequest {
        request_id: String::new(),
        customer_id: "c-1".to_owned(),
        session_id: session_id.to_owned(),
        score: Some(score),
        reason_key: "quick_and_easy".to_owned(),
    }
}

#[tokio::test]
async fn what_is_said_of_leaving_is_recorded_once_and_told_with_the_record() {
    let (mut world, left) = about_to_leave().await;
    let id = &left.session_id;
    let first = world.desk.record_exit_satisfaction(content(id, 9)).await;
    let first = first.unwrap().into_inner();
    assert!(!first.replayed);
    let again = world.desk.record_exit_satisfaction(content(id, 9)).await;
    let again = again.unwrap().into_inner();
    assert!(again.replayed);
    assert_eq!(again.exit_satisfaction, first.exit_satisfaction);
    let otherwise = world.desk.record_exit_satisfaction(content(id, 2)).await;
    let reason = "EXIT_SATISFACTION_RECORDED";
    refused(otherwise, Code::FailedPrecondition, reason);
    let record = pb::GetCancellationRecordRequest {
        customer_id: "c-1".to_owned(),
        session_id: id.clone(),
    };
    let record = world.desk.get_cancellation_record(record).await.unwrap();
    let record = record.into_inner().record.unwrap();
    assert_eq!(record.exit_satisfaction, first.exit_satisfaction);
    assert!(record.intact);
    let told = review(&world, "").await.exit_satisfaction.unwrap();
    assert_eq!((told.cancellations, told.rated), (1, 1));
    assert_eq!(told.mean_score, Some(9.0));
    assert_eq!(told.rated_by_score, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    assert_eq!(told.by_reason[0].reason_key, "quick_and_easy");
    let spoilt = pb::RecordExitSatisfactionRequest {
        reason_key: "Ann said so".to_owned(),
        ..content(id, 11)
    };
    let spoilt = world.desk.record_exit_satisfaction(spoilt).await;
    refused(spoilt, Code::InvalidArgument, "INVALID_FIELD");
}

#[tokio::test]
async fn who_did_not_leave_is_not_content_with_leaving() {
    let mut world = World::start().await;
    let asked = world.ask(too_expensive("k-1")).await.unwrap();
    let stays = content(&asked.session_id, 5);
    let stays = world.desk.record_exit_satisfaction(stays).await;
    refused(stays, Code::FailedPrecondition, "NO_CANCELLATION");
    let nobody = pb::RecordExitSatisfactionRequest {
        customer_id: "c-2".to_owned(),
        ..content(&asked.session_id, 5)
    };
    let nobody = world.desk.record_exit_satisfaction(nobody).await;
    refused(nobody, Code::NotFound, "SESSION_NOT_FOUND");
}

#[tokio::test]
async fn what_was_said_of_leaving_is_nobodys_after_an_erasure() {
    let (mut world, left) = about_to_leave().await;
    let said = content(&left.session_id, 1);
    world.desk.record_exit_satisfaction(said).await.unwrap();
    world.wait_for("select count(*) from outbox", 0).await;
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for_feed().await;
    let blank = "select count(*) from exit_satisfaction \
                 where score = 1 and reason_key = '' and customer_id like 'erased-%'";
    assert_eq!(world.number(blank).await, 1);
    let pseudonym: String = sqlx::query_scalar("select customer_id from save_session")
        .fetch_one(&world.database.pool)
        .await
        .unwrap();
    let late = pb::RecordExitSatisfactionRequest {
        customer_id: pseudonym,
        ..content(&left.session_id, 1)
    };
    let late = world.desk.record_exit_satisfaction(late).await;
    refused(late, Code::FailedPrecondition, "CALL_ERASED");
}
