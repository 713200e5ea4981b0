//! Who moves, with the seed's offers: what has to be known of the new place, and what follows from it.

use contract::offers::v1 as pb;
use contract::types::v1 as types;
use pb::Occasion;
use tonic::Code;

use crate::neighbours::facts;
use crate::world::{World, goodbye, let_go, refused, too_expensive};

/// A later step of one call asks about a place.
fn step(number: u32, reason: &str, served: Option<bool>) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        request_id: format!("ask-{number}"),
        step: number,
        reason: reason.to_owned(),
        destination_serviceable: served,
        ..too_expensive("k-1")
    }
}

fn notes(answer: &pb::RequestSaveOfferResponse) -> Vec<&str> {
    let notes = answer.considerations.iter();
    notes.map(|note| note.code.as_str()).collect()
}

/// The agent is told to ask where they move to.
fn is_told_to_ask(answer: &pb::RequestSaveOfferResponse) -> bool {
    let mut say = answer.guidance.iter().flat_map(|guidance| &guidance.say);
    say.any(|line| line.starts_with("Ask where they move to"))
}

fn verdict<'a>(answer: &'a pb::RequestSaveOfferResponse, key: &str) -> &'a str {
    let mut verdicts = answer.verdicts.iter();
    let found = verdicts.find(|verdict| verdict.offer_key == key).unwrap();
    &found.reasons[0].code
}

#[tokio::test]
async fn a_place_is_looked_up_before_anything_is_moved_there() {
    let mut world = World::start().await;
    let unknown = world
        .ask(step(1, "moved_in_footprint", None))
        .await
        .unwrap();
    assert_eq!(let_go(&unknown), "DESTINATION_NOT_CHECKED");
    assert_eq!(notes(&unknown), ["DESTINATION_NOT_CHECKED"]);
    assert!(is_told_to_ask(&unknown));
    assert_eq!(
        verdict(&unknown, "bring_it_along"),
        "DESTINATION_NOT_CHECKED"
    );
    let overriding = pb::OverrideOfferRequest {
        request_id: "override".to_owned(),
        customer_id: "c-1".to_owned(),
        session_id: unknown.session_id.clone(),
        contact_id: "k-1".to_owned(),
        offer_key: "bring_it_along".to_owned(),
        agent: Some(pb::Agent {
            agent_id: "manager-1".to_owned(),
            authority: pb::AuthorityLevel::Manager.into(),
            team: String::new(),
        }),
        reason: "insists".to_owned(),
    };
    refused(
        world.desk.override_offer(overriding).await,
        Code::FailedPrecondition,
        "OVERRIDE_FORBIDDEN",
    );

    let served = step(2, "moved_in_footprint", Some(true));
    let served = world.ask(served).await.unwrap();
    assert_eq!(served.offers[0].offer_key, "bring_it_along");
    assert!(notes(&served).is_empty());
    assert!(!is_told_to_ask(&served));
    let explained = world.explain(&served.decision_id).await;
    assert!(explained.replay_agrees);
    assert_eq!(explained.facts["call.destination_serviceable"], "true");
    let asked = explained.request.unwrap();
    assert_eq!(asked.destination_serviceable, Some(true));
    let explained = world.explain(&unknown.decision_id).await;
    assert!(explained.replay_agrees);
    assert_eq!(explained.request.unwrap().destination_serviceable, None);
}

#[tokio::test]
async fn where_a_place_cannot_be_served_there_is_no_pitch_and_a_planned_end() {
    let mut world = World::start().await;
    let out_of_reach = step(1, "moved_in_footprint", Some(false));
    let answer = world.ask(out_of_reach).await.unwrap();
    assert_eq!(let_go(&answer), "DESTINATION_NOT_SERVED");
    assert_eq!(answer.let_go_reasons[0].detail, "moved_in_footprint");
    let explained = world.explain(&answer.decision_id).await;
    assert!(explained.replay_agrees);
    let left = world.leave(goodbye("k-1")).await.unwrap();
    let plan = left.exit_plan.unwrap();
    assert_eq!(plan.r#type(), pb::ExitType::Move);
    assert!(plan.steps.iter().any(|step| step.key == "hand_off"));
    let follow = "select count(*) from departure where asked_back_as = 'follow' \
                  and theme = 'at_your_new_place'";
    assert_eq!(world.number(follow).await, 1);
}

/// What the customer wants says enough, where they give no reason.
#[tokio::test]
async fn who_wants_to_move_without_a_reason_may_take_it_along() {
    let mut world = World::start().await;
    let wants = |number, served| pb::RequestSaveOfferRequest {
        initial_intent: pb::InitialIntent::Move.into(),
        ..step(number, "", served)
    };
    let unknown = world.ask(wants(1, None)).await.unwrap();
    assert_eq!(let_go(&unknown), "DESTINATION_NOT_CHECKED");
    let out_of_reach = world.ask(wants(2, Some(false))).await.unwrap();
    assert_eq!(let_go(&out_of_reach), "NOTHING_SUITABLE");
    assert_eq!(
        verdict(&out_of_reach, "bring_it_along"),
        "DESTINATION_NOT_SERVED"
    );
    let served = world.ask(wants(3, Some(true))).await.unwrap();
    assert_eq!(served.offers[0].offer_key, "bring_it_along");
}

/// Somebody who left 200 days ago because they moved away; the desk may call them now.
async fn moved_away() -> World {
    let world = World::start().await;
    world.wait_for_noon();
    let ended = world.clock_days_ago(200);
    let mut gone = facts("c-1");
    gone.revision = 2;
    gone.subscriptions[0].state = types::SubscriptionState::Ended.into();
    gone.subscriptions[0].service_end_time = Some(ended);
    gone.lifetimes[0].end_time = Some(ended);
    "moved_out_of_area".clone_into(&mut gone.lifetimes[0].stated_reason);
    world.neighbours.put(gone);
    world
}

#[tokio::test]
async fn who_moved_away_is_asked_back_only_to_where_they_are_served() {
    let mut world = moved_away().await;
    for (contact, reason) in [("k-1", ""), ("k-2", "moved_out_of_area")] {
        let asks = |number: u32, served| pb::RequestSaveOfferRequest {
            request_id: format!("{contact}-{number}"),
            contact_id: contact.to_owned(),
            occasion: Occasion::WinBack.into(),
            min_revision: 2,
            ..step(number, reason, served)
        };
        let unknown = world.ask(asks(1, None)).await.unwrap();
        assert_eq!(let_go(&unknown), "DESTINATION_NOT_CHECKED");
        let out_of_reach = world.ask(asks(2, Some(false))).await.unwrap();
        assert_eq!(let_go(&out_of_reach), "DESTINATION_NOT_SERVED");
        let served = world.ask(asks(3, Some(true))).await.unwrap();
        let key = &served.offers[0].offer_key;
        assert!(key.starts_with("come_back"), "{key}");
        assert!(world.explain(&served.decision_id).await.replay_agrees);
    }
}
