//! What became of an offer.

use contract::offers::v1 as pb;
use futures::future::join_all;
use pb::PresentedOutcome::{Accepted, Declined, NotPresented, Presented};
use tonic::Code;

use crate::world::{World, refused, respond, too_expensive};

#[tokio::test]
async fn an_accepted_offer_commits_its_hold_and_records_the_save() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    let accepted = world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    assert_eq!(accepted.offer.as_ref().unwrap().outcome(), Accepted);
    assert_eq!(accepted.session_state(), pb::SessionState::SaveRecorded);
    assert!(!accepted.replayed);
    assert_eq!(
        world
            .number("select count(*) from presented_offer where hold_state = 'committed'")
            .await,
        1
    );
    assert_eq!(
        world
            .number("select count(*) from acceptance where fulfilment = 'requested'")
            .await,
        1
    );

    let kinds: Vec<String> = world
        .session(&answer.session_id)
        .await
        .events
        .into_iter()
        .map(|event| event.kind)
        .collect();
    assert_eq!(
        kinds,
        ["opened", "offered", "disclosed", "presented", "accepted"]
    );

    assert!(
        world
            .answer(respond("k-1", &answer, Accepted))
            .await
            .unwrap()
            .replayed
    );
    let mut again = respond("k-1", &answer, Accepted);
    again.request_id = "another-agent".to_owned();
    refused(
        world.answer(again).await,
        Code::FailedPrecondition,
        "OFFER_ALREADY_ANSWERED",
    );
    let mut other_body = respond("k-1", &answer, Accepted);
    other_body.outcome = Declined.into();
    refused(
        world.answer(other_body).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
    );
}

#[tokio::test]
async fn of_two_agents_on_two_processes_exactly_one_is_told_ok() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let (_second, second) = world.second().await;
    let calls = (0..16).map(|index| {
        let mut desk = if index % 2 == 0 {
            world.desk.clone()
        } else {
            second.clone()
        };
        let mut request = respond("k-1", &answer, Accepted);
        request.request_id = format!("accept-{index}");
        async move { desk.record_response(request).await }
    });
    let results = join_all(calls).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        refused(result, Code::FailedPrecondition, "OFFER_ALREADY_ANSWERED");
    }
    assert_eq!(world.number("select count(*) from acceptance").await, 1);
}

#[tokio::test]
async fn another_contact_cannot_answer_and_unknown_ids_are_named() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let mut stranger = respond("k-1", &answer, Accepted);
    stranger.contact_id = "k-2".to_owned();
    refused(
        world.answer(stranger).await,
        Code::FailedPrecondition,
        "WRONG_CONTACT",
    );
    let mut unknown = respond("k-1", &answer, Accepted);
    unknown.presented_offer_id = answer.session_id.clone();
    refused(
        world.answer(unknown).await,
        Code::NotFound,
        "PRESENTED_OFFER_NOT_FOUND",
    );
    let mut nowhere = respond("k-1", &answer, Accepted);
    nowhere.session_id.clone_from(&answer.decision_id);
    refused(
        world.answer(nowhere).await,
        Code::NotFound,
        "SESSION_NOT_FOUND",
    );
    assert_eq!(world.number("select count(*) from acceptance").await, 0);
}

#[tokio::test]
async fn a_refusal_gives_the_hold_back_and_the_same_offer_is_not_made_again() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let declined = world
        .answer(respond("k-1", &answer, Declined))
        .await
        .unwrap();
    assert_eq!(declined.session_state(), pb::SessionState::Declined);
    assert_eq!(
        world
            .number("select count(*) from presented_offer where hold_state = 'released'")
            .await,
        1
    );

    let next = world.ask(too_expensive("k-2")).await.unwrap();
    assert!(
        next.offers
            .iter()
            .all(|offer| offer.offer_key != answer.offers[0].offer_key)
    );
    let session = world.session(&next.session_id).await;
    assert_eq!(session.linked_session_ids, [answer.session_id]);
}

#[tokio::test]
async fn what_was_never_read_out_is_no_refusal() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, NotPresented))
        .await
        .unwrap();
    let next = world.ask(too_expensive("k-2")).await.unwrap();
    assert_eq!(next.offers[0].offer_key, answer.offers[0].offer_key);
}
