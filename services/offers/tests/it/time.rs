//! What time does: offers expire by the clock of the database, forgotten sessions close, and what
//! was promised is honoured until then whatever happens.

use contract::offers::v1 as pb;
use pb::PresentedOutcome::{Accepted, Presented};
use tonic::Code;

use crate::neighbours::facts;
use crate::world::{World, refused, respond, too_expensive};

#[tokio::test]
async fn after_its_time_an_offer_is_refused_and_its_hold_comes_back_once() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .execute("update presented_offer set expires_at = now()")
        .await;
    refused(
        world.answer(respond("k-1", &answer, Accepted)).await,
        Code::FailedPrecondition,
        "OFFER_EXPIRED",
    );
    world
        .wait_for(
            "select count(*) from presented_offer where hold_state = 'expired'",
            1,
        )
        .await;
    world
        .wait_for(
            "select count(*) from presented_offer where outcome = 'expired'",
            1,
        )
        .await;
    refused(
        world.answer(respond("k-1", &answer, Accepted)).await,
        Code::FailedPrecondition,
        "OFFER_EXPIRED",
    );
    assert_eq!(world.number("select count(*) from acceptance").await, 0);
}

#[tokio::test]
async fn a_promise_is_honoured_after_a_restart_with_the_catalogue_gone() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world.neighbours.set_down(true);
    world.execute("delete from feed_cursor").await;
    let mut world = world.restart().await;
    let accepted = world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    assert_eq!(accepted.offer.unwrap().terms, answer.offers[0].terms);
}

#[tokio::test]
async fn a_session_nobody_came_back_to_is_closed_as_abandoned_and_learns_nothing() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .execute("update save_session set updated_at = now() - interval '5 hours'")
        .await;
    world
        .wait_for(
            "select count(*) from save_session where state = 'abandoned'",
            1,
        )
        .await;
    let session = world.session(&answer.session_id).await;
    assert_eq!(session.events.last().unwrap().kind, "abandoned");
    assert_eq!(session.offers[0].outcome(), pb::PresentedOutcome::Decided);
}

#[tokio::test]
async fn a_promise_outlives_a_session_that_was_forgotten_handed_on_or_closed() {
    let mut world = World::start().await;
    let forgotten = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &forgotten, Presented))
        .await
        .unwrap();
    let long_ago = "update save_session set updated_at = now() - interval '5 hours'";
    world.execute(long_ago).await;
    let abandoned = "select count(*) from save_session where state = 'abandoned'";
    world.wait_for(abandoned, 1).await;
    world
        .answer(respond("k-1", &forgotten, Accepted))
        .await
        .unwrap();

    // Handed on, and closed.
    for (customer, contact, transferred) in [("c-2", "k-2", true), ("c-3", "k-3", false)] {
        world.neighbours.put(facts(customer));
        let mut request = too_expensive(contact);
        customer.clone_into(&mut request.customer_id);
        let answer = world.ask(request).await.unwrap();
        let of_theirs = |outcome| pb::RecordResponseRequest {
            customer_id: customer.to_owned(),
            ..respond(contact, &answer, outcome)
        };
        world.answer(of_theirs(Presented)).await.unwrap();
        let close = pb::CloseSessionRequest {
            customer_id: customer.to_owned(),
            session_id: answer.session_id.clone(),
            transferred,
            ..Default::default()
        };
        world.desk.close_session(close).await.unwrap();
        let accepted = world.answer(of_theirs(Accepted)).await.unwrap();
        assert_eq!(accepted.session_state(), pb::SessionState::SaveRecorded);
    }
}
