//! Somebody with authority makes an offer that the desk passed over.

use contract::offers::v1 as pb;
use contract::offers::v1::suppression_service_client::SuppressionServiceClient;
use pb::AuthorityLevel::{Agent, Manager, Senior};
use pb::PresentedOutcome::{Accepted, Declined, NotPresented, Presented};
use tonic::{Code, Status};

use crate::neighbours::{facts, outage};
use crate::world::{World, goodbye, refused, respond, too_expensive};

/// Passed over for a customer of 50 dollars: it is for larger prices, and a senior's to make.
const PASSED_OVER: &str = "thirty_percent_six_months";

fn overriding(contact: &str, answer: &pb::RequestSaveOfferResponse) -> pb::OverrideOfferRequest {
    pb::OverrideOfferRequest {
        request_id: format!("override-{contact}"),
        customer_id: "c-1".to_owned(),
        session_id: answer.session_id.clone(),
        contact_id: contact.to_owned(),
        offer_key: PASSED_OVER.to_owned(),
        agent: Some(pb::Agent {
            agent_id: "senior-1".to_owned(),
            authority: Senior.into(),
            team: String::new(),
        }),
        reason: "loyal_and_let_down".to_owned(),
    }
}

async fn send(
    world: &mut World,
    request: pb::OverrideOfferRequest,
) -> Result<pb::OverrideOfferResponse, Status> {
    Ok(world.desk.override_offer(request).await?.into_inner())
}

#[tokio::test]
async fn a_senior_makes_what_was_passed_over_and_the_record_says_so() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let unread = answer.offers[0].presented_offer_id.clone();
    let request = overriding("k-1", &answer);
    let made = send(&mut world, request.clone()).await.unwrap();
    let offer = made.offer.clone().unwrap();
    assert!(offer.overridden && !answer.offers[0].overridden && !made.replayed);
    assert_eq!(offer.offer_key, PASSED_OVER);
    assert_eq!(
        offer
            .terms
            .as_ref()
            .unwrap()
            .price_during
            .as_ref()
            .unwrap()
            .minor,
        3_500
    );

    let again = send(&mut world, request.clone()).await.unwrap();
    assert_eq!((again.offer, again.replayed), (made.offer.clone(), true));
    let mut other_body = request;
    other_body.reason = "another".to_owned();
    refused(
        send(&mut world, other_body).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
    );

    // What had not been read out made way, and its hold is given back.
    let session = world.session(&answer.session_id).await;
    let (aside, kept): (Vec<_>, Vec<_>) = session
        .offers
        .iter()
        .partition(|offer| offer.presented_offer_id == unread);
    assert_eq!((aside.len(), kept.len()), (1, 1));
    assert_eq!(aside[0].outcome(), NotPresented);
    assert!(kept[0].overridden);
    let held = "select count(*) from presented_offer where hold_state = 'held'";
    assert_eq!(world.number(held).await, 1);
    let last = session.events.last().unwrap();
    assert_eq!(
        (last.kind.as_str(), last.agent_id.as_str()),
        ("overridden", "senior-1")
    );
    assert_eq!(last.detail, format!("{PASSED_OVER} loyal_and_let_down"));

    let explained = world.explain(&made.decision_id).await;
    assert!(explained.replay_agrees);
    assert_eq!(explained.arm, PASSED_OVER);
    assert_eq!(
        explained.request.unwrap().agent.unwrap().agent_id,
        "senior-1"
    );

    // The agent on the phone records the answer; it is the senior who granted it.
    let mut accept = respond("k-1", &answer, Accepted);
    accept.presented_offer_id = offer.presented_offer_id;
    world.answer(accept).await.unwrap();
    let drawn = "select count(*) from agent_discretion where agent_id = 'senior-1'";
    assert_eq!(world.number(drawn).await, 1);
}

#[tokio::test]
async fn only_a_named_senior_or_manager_overrides_and_says_why_in_a_key() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let as_agent = |agent_id: &str, level: pb::AuthorityLevel| {
        let mut request = overriding("k-1", &answer);
        let agent = request.agent.as_mut().unwrap();
        agent_id.clone_into(&mut agent.agent_id);
        agent.set_authority(level);
        request
    };
    let agent = send(&mut world, as_agent("agent-7", Agent)).await;
    refused(agent, Code::PermissionDenied, "AUTHORITY_EXCEEDED");
    let nobody = send(&mut world, as_agent("", Manager)).await;
    refused(nobody, Code::InvalidArgument, "INVALID_FIELD");
    for words in ["Because Ann Doe asked", "", "9lives"] {
        let mut request = overriding("k-1", &answer);
        words.clone_into(&mut request.reason);
        refused(
            send(&mut world, request).await,
            Code::InvalidArgument,
            "INVALID_FIELD",
        );
    }
    let mut unknown = overriding("k-1", &answer);
    unknown.offer_key = "no_such_offer".to_owned();
    refused(
        send(&mut world, unknown).await,
        Code::NotFound,
        "OFFER_NOT_FOUND",
    );
    let mut elsewhere = overriding("k-1", &answer);
    elsewhere.contact_id = "k-2".to_owned();
    refused(
        send(&mut world, elsewhere).await,
        Code::FailedPrecondition,
        "WRONG_CONTACT",
    );
    assert_eq!(world.number("select count(*) from decision").await, 1);
}

#[tokio::test]
async fn nobody_overrides_what_the_customer_refused_or_has_heard_enough_of() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    let request = overriding("k-1", &answer);
    refused(
        send(&mut world, request.clone()).await,
        Code::FailedPrecondition,
        "TOO_MANY_OFFERS",
    );
    world
        .answer(respond("k-1", &answer, Declined))
        .await
        .unwrap();
    refused(
        send(&mut world, request.clone()).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
    world.leave(goodbye("k-1")).await.unwrap();
    refused(
        send(&mut world, request).await,
        Code::FailedPrecondition,
        "OVERRIDE_FORBIDDEN",
    );
}

#[tokio::test]
async fn leaving_gives_back_what_a_senior_overrode() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let made = send(&mut world, overriding("k-1", &answer)).await.unwrap();
    let mut accept = respond("k-1", &answer, Accepted);
    accept.presented_offer_id = made.offer.unwrap().presented_offer_id;
    world.answer(accept).await.unwrap();
    world.leave(goodbye("k-1")).await.unwrap();
    let left = "select sum(granted_minor)::bigint from agent_discretion";
    assert_eq!(world.number(left).await, 0);
}

#[tokio::test]
async fn what_changed_since_the_call_was_asked_about_stands_in_the_way() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let mut angry = facts("c-1");
    angry.revision = 2;
    angry.open_incidents.push(outage());
    world.neighbours.put(angry);
    world.wait_for_feed().await;
    refused(
        send(&mut world, overriding("k-1", &answer)).await,
        Code::FailedPrecondition,
        "OVERRIDE_FORBIDDEN",
    );
}

/// Accepts what was overridden.
async fn accept(
    world: &mut World,
    contact: &str,
    answer: &pb::RequestSaveOfferResponse,
    made: pb::OverrideOfferResponse,
) {
    let mut accept = respond(contact, answer, Accepted);
    accept.presented_offer_id = made.offer.unwrap().presented_offer_id;
    world.answer(accept).await.unwrap();
}

#[tokio::test]
async fn what_is_kept_from_everybody_or_made_on_another_occasion_is_not_overridden() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let mut other_occasion = overriding("k-1", &answer);
    "come_back_at_less".clone_into(&mut other_occasion.offer_key);
    refused(
        send(&mut world, other_occasion).await,
        Code::FailedPrecondition,
        "OVERRIDE_FORBIDDEN",
    );
    let suppress = pb::SuppressRequest {
        request_id: "recall".to_owned(),
        scope: pb::SuppressionScope::Everybody.into(),
        suppressed_offers: pb::SuppressedOffers::One.into(),
        offer_key: PASSED_OVER.to_owned(),
        for_ever: true,
        reason_key: "recalled".to_owned(),
        suppressed_by: "agent-7".to_owned(),
        ..Default::default()
    };
    let mut client = SuppressionServiceClient::new(world.channel().await);
    client.suppress(suppress).await.unwrap();
    refused(
        send(&mut world, overriding("k-1", &answer)).await,
        Code::FailedPrecondition,
        "OVERRIDE_FORBIDDEN",
    );
}

#[tokio::test]
async fn what_was_overridden_beyond_a_cap_is_honoured() {
    let mut world = World::start().await;
    // The cap is on two discounts taken; what the customer has is not made again, whoever asks.
    for (contact, offer_key) in [
        ("k-1", "ten_percent_three_months"),
        ("k-2", PASSED_OVER),
        ("k-3", "twenty_percent_six_months"),
    ] {
        let answer = world.ask(too_expensive(contact)).await.unwrap();
        let request = pb::OverrideOfferRequest {
            offer_key: offer_key.to_owned(),
            ..overriding(contact, &answer)
        };
        let made = send(&mut world, request).await.unwrap();
        accept(&mut world, contact, &answer, made).await;
    }
    assert_eq!(world.number("select count(*) from acceptance").await, 3);
}

#[tokio::test]
async fn an_alternative_may_be_asked_for_after_an_override() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    send(&mut world, overriding("k-1", &answer)).await.unwrap();
    let request = pb::RequestAlternativeRequest {
        request_id: "else".to_owned(),
        customer_id: "c-1".to_owned(),
        session_id: answer.session_id,
        contact_id: "k-1".to_owned(),
        agent: None,
    };
    world.desk.request_alternative(request).await.unwrap();
}

#[tokio::test]
async fn what_was_heard_and_ran_out_counts_against_an_override() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    let later = "update presented_offer set expires_at = now() where outcome = 'presented'";
    world.execute(later).await;
    let expired = "select count(*) from presented_offer where outcome = 'expired'";
    world.wait_for(expired, 1).await;
    refused(
        send(&mut world, overriding("k-1", &answer)).await,
        Code::FailedPrecondition,
        "TOO_MANY_OFFERS",
    );
}
