//! Offers once the cancellation is done: only with permission, and accepting undoes the end.

use contract::offers::v1 as pb;
use contract::types::v1::SubscriptionState;
use pb::PresentedOutcome::{Accepted, Declined, Presented};
use tonic::Code;

use crate::neighbours::facts;
use crate::world::{World, goodbye, kinds, let_go, refused, respond, too_expensive, wait_until};

/// A step of a call from a place that allows offers only afterwards.
fn step(contact: &str, number: u32, permission: pb::Permission) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        request_id: format!("step-{number}-{contact}"),
        step: number,
        jurisdiction: "US-MN".to_owned(),
        permission: permission.into(),
        ..too_expensive(contact)
    }
}

const ASKED: pb::Permission = pb::Permission::Granted;
const UNASKED: pb::Permission = pb::Permission::Unspecified;

#[tokio::test]
async fn who_accepts_afterwards_stays_and_may_leave_again() {
    let mut world = World::start().await;
    let first = world.ask(step("k-1", 1, UNASKED)).await.unwrap();
    assert_eq!(let_go(&first), "AFTER_CANCEL_ONLY");
    let granted_too_soon = world.ask(step("k-1", 2, ASKED)).await.unwrap();
    assert_eq!(let_go(&granted_too_soon), "AFTER_CANCEL_ONLY");
    let mut goodbye_once = goodbye("k-1");
    "leave-once".clone_into(&mut goodbye_once.request_id);
    let left = world.leave(goodbye_once.clone()).await.unwrap();

    let unasked = world.ask(step("k-1", 3, UNASKED)).await.unwrap();
    assert_eq!(let_go(&unasked), "ALREADY_CANCELLED");
    let offered = world.ask(step("k-1", 4, ASKED)).await.unwrap();
    assert_eq!(offered.outcome(), pb::DecisionOutcome::Present);
    assert_eq!(offered.session_state(), pb::SessionState::CancelRecorded);
    let again = world.leave(goodbye("k-1")).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.acknowledgement, left.acknowledgement);

    world
        .answer(respond("k-1", &offered, Presented))
        .await
        .unwrap();
    let accepted = world
        .answer(respond("k-1", &offered, Accepted))
        .await
        .unwrap();
    assert_eq!(accepted.session_state(), pb::SessionState::SaveRecorded);
    let revoked = "select count(*) from cancellation where revoked_at is not null";
    assert_eq!(world.number(revoked).await, 1);
    wait_until("the subscription goes on", async || {
        world.neighbours.reinstated().len() == 1
    })
    .await;
    let session = world.session(&offered.session_id).await;
    assert!(session.acknowledgement.is_none());
    assert_eq!(
        kinds(&session.events),
        "opened let_go permission_granted let_go cancel_recorded let_go permission_granted offered \
         disclosed presented cancel_revoked accepted"
    );

    // The retry of what was asked before does not cancel again.
    let late = world.leave(goodbye_once).await.unwrap();
    assert!(late.replayed);
    assert_eq!(late.acknowledgement, left.acknowledgement);
    assert_eq!(world.neighbours.ended().len(), 1);

    let second = world.leave(goodbye("k-1")).await.unwrap();
    assert!(!second.replayed);
    assert_ne!(second.acknowledgement, left.acknowledgement);
    wait_until("it ends again", async || {
        world.neighbours.ended().len() == 2
    })
    .await;
    assert_eq!(world.neighbours.reinstated().len(), 1);
}

#[tokio::test]
async fn a_refusal_afterwards_ends_it_and_the_cancellation_stands() {
    let mut world = World::start().await;
    world.ask(step("k-1", 1, UNASKED)).await.unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let offered = world.ask(step("k-1", 2, ASKED)).await.unwrap();
    assert_eq!(offered.outcome(), pb::DecisionOutcome::Present);
    refused(
        world.ask(step("k-1", 3, ASKED)).await,
        Code::FailedPrecondition,
        "TOO_MANY_OFFERS",
    );
    let declined = world
        .answer(respond("k-1", &offered, Declined))
        .await
        .unwrap();
    assert_eq!(declined.session_state(), pb::SessionState::CancelRecorded);
    refused(
        world.ask(step("k-1", 4, ASKED)).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
    assert!(world.leave(goodbye("k-1")).await.unwrap().replayed);
    assert_eq!(world.neighbours.reinstated(), []);
}

#[tokio::test]
async fn what_was_offered_before_the_cancellation_went_with_it() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    refused(
        world.answer(respond("k-1", &answer, Accepted)).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
    assert_eq!(world.number("select count(*) from acceptance").await, 0);
}

#[tokio::test]
async fn a_later_contact_may_offer_with_permission_and_undoes_the_end_of_the_earlier() {
    let mut world = World::start().await;
    let left = world.leave(goodbye("k-1")).await.unwrap();
    let mut pending = facts("c-1");
    pending.revision = 2;
    pending.subscriptions[0].state = SubscriptionState::CancelPending.into();
    // The contract was not known when they left, so that the end would be over by now.
    world
        .execute("update cancellation set service_end_at = now() + interval '10 days'")
        .await;
    world.neighbours.put(pending);
    let ask = |contact: &str, permission| pb::RequestSaveOfferRequest {
        min_revision: 2,
        ..step(contact, 1, permission)
    };
    let unasked = world.ask(ask("k-2", UNASKED)).await.unwrap();
    assert_eq!(let_go(&unasked), "ALREADY_CANCELLED");
    let offered = world.ask(ask("k-3", ASKED)).await.unwrap();
    assert_eq!(offered.outcome(), pb::DecisionOutcome::Present);
    world
        .answer(respond("k-3", &offered, Accepted))
        .await
        .unwrap();
    wait_until("the subscription goes on", async || {
        world.neighbours.reinstated().len() == 1
    })
    .await;
    let earlier = world.session(&left.session_id).await;
    assert_eq!(earlier.events.last().unwrap().kind, "cancel_revoked");
}

#[tokio::test]
async fn what_has_ended_is_not_kept() {
    let mut world = World::start().await;
    world.ask(step("k-1", 1, UNASKED)).await.unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let offered = world.ask(step("k-1", 2, ASKED)).await.unwrap();
    world
        .execute("update cancellation set service_end_at = now()")
        .await;
    refused(
        world.answer(respond("k-1", &offered, Accepted)).await,
        Code::FailedPrecondition,
        "SUBSCRIPTION_ENDED",
    );
    assert_eq!(world.number("select count(*) from acceptance").await, 0);
    world
        .execute("update presented_offer set outcome = 'not_presented', hold_state = 'released'")
        .await;
    world
        .execute("update cancellation set service_end_at = '2020-01-01'")
        .await;
    let over = world.ask(step("k-1", 3, ASKED)).await.unwrap();
    assert_eq!(let_go(&over), "NOT_LIVE");
}

#[tokio::test]
async fn who_left_on_one_contact_has_left_on_another_and_when_the_call_is_closed() {
    let mut world = World::start().await;
    let mut later = goodbye("k-1");
    later.requested_end_time = Some(world.clock_days_ago(-365));
    let left = world.leave(later).await.unwrap();
    let other = world.ask(too_expensive("k-2")).await.unwrap();
    assert_eq!(let_go(&other), "ALREADY_CANCELLED");
    let close = pb::CloseSessionRequest {
        customer_id: "c-1".to_owned(),
        session_id: left.session_id,
        ..Default::default()
    };
    world.desk.close_session(close).await.unwrap();
    let other = world.ask(too_expensive("k-3")).await.unwrap();
    assert_eq!(let_go(&other), "ALREADY_CANCELLED");
}

#[tokio::test]
async fn what_was_offered_afterwards_is_honoured_when_another_contact_undid_the_end() {
    let mut world = World::start().await;
    world.ask(step("k-1", 1, UNASKED)).await.unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let offered = world.ask(step("k-1", 2, ASKED)).await.unwrap();
    world
        .answer(respond("k-1", &offered, Presented))
        .await
        .unwrap();
    let other = world.ask(step("k-2", 1, ASKED)).await.unwrap();
    for (contact, answer) in [("k-2", &other), ("k-1", &offered)] {
        let accept = respond(contact, answer, Accepted);
        world.answer(accept).await.unwrap();
    }
}

#[tokio::test]
async fn who_is_reinstated_in_profiles_does_not_leave() {
    let mut world = World::start().await;
    let mut later = goodbye("k-1");
    later.requested_end_time = Some(world.clock_days_ago(-365));
    world.leave(later).await.unwrap();
    let known = "select count(*) from cancellation where profiles_revision = 2";
    world.wait_for(known, 1).await;

    let on = |contact: &str, min_revision| pb::RequestSaveOfferRequest {
        min_revision,
        ..too_expensive(contact)
    };
    // Facts from before do not know of the end yet.
    let before = world.ask(on("k-2", 1)).await.unwrap();
    assert_eq!(let_go(&before), "ALREADY_CANCELLED");
    let mut reinstated = facts("c-1");
    reinstated.revision = 3;
    world.neighbours.put(reinstated);
    let after = world.ask(on("k-3", 3)).await.unwrap();
    assert_eq!(after.outcome(), pb::DecisionOutcome::Present);

    // Who then takes an offer stays for good: profiles is told once more, where it changes nothing,
    // since the desk's facts may be older than what became of them.
    let accept = respond("k-3", &after, Accepted);
    world.answer(accept.clone()).await.unwrap();
    assert!(world.answer(accept).await.unwrap().replayed);
    world.wait_for("select count(*) from outbox", 0).await;
    let later = world.ask(on("k-4", 3)).await.unwrap();
    world
        .answer(respond("k-4", &later, Accepted))
        .await
        .unwrap();
    world.wait_for("select count(*) from outbox", 0).await;
    assert_eq!(world.neighbours.reinstated().len(), 1);
    assert_eq!(world.neighbours.ended().len(), 1);
    let standing = "select count(*) from cancellation where revoked_at is null";
    assert_eq!(world.number(standing).await, 0);
}
