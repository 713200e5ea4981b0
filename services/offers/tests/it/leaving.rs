//! Leaving: always, at once, with everything else down.

use contract::offers::v1 as pb;
use futures::future::join_all;
use pb::PresentedOutcome::Accepted;
use tonic::Code;

use crate::neighbours::instant;
use crate::world::{World, goodbye, refused, respond, too_expensive, wait_until};

#[tokio::test]
async fn leaving_works_without_a_reason_a_session_or_anybody_else() {
    let mut world = World::start().await;
    world.neighbours.set_down(true);
    let left = world.leave(goodbye("k-1")).await.unwrap();
    let proof = left.acknowledgement.clone().unwrap();
    assert_eq!(proof.hash.len(), 64);
    assert_eq!(proof.dates_source(), pb::DatesSource::Provisional);
    assert!(
        proof.acknowledge_time.is_some()
            && proof.service_end_time.is_some()
            && proof.billing_end_time.is_some()
    );
    assert_eq!(left.session_state(), pb::SessionState::CancelRecorded);

    // The order waits in the outbox for as long as nobody takes it.
    assert_eq!(world.neighbours.ended(), []);
    world.neighbours.set_down(false);
    wait_until("the order is carried out", async || {
        !world.neighbours.ended().is_empty()
    })
    .await;
    let order = &world.neighbours.ended()[0];
    assert_eq!(
        (order.customer_id.as_str(), order.subscription_id.as_str()),
        ("c-1", "s-1")
    );
    assert_eq!(order.request_id, proof.acknowledgement_id);
    world.wait_for("select count(*) from outbox", 0).await;
}

/// Whatever is said besides may be about a person; nobody is kept from leaving for it.
#[tokio::test]
async fn only_a_reason_of_the_catalogue_is_kept() {
    let mut world = World::start().await;
    for (contact, said, kept) in [
        ("k-1", "too_expensive", "too_expensive"),
        ("k-2", "ask her sister Wagtailina", ""),
    ] {
        let mut leaving = goodbye(contact);
        said.clone_into(&mut leaving.reason);
        let left = world.leave(leaving).await.unwrap();
        let session = world.session(&left.session_id).await;
        assert_eq!(session.reason, kept);
    }
    let kept = "select count(*) from cancellation where reason is null";
    assert_eq!(world.number(kept).await, 1);
}

#[tokio::test]
async fn one_contact_is_acknowledged_once_however_often_it_asks() {
    let world = World::start().await;
    let (_second, second) = world.second().await;
    let calls = (0..16).map(|index| {
        let mut desk = if index % 2 == 0 {
            world.desk.clone()
        } else {
            second.clone()
        };
        async move {
            desk.confirm_cancellation(goodbye("k-1"))
                .await
                .unwrap()
                .into_inner()
        }
    });
    let answers = join_all(calls).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.acknowledgement == answers[0].acknowledgement)
    );
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert_eq!(world.number("select count(*) from cancellation").await, 1);
}

#[tokio::test]
async fn the_contract_decides_the_dates_and_the_customer_may_ask_for_a_day() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let cancel_now = answer.cancel_now.unwrap();
    let mut request = goodbye("k-1");
    request.cancel_token.clone_from(&cancel_now.token);
    let proof = world.leave(request).await.unwrap().acknowledgement.unwrap();
    assert_eq!(proof.dates_source(), pb::DatesSource::Contract);
    assert_eq!(proof.service_end_time, cancel_now.service_end_time);

    let asked = instant("2199-01-01T00:00:00Z");
    let mut request = goodbye("k-2");
    request.requested_end_time = Some(asked);
    let proof = world.leave(request).await.unwrap().acknowledgement.unwrap();
    assert_eq!(
        (proof.dates_source(), proof.service_end_time),
        (pb::DatesSource::Request, Some(asked))
    );
}

#[tokio::test]
async fn who_accepted_may_still_leave_and_the_promise_is_undone() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    assert_eq!(
        world
            .number("select count(*) from acceptance where fulfilment = 'rolled_back'")
            .await,
        1
    );
    assert_eq!(
        world
            .number("select count(*) from presented_offer where hold_state = 'released'")
            .await,
        1
    );

    let mut late = respond("k-1", &answer, Accepted);
    late.request_id = "late".to_owned();
    refused(
        world.answer(late).await,
        Code::FailedPrecondition,
        "OFFER_ALREADY_ANSWERED",
    );
    let mut again = too_expensive("k-1");
    (again.request_id, again.step) = ("again".to_owned(), 2);
    let answer = world.ask(again).await.unwrap();
    assert_eq!(answer.let_go_reasons[0].code, "ALREADY_CANCELLED");
}

#[tokio::test]
async fn a_token_of_another_session_is_refused_and_leaving_works_without_it() {
    let mut world = World::start().await;
    let other = world.ask(too_expensive("k-1")).await.unwrap();
    let mut request = goodbye("k-2");
    request.cancel_token = other.session_id;
    refused(
        world.leave(request).await,
        Code::InvalidArgument,
        "BAD_CANCEL_TOKEN",
    );
    assert_eq!(world.number("select count(*) from cancellation").await, 0);
    world.leave(goodbye("k-2")).await.unwrap();
}

#[tokio::test]
async fn a_session_is_closed_or_handed_on_once_it_may_be() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let close = |transferred| pb::CloseSessionRequest {
        request_id: String::new(),
        customer_id: "c-1".to_owned(),
        session_id: answer.session_id.clone(),
        transferred,
    };
    let closed = world
        .desk
        .close_session(close(true))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        closed.session.unwrap().state(),
        pb::SessionState::Transferred
    );
    refused(
        world.desk.close_session(close(true)).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
    let closed = world
        .desk
        .close_session(close(false))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(closed.session.unwrap().state(), pb::SessionState::Closed);
    world.leave(goodbye("k-1")).await.unwrap();
}
