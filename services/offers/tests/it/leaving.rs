//! Leaving: always, at once, with everything else down.

use contract::offers::v1 as pb;
use futures::future::join_all;
use pb::PresentedOutcome::Accepted;
use tonic::Code;

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

    let asked = world.clock_days_ago(-365);
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

/// Nobody is kept from leaving by what is only good to know.
#[tokio::test]
async fn what_is_optional_and_cannot_be_read_is_left_out() {
    let mut world = World::start().await;
    let other = world.ask(too_expensive("k-1")).await.unwrap();
    let known = world.ask(too_expensive("k-2")).await.unwrap();
    for (contact, cancel_token, end) in [
        ("k-2", other.session_id, i64::MAX),
        ("k-3", "no session".to_owned(), 7_226_582_400),
    ] {
        let spoilt = pb::ConfirmCancellationRequest {
            request_id: "x".repeat(65),
            cancel_token,
            reason: "because of Wagtailina ".repeat(4),
            requested_end_time: Some(prost_types::Timestamp {
                seconds: end,
                nanos: 0,
            }),
            agent: Some(pb::Agent {
                agent_id: "no id".to_owned(),
                authority: 9_999,
                team: "\u{0}".to_owned(),
            }),
            keep_in_touch: -1,
            ..goodbye(contact)
        };
        let left = world.leave(spoilt.clone()).await.unwrap();
        assert!(!left.replayed);
        let plan = left.exit_plan.as_ref().unwrap();
        assert_eq!(plan.keep_in_touch(), pb::KeepInTouch::Unspecified);
        let proof = left.acknowledgement.as_ref().unwrap();
        assert_ne!(proof.dates_source(), pb::DatesSource::Request);
        assert_eq!(left.session_id == known.session_id, contact == "k-2");
        let again = world.leave(spoilt).await.unwrap();
        assert!(again.replayed);
        assert_eq!(again.acknowledgement, left.acknowledgement);
    }
    let bare = "select count(*) from cancellation \
                where reason is null and agent_id is null and keep_in_touch is null";
    assert_eq!(world.number(bare).await, 2);
}

/// The contact makes a retry safe, so an id that is taken keeps nobody.
#[tokio::test]
async fn a_request_id_of_somebody_else_keeps_nobody_from_leaving() {
    let mut world = World::start().await;
    let with_id = |contact: &str| pb::ConfirmCancellationRequest {
        request_id: "taken".to_owned(),
        ..goodbye(contact)
    };
    let first = world.leave(with_id("k-1")).await.unwrap();
    let second = world.leave(with_id("k-2")).await.unwrap();
    assert!(!second.replayed);
    assert_ne!(first.session_id, second.session_id);
    refused(
        world.leave(with_id("k-2")).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
    );
    let again = world.leave(with_id("k-1")).await.unwrap();
    assert_eq!(again.acknowledgement, first.acknowledgement);
    assert_eq!(world.number("select count(*) from cancellation").await, 2);
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
