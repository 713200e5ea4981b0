//! What is said on a call besides answers: disclosures, permission, and going after all.

use contract::offers::v1 as pb;
use contract::offers::v1::policy_service_client::PolicyServiceClient;
use pb::CallStep::{CancelReaffirmed, Disclosed, PermissionGranted, PermissionRefused};
use pb::PresentedOutcome::{Accepted, Declined, Presented};
use tonic::{Code, Status};

use crate::neighbours::facts;
use crate::world::{World, goodbye, kinds, refused, respond, too_expensive};

/// Says something in the session of a contact.
fn said(contact: &str, session_id: &str, step: pb::CallStep) -> pb::RecordStepRequest {
    pb::RecordStepRequest {
        request_id: format!("{}-{contact}", step.as_str_name()),
        customer_id: "c-1".to_owned(),
        session_id: session_id.to_owned(),
        contact_id: contact.to_owned(),
        step: step.into(),
        agent: None,
    }
}

async fn say(
    world: &mut World,
    contact: &str,
    session_id: &str,
    step: pb::CallStep,
) -> Result<pb::RecordStepResponse, Status> {
    let request = said(contact, session_id, step);
    Ok(world.desk.record_step(request).await?.into_inner())
}

#[tokio::test]
async fn an_offer_is_read_out_only_after_what_must_be_said_first() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert!(!answer.policy.as_ref().unwrap().disclosures.is_empty());
    for outcome in [Presented, Accepted] {
        let mut silent = respond("k-1", &answer, outcome);
        silent.disclosed = false;
        refused(
            world.answer(silent).await,
            Code::FailedPrecondition,
            "DISCLOSURE_REQUIRED",
        );
    }
    assert_eq!(
        kinds(&world.session(&answer.session_id).await.events),
        "opened offered"
    );

    let step = say(&mut world, "k-1", &answer.session_id, Disclosed)
        .await
        .unwrap();
    assert_eq!(step.session_state(), pb::SessionState::Offered);
    let again = say(&mut world, "k-1", &answer.session_id, Disclosed)
        .await
        .unwrap();
    assert!(again.replayed);
    let mut told = respond("k-1", &answer, Accepted);
    told.disclosed = false;
    world.answer(told).await.unwrap();
    assert_eq!(
        kinds(&world.session(&answer.session_id).await.events),
        "opened offered disclosed accepted"
    );
}

#[tokio::test]
async fn disclosures_are_recorded_with_an_answer_once() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    for outcome in [Presented, Accepted] {
        world
            .answer(respond("k-1", &answer, outcome))
            .await
            .unwrap();
    }
    assert_eq!(
        kinds(&world.session(&answer.session_id).await.events),
        "opened offered disclosed presented accepted"
    );
}

#[tokio::test]
async fn who_does_not_want_to_hear_an_offer_hears_none_in_this_session() {
    let mut world = World::start().await;
    let mut unwilling = too_expensive("k-1");
    unwilling.permission = pb::Permission::Refused.into();
    let first = world.ask(unwilling).await.unwrap();
    assert_eq!(first.session_state(), pb::SessionState::Declined);
    assert_eq!(first.let_go_reasons[0].code, "PERMISSION_REFUSED");
    assert_eq!(
        kinds(&world.session(&first.session_id).await.events),
        "opened permission_refused let_go"
    );
    refused(
        say(&mut world, "k-1", &first.session_id, PermissionGranted).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
    let willing = pb::RequestSaveOfferRequest {
        request_id: "willing".to_owned(),
        step: 2,
        permission: pb::Permission::Granted.into(),
        ..too_expensive("k-1")
    };
    refused(
        world.ask(willing.clone()).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );

    // Leaving does not make it forgotten.
    world.leave(goodbye("k-1")).await.unwrap();
    refused(
        world.ask(willing).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
    assert_eq!(
        world.number("select count(*) from presented_offer").await,
        0
    );
}

#[tokio::test]
async fn a_refusal_on_the_way_ends_what_was_handed_out_and_not_read_out() {
    for step in [PermissionRefused, CancelReaffirmed] {
        let mut world = World::start().await;
        let answer = world.ask(too_expensive("k-1")).await.unwrap();
        say(&mut world, "k-1", &answer.session_id, step)
            .await
            .unwrap();
        for outcome in [Presented, Accepted] {
            refused(
                world.answer(respond("k-1", &answer, outcome)).await,
                Code::FailedPrecondition,
                "OFFER_AFTER_REFUSAL",
            );
        }
        let left = world.leave(goodbye("k-1")).await.unwrap();
        assert_eq!(left.session_state(), pb::SessionState::CancelRecorded);
    }
}

#[tokio::test]
async fn permission_is_recorded_and_a_later_step_may_offer() {
    let mut world = World::start().await;
    let mut moved = too_expensive("k-1");
    moved.reason = "moved_out_of_area".to_owned();
    let first = world.ask(moved).await.unwrap();
    let session_id = first.session_id;
    let granted = say(&mut world, "k-1", &session_id, PermissionGranted)
        .await
        .unwrap();
    assert_eq!(granted.session_state(), pb::SessionState::PermissionAsked);
    let second = pb::RequestSaveOfferRequest {
        request_id: "second".to_owned(),
        step: 2,
        permission: pb::Permission::Granted.into(),
        ..too_expensive("k-1")
    };
    let second = world.ask(second).await.unwrap();
    assert_eq!(second.outcome(), pb::DecisionOutcome::Present);
    assert_eq!(
        kinds(&world.session(&session_id).await.events),
        "opened let_go permission_granted offered"
    );
    let third = pb::RequestSaveOfferRequest {
        request_id: "third".to_owned(),
        step: 3,
        permission: pb::Permission::Refused.into(),
        ..too_expensive("k-1")
    };
    let third = world.ask(third).await.unwrap();
    assert_eq!(third.session_state(), pb::SessionState::Declined);
    assert_eq!(
        world.session(&session_id).await.state(),
        pb::SessionState::Declined
    );
}

#[tokio::test]
async fn a_step_of_another_contact_or_session_or_kind_is_refused_by_name() {
    let mut world = World::start().await;
    world.neighbours.put(facts("c-2"));
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    refused(
        say(&mut world, "k-2", &answer.session_id, Disclosed).await,
        Code::FailedPrecondition,
        "WRONG_CONTACT",
    );
    refused(
        say(&mut world, "k-1", &answer.decision_id, Disclosed).await,
        Code::NotFound,
        "SESSION_NOT_FOUND",
    );
    refused(
        say(
            &mut world,
            "k-1",
            &answer.session_id,
            pb::CallStep::Unspecified,
        )
        .await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    refused(
        say(&mut world, "k-1", &answer.session_id, CancelReaffirmed).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
    assert_eq!(
        kinds(&world.session(&answer.session_id).await.events),
        "opened offered disclosed accepted"
    );
}

#[tokio::test]
async fn a_refusal_outlives_a_session_that_was_forgotten() {
    let mut world = World::start().await;
    let mut request = too_expensive("k-1");
    request.permission = pb::Permission::Refused.into();
    let first = world.ask(request.clone()).await.unwrap();
    assert_eq!(first.session_state(), pb::SessionState::Declined);
    let long_ago = "update save_session set updated_at = now() - interval '1 day'";
    world.execute(long_ago).await;
    let abandoned = "select count(*) from save_session where state = 'abandoned'";
    world.wait_for(abandoned, 1).await;
    world.leave(goodbye("k-1")).await.unwrap();
    "second".clone_into(&mut request.request_id);
    request.step = 2;
    request.permission = pb::Permission::Granted.into();
    refused(
        world.ask(request).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
}

/// The first step is from where several offers may be made, the second from where a refusal ends them.
#[tokio::test]
async fn a_refusal_ends_the_offers_by_the_policy_of_what_was_refused() {
    let mut world = World::start().await;
    let several = include_str!("../../../../deploy/seed/policy.yaml")
        .replacen(
            "offers_allowed: during\n      max_offers: 1",
            "offers_allowed: with_permission\n      max_offers: 2",
            1,
        )
        .replacen("refusal_ends_offers: true", "refusal_ends_offers: false", 1);
    let publish = pb::PublishPolicyRequest {
        request_id: "several".to_owned(),
        files: vec![pb::SourceFile {
            name: "policy.yaml".to_owned(),
            text: several,
        }],
        published_by: "ada".to_owned(),
        ..Default::default()
    };
    let mut policies = PolicyServiceClient::new(world.channel().await);
    let published = policies.publish_policy(publish).await.unwrap().into_inner();
    assert_eq!(published.problems, []);
    let step =
        |number: u32, jurisdiction: &str, permission: pb::Permission| pb::RequestSaveOfferRequest {
            request_id: format!("step-{number}"),
            step: number,
            jurisdiction: jurisdiction.to_owned(),
            permission: permission.into(),
            ..too_expensive("k-1")
        };
    let first = step(1, "US-TX", pb::Permission::Unspecified);
    let first = world.ask(first).await.unwrap();
    assert!(!first.policy.unwrap().refusal_ends_offers);
    let second = step(2, "US-CA", pb::Permission::Granted);
    let second = world.ask(second).await.unwrap();
    assert!(second.policy.as_ref().unwrap().refusal_ends_offers);
    for outcome in [Presented, Declined] {
        let answer = respond("k-1", &second, outcome);
        world.answer(answer).await.unwrap();
    }
    let mut other = respond("k-1", &second, Presented);
    "other".clone_into(&mut other.request_id);
    other.presented_offer_id = second.offers[1].presented_offer_id.clone();
    refused(
        world.answer(other).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
}
