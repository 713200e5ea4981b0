//! Asking for an offer: what fills the screen, and one answer for one contact and step.

use contract::offers::v1 as pb;
use futures::future::join_all;
use tonic::Code;

use crate::neighbours::{facts, outage};
use crate::world::{World, refused, respond, too_expensive};

#[tokio::test]
async fn one_round_trip_fills_the_whole_screen() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();

    assert_eq!(answer.outcome(), pb::DecisionOutcome::Present, "{answer:?}");
    let customer = answer.customer.unwrap();
    assert_eq!(
        (customer.stage.as_str(), customer.live_subscription_count),
        ("long_term", 1)
    );
    assert_eq!(customer.be_human_about, ["long_standing"]);
    let policy = answer.policy.unwrap();
    assert!(policy.max_offers >= 1 && !policy.applied_rows.is_empty());
    assert!(answer.offers.len() <= usize::try_from(policy.max_offers).unwrap());
    let offer = &answer.offers[0];
    let terms = offer.terms.as_ref().unwrap();
    assert_eq!(terms.price_now.as_ref().unwrap().minor, 5_000);
    assert!(terms.price_after.is_some() && !offer.script.is_empty() && offer.expire_time.is_some());
    assert!(offer.expected_net_gain.as_ref().unwrap().minor > 0);
    assert_eq!(answer.cancel_now.unwrap().token, answer.session_id);
    let chosen = answer
        .verdicts
        .iter()
        .filter(|verdict| verdict.kind() == pb::VerdictKind::Chosen);
    assert_eq!(chosen.count(), answer.offers.len());
    let unexplained = answer
        .verdicts
        .iter()
        .filter(|verdict| verdict.kind() != pb::VerdictKind::Chosen && verdict.reasons.is_empty());
    assert_eq!(unexplained.count(), 0);
    assert_eq!(
        world
            .number("select count(*) from presented_offer where hold_state = 'held'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_from_any_process_and_after_a_restart() {
    let mut world = World::start().await;
    let first = world.ask(too_expensive("k-1")).await.unwrap();
    let expected = pb::RequestSaveOfferResponse {
        replayed: true,
        ..first
    };
    assert_eq!(world.ask(too_expensive("k-1")).await.unwrap(), expected);

    let mut another_id = too_expensive("k-1");
    another_id.request_id = "another-id".to_owned();
    assert_eq!(
        world.ask(another_id).await.unwrap(),
        expected,
        "contact and step are enough"
    );

    world.neighbours.set_down(true);
    let mut world = world.restart().await;
    assert_eq!(world.ask(too_expensive("k-1")).await.unwrap(), expected);
    assert_eq!(world.number("select count(*) from decision").await, 1);
}

#[tokio::test]
async fn of_many_at_once_on_two_processes_one_is_decided_and_all_hear_it() {
    let world = World::start().await;
    let (_second, second) = world.second().await;
    let calls = (0..32).map(|index| {
        let mut desk = if index % 2 == 0 {
            world.desk.clone()
        } else {
            second.clone()
        };
        async move {
            desk.request_save_offer(too_expensive("k-1"))
                .await
                .unwrap()
                .into_inner()
        }
    });
    let answers = join_all(calls).await;
    let fresh = answers.iter().filter(|answer| !answer.replayed).count();
    assert_eq!(fresh, 1);
    assert!(
        answers
            .iter()
            .all(|answer| answer.decision_id == answers[0].decision_id)
    );
    assert_eq!(
        world.number("select count(*) from presented_offer").await,
        1
    );
    assert_eq!(
        world.number("select count(*) from presented_offer").await,
        1
    );
}

#[tokio::test]
async fn a_retry_gets_the_first_answer_though_it_would_be_refused_by_now() {
    let mut world = World::start().await;
    let first = world.ask(too_expensive("k-1")).await.unwrap();
    let mut gone = facts("c-1");
    gone.revision = 2;
    gone.subscriptions.clear();
    world.neighbours.put(gone);
    // Whoever asks for this revision makes the cache forget the one before.
    let mut fresh = too_expensive("k-2");
    fresh.min_revision = 2;
    refused(
        world.ask(fresh).await,
        Code::NotFound,
        "SUBSCRIPTION_NOT_FOUND",
    );
    let again = world.ask(too_expensive("k-1")).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.decision_id, first.decision_id);
}

#[tokio::test]
async fn a_request_id_with_another_body_is_refused() {
    let mut world = World::start().await;
    world.ask(too_expensive("k-1")).await.unwrap();
    let mut other = too_expensive("k-2");
    other.request_id = "ask-k-1".to_owned();
    refused(
        world.ask(other.clone()).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
    );
    other.contact_id = "k-1".to_owned();
    other.reason = String::new();
    refused(
        world.ask(other).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
    );
    assert_eq!(world.number("select count(*) from save_session").await, 1);
}

#[tokio::test]
async fn two_bodies_under_one_request_id_at_the_same_time_have_one_effect() {
    let world = World::start().await;
    let calls = (0..16).map(|index| {
        let mut desk = world.desk.clone();
        let mut request = too_expensive(&format!("k-{index}"));
        request.request_id = "the-same".to_owned();
        async move { desk.request_save_offer(request).await }
    });
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers.into_iter().filter(Result::is_err) {
        refused(answer, Code::FailedPrecondition, "REQUEST_ID_REUSED");
    }
    assert_eq!(world.number("select count(*) from save_session").await, 1);
}

#[tokio::test]
async fn a_later_step_is_possible_until_an_offer_is_out_and_never_after_a_refusal() {
    let mut world = World::start().await;
    let mut moved = too_expensive("k-1");
    moved.reason = "moved_out_of_area".to_owned();
    let first = world.ask(moved).await.unwrap();
    assert_eq!(first.outcome(), pb::DecisionOutcome::LetGo);
    assert_eq!(first.let_go_reasons[0].code, "STRUCTURAL_REASON");

    let step = |number: u32| pb::RequestSaveOfferRequest {
        request_id: format!("step-{number}"),
        step: number,
        ..too_expensive("k-1")
    };
    let second = world.ask(step(2)).await.unwrap();
    assert_eq!(second.outcome(), pb::DecisionOutcome::Present);
    assert_eq!(second.session_id, first.session_id);
    assert!(world.ask(step(2)).await.unwrap().replayed);
    refused(
        world.ask(step(3)).await,
        Code::FailedPrecondition,
        "TOO_MANY_OFFERS",
    );

    world
        .answer(respond("k-1", &second, pb::PresentedOutcome::Declined))
        .await
        .unwrap();
    refused(
        world.ask(step(3)).await,
        Code::FailedPrecondition,
        "OFFER_AFTER_REFUSAL",
    );
    let unknown = pb::RequestSaveOfferRequest {
        contact_id: "k-9".to_owned(),
        ..step(4)
    };
    refused(
        world.ask(unknown).await,
        Code::FailedPrecondition,
        "ILLEGAL_STATE",
    );
}

#[tokio::test]
async fn an_open_incident_keeps_price_out_of_the_talk() {
    let mut world = World::start().await;
    let mut angry = facts("c-1");
    angry.revision = 2;
    angry.open_incidents = vec![outage()];
    world.neighbours.put(angry);
    let mut request = too_expensive("k-1");
    request.min_revision = 2;
    let answer = world.ask(request).await.unwrap();
    let price = [
        pb::Lever::PriceDiscount,
        pb::Lever::Credit,
        pb::Lever::FeeWaiver,
    ];
    assert!(
        answer
            .offers
            .iter()
            .all(|offer| !price.contains(&offer.lever()))
    );
    let blocked = answer
        .verdicts
        .iter()
        .flat_map(|verdict| &verdict.reasons)
        .filter(|reason| reason.code == "OPEN_INCIDENT");
    assert!(blocked.count() > 0);
    assert_eq!(
        answer.customer.unwrap().be_human_about[0],
        "open_incident:outage"
    );
}

#[tokio::test]
async fn what_does_not_exist_is_refused_with_its_name_and_nothing_is_written() {
    let mut world = World::start().await;
    let mut nobody = too_expensive("k-1");
    nobody.customer_id = "nobody".to_owned();
    refused(
        world.ask(nobody).await,
        Code::NotFound,
        "CUSTOMER_NOT_FOUND",
    );
    let mut nothing = too_expensive("k-1");
    nothing.subscription_id = "s-9".to_owned();
    refused(
        world.ask(nothing).await,
        Code::NotFound,
        "SUBSCRIPTION_NOT_FOUND",
    );
    let mut reason = too_expensive("k-1");
    reason.reason = "no_such_reason".to_owned();
    refused(
        world.ask(reason).await,
        Code::InvalidArgument,
        "INVALID_FIELD",
    );
    assert_eq!(
        world
            .number("select count(*) from request_log where method = 'RequestSaveOffer'")
            .await,
        0
    );
}

#[tokio::test]
async fn with_the_lifecycle_service_down_the_answer_is_to_let_them_go() {
    let mut world = World::start().await;
    world.neighbours.set_down(true);
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::LetGo);
    assert_eq!(answer.let_go_reasons[0].code, "SAFE_DEFAULT");
    assert!(
        answer.degraded
            && answer
                .degraded_reasons
                .contains(&"lifecycle_unavailable".to_owned())
    );
    assert!(answer.cancel_now.is_some() && answer.customer.is_none());
}

#[tokio::test]
async fn a_decision_is_explained_and_replays() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let request = pb::ExplainDecisionRequest {
        customer_id: "c-1".to_owned(),
        decision_id: answer.decision_id.clone(),
    };
    let explained = world
        .desk
        .explain_decision(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(explained.replay_agrees);
    assert_eq!(explained.answer.unwrap(), answer);
    let words = explained
        .verdicts
        .iter()
        .flat_map(|verdict| &verdict.reasons);
    let clause = "customer.kind: organisation; it is person";
    assert!(words.clone().any(|reason| reason.detail == clause));
    assert!(words.clone().all(|reason| !reason.detail.is_empty()));
    assert_eq!(explained.arm, answer.offers[0].offer_key);
    assert_eq!(explained.facts["subscription.monthly_price_minor"], "5000");
    assert_eq!(explained.request.unwrap().reason, "too_expensive");

    world.execute("update decision set record = replace(record, '\"propensity\":1.0', '\"propensity\":0.5')").await;
    assert!(
        !world
            .desk
            .explain_decision(request)
            .await
            .unwrap()
            .into_inner()
            .replay_agrees
    );
}
