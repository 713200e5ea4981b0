//! What else there is: one other offer, when the customer asks and policy allows it.

use contract::offers::v1 as pb;
use futures::future::join_all;
use pb::PresentedOutcome::{Accepted, Declined, Presented};
use tonic::{Code, Status};

use crate::world::{World, goodbye, refused, respond, too_expensive};

fn what_else(
    request_id: &str,
    answer: &pb::RequestSaveOfferResponse,
) -> pb::RequestAlternativeRequest {
    pb::RequestAlternativeRequest {
        request_id: request_id.to_owned(),
        customer_id: "c-1".to_owned(),
        session_id: answer.session_id.clone(),
        contact_id: "k-1".to_owned(),
        agent: None,
    }
}

async fn ask(
    world: &mut World,
    request: pb::RequestAlternativeRequest,
) -> Result<pb::RequestSaveOfferResponse, Status> {
    let answer = world.desk.request_alternative(request).await?;
    Ok(answer.into_inner().answer.unwrap())
}

#[tokio::test]
async fn who_asks_hears_one_other_offer_and_may_take_either() {
    let mut world = World::start().await;
    let first = world.ask(too_expensive("k-1")).await.unwrap();
    let other = ask(&mut world, what_else("else-1", &first)).await.unwrap();
    assert_eq!(other.outcome(), pb::DecisionOutcome::Present);
    assert_eq!(other.session_state(), pb::SessionState::Offered);
    assert_ne!(other.offers[0].offer_key, first.offers[0].offer_key);
    assert_eq!(other.offers.len(), 1);
    let again = ask(&mut world, what_else("else-1", &first)).await.unwrap();
    assert_eq!(
        again,
        pb::RequestSaveOfferResponse {
            replayed: true,
            ..other
        }
    );
    refused(
        ask(&mut world, what_else("else-2", &first)).await,
        Code::FailedPrecondition,
        "TOO_MANY_OFFERS",
    );
    world
        .answer(respond("k-1", &first, Accepted))
        .await
        .unwrap();
    assert_eq!(
        world.number("select count(*) from presented_offer").await,
        2
    );
    refused(
        ask(&mut world, what_else("else-3", &first)).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_is_answered() {
    let mut world = World::start().await;
    let first = world.ask(too_expensive("k-1")).await.unwrap();
    let calls = (0..8).map(|index| {
        let mut desk = world.desk.clone();
        let request = what_else(&format!("else-{index}"), &first);
        async move { desk.request_alternative(request).await }
    });
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers.into_iter().filter(Result::is_err) {
        refused(answer, Code::FailedPrecondition, "TOO_MANY_OFFERS");
    }
    assert_eq!(
        world.number("select count(*) from presented_offer").await,
        2
    );
}

#[tokio::test]
async fn after_a_refusal_or_a_goodbye_there_is_nothing_else() {
    let mut world = World::start().await;
    let first = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &first, Presented))
        .await
        .unwrap();
    world
        .answer(respond("k-1", &first, Declined))
        .await
        .unwrap();
    refused(
        ask(&mut world, what_else("else-1", &first)).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
    world.leave(goodbye("k-1")).await.unwrap();
    refused(
        ask(&mut world, what_else("else-2", &first)).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
    assert_eq!(
        world.number("select count(*) from presented_offer").await,
        1
    );
}

#[tokio::test]
async fn where_policy_allows_none_asking_does_not_help_and_what_is_not_open_has_no_alternative() {
    let mut world = World::start().await;
    let irish = pb::RequestSaveOfferRequest {
        jurisdiction: "IE".to_owned(),
        ..too_expensive("k-1")
    };
    let first = world.ask(irish).await.unwrap();
    assert_eq!(first.outcome(), pb::DecisionOutcome::Present);
    assert_eq!(first.policy.as_ref().unwrap().alternatives_on_request, 0);
    refused(
        ask(&mut world, what_else("else-1", &first)).await,
        Code::FailedPrecondition,
        "ALTERNATIVE_NOT_ALLOWED",
    );
    let mut stranger = what_else("else-2", &first);
    "k-9".clone_into(&mut stranger.contact_id);
    refused(
        ask(&mut world, stranger).await,
        Code::FailedPrecondition,
        "WRONG_CONTACT",
    );

    let texan = world.ask(too_expensive("k-2")).await.unwrap();
    world
        .execute("update presented_offer set outcome = 'not_presented', hold_state = 'released'")
        .await;
    let mut request = what_else("else-3", &texan);
    "k-2".clone_into(&mut request.contact_id);
    refused(
        ask(&mut world, request).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
}
