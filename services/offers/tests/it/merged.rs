//! One person whom the desk knows by two ids: what counts, counts under both.

use contract::offers::v1 as pb;
use contract::offers::v1::suppression_service_client::SuppressionServiceClient;
use contract::types::v1 as types;
use pb::PresentedOutcome::{Accepted, Presented};
use tonic::Code;

use crate::contact_policy::{codes, govern};
use crate::neighbours::facts;
use crate::world::{World, goodbye, let_go, refused, respond, too_expensive};

/// A request under an id of the customer.
pub(crate) fn ask(contact: &str, customer: &str) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        customer_id: customer.to_owned(),
        ..too_expensive(contact)
    }
}

pub(crate) fn answer(
    contact: &str,
    customer: &str,
    answer: &pb::RequestSaveOfferResponse,
    outcome: pb::PresentedOutcome,
) -> pb::RecordResponseRequest {
    pb::RecordResponseRequest {
        customer_id: customer.to_owned(),
        ..respond(contact, answer, outcome)
    }
}

pub(crate) fn leave(contact: &str, customer: &str) -> pb::ConfirmCancellationRequest {
    pb::ConfirmCancellationRequest {
        customer_id: customer.to_owned(),
        ..goodbye(contact)
    }
}

/// The customer that stays, after the merge: of a later revision.
fn one_person() -> types::CustomerFacts {
    types::CustomerFacts {
        revision: 9,
        ..facts("c-1")
    }
}

pub(crate) async fn merge(world: &World) {
    world.neighbours.merge(one_person(), &["c-0"]);
    world.wait_for_feed().await;
}

pub(crate) async fn two_of_one_person() -> World {
    let world = World::start().await;
    world.neighbours.put(facts("c-0"));
    world
}

#[tokio::test]
async fn a_cap_counts_what_was_presented_under_every_id() {
    let mut world = two_of_one_person().await;
    let cap = "  caps:\n    twice: { most: 2, within_days: 30, of: all_offers }\n";
    govern(&world, cap).await;
    for (contact, customer) in [("k-1", "c-0"), ("k-2", "c-1")] {
        let heard = world.ask(ask(contact, customer)).await.unwrap();
        world
            .answer(answer(contact, customer, &heard, Presented))
            .await
            .unwrap();
    }
    // Two customers have heard one each.
    for (contact, customer) in [("k-3", "c-0"), ("k-4", "c-1")] {
        let open = world.ask(ask(contact, customer)).await.unwrap();
        assert_eq!(open.outcome(), pb::DecisionOutcome::Present, "{customer}");
    }
    merge(&world).await;
    for (contact, customer) in [("k-5", "c-0"), ("k-6", "c-1")] {
        let capped = world.ask(ask(contact, customer)).await.unwrap();
        assert_eq!(capped.outcome(), pb::DecisionOutcome::LetGo, "{customer}");
        assert!(codes(&capped).contains(&"CAP_REACHED"), "{capped:?}");
        let request = pb::ExplainDecisionRequest {
            customer_id: "c-1".to_owned(),
            decision_id: capped.decision_id,
        };
        let explained = world.desk.explain_decision(request).await.unwrap();
        assert!(explained.into_inner().replay_agrees);
    }
}

#[tokio::test]
async fn a_cap_on_acceptances_counts_those_under_every_id() {
    let mut world = two_of_one_person().await;
    let cap =
        "  caps:\n    one: { most: 1, within_days: for_ever, of: all_offers, counts: accepted }\n";
    govern(&world, cap).await;
    // Both were promised something while they were two; each promise was made without the other.
    let old = world.ask(ask("k-1", "c-0")).await.unwrap();
    let new = world.ask(ask("k-2", "c-1")).await.unwrap();
    merge(&world).await;
    world
        .answer(answer("k-1", "c-0", &old, Accepted))
        .await
        .unwrap();
    let second = world.answer(answer("k-2", "c-1", &new, Accepted)).await;
    refused(second, Code::FailedPrecondition, "CAP_REACHED");
}

#[tokio::test]
async fn of_acceptances_under_two_ids_at_once_one_is_granted() {
    let mut world = two_of_one_person().await;
    let cap =
        "  caps:\n    one: { most: 1, within_days: for_ever, of: all_offers, counts: accepted }\n";
    govern(&world, cap).await;
    let mut promised = Vec::new();
    for number in 0..6 {
        let customer = if number % 2 == 0 { "c-0" } else { "c-1" };
        let contact = format!("k-{number}");
        let offered = world.ask(ask(&contact, customer)).await.unwrap();
        promised.push(answer(&contact, customer, &offered, Accepted));
    }
    merge(&world).await;
    let answers = promised.into_iter().map(|accept| {
        let mut desk = world.desk.clone();
        async move { desk.record_response(accept).await }
    });
    let answers = futures::future::join_all(answers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let accepted = world.number("select count(*) from acceptance").await;
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn calls_to_leave_refusals_and_suppressions_count_under_every_id() {
    let mut world = two_of_one_person().await;
    for call in 0..3 {
        world.ask(ask(&format!("old-{call}"), "c-0")).await.unwrap();
    }
    let told = |answer: &pb::RequestSaveOfferResponse| {
        let mut considered = answer.considerations.iter();
        considered.any(|it| it.code == "SERIAL_SAVER")
    };
    let alone = world.ask(ask("new-1", "c-1")).await.unwrap();
    assert!(!told(&alone));
    merge(&world).await;
    let together = world.ask(ask("new-2", "c-1")).await.unwrap();
    assert!(told(&together), "{together:?}");

    let mut suppressions = SuppressionServiceClient::new(world.channel().await);
    let kept_from = pb::SuppressRequest {
        request_id: "s-1".to_owned(),
        scope: pb::SuppressionScope::Customer.into(),
        customer_id: "c-0".to_owned(),
        suppressed_offers: pb::SuppressedOffers::All.into(),
        for_ever: true,
        reason_key: "complaint_upheld".to_owned(),
        suppressed_by: "agent-7".to_owned(),
        ..Default::default()
    };
    let kept = suppressions.suppress(kept_from).await.unwrap().into_inner();
    let nothing = world.ask(ask("new-3", "c-1")).await.unwrap();
    assert_eq!(let_go(&nothing), "SUPPRESSED");
    // It is listed and lifted by the other id as well.
    let list = pb::ListSuppressionsRequest {
        customer_id: "c-1".to_owned(),
        ..Default::default()
    };
    let listed = suppressions.list_suppressions(list).await.unwrap();
    assert_eq!(listed.into_inner().suppressions.len(), 1);
    let again = pb::LiftSuppressionRequest {
        request_id: "l-1".to_owned(),
        customer_id: "c-1".to_owned(),
        suppression_id: kept.suppression.unwrap().suppression_id,
        lifted_by: "manager-1".to_owned(),
    };
    suppressions.lift_suppression(again).await.unwrap();
    let offered = world.ask(ask("new-4", "c-1")).await.unwrap();
    assert_ne!(
        offered.let_go_reasons.first().map(|it| it.code.as_str()),
        Some("SUPPRESSED")
    );
}

#[tokio::test]
async fn a_contact_goes_on_under_the_id_it_began_with() {
    let mut world = two_of_one_person().await;
    let began = world.ask(ask("k-1", "c-0")).await.unwrap();
    merge(&world).await;
    let mut again = ask("k-1", "c-1");
    "again".clone_into(&mut again.request_id);
    let again = world.ask(again).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.session_id, began.session_id);
    world
        .answer(answer("k-1", "c-1", &began, Presented))
        .await
        .unwrap();
    let session = world.session(&began.session_id).await;
    assert_eq!(session.customer_id, "c-0", "as the desk knew them then");
    let left = world.leave(leave("k-1", "c-1")).await.unwrap();
    assert_eq!(left.session_id, began.session_id);
    assert_eq!(world.number("select count(*) from save_session").await, 1);
    let proof = pb::GetCancellationRecordRequest {
        customer_id: "c-1".to_owned(),
        session_id: began.session_id,
    };
    let proof = world.desk.get_cancellation_record(proof).await.unwrap();
    let record = proof.into_inner().record.unwrap();
    assert_eq!(record.findings, [], "nothing was rewritten");
}

#[tokio::test]
async fn leaving_by_either_id_undoes_what_was_accepted_under_the_other_with_profiles_down() {
    for (accepts, leaves) in [("c-0", "c-1"), ("c-1", "c-0")] {
        let mut world = two_of_one_person().await;
        let promised = world.ask(ask("k-1", accepts)).await.unwrap();
        world
            .answer(answer("k-1", accepts, &promised, Accepted))
            .await
            .unwrap();
        merge(&world).await;
        world.neighbours.set_down(true);
        world.leave(leave("k-2", leaves)).await.unwrap();
        let undone = "select count(*) from acceptance where fulfilment = 'rolled_back'";
        assert_eq!(world.number(undone).await, 1, "{leaves} left");
        world.neighbours.set_down(false);
        // Whoever stays after all, by the other id, is told to profiles after the end.
        let orders = "select count(distinct key) from outbox where key <> 'c-1'";
        assert_eq!(world.number(orders).await, 0, "one person's orders");
    }
}

#[tokio::test]
async fn a_late_retry_under_the_other_id_does_not_cancel_again_what_was_undone() {
    let mut world = two_of_one_person().await;
    world.ask(ask("k-1", "c-0")).await.unwrap();
    merge(&world).await;
    let goodbye = pb::ConfirmCancellationRequest {
        request_id: "once".to_owned(),
        ..leave("k-1", "c-1")
    };
    let left = world.leave(goodbye.clone()).await.unwrap();
    // As an acceptance afterwards does.
    world
        .execute("update cancellation set revoked_at = now()")
        .await;
    let late = world.leave(goodbye).await.unwrap();
    assert!(late.replayed);
    assert_eq!(late.acknowledgement, left.acknowledgement);
    assert_eq!(world.number("select count(*) from cancellation").await, 1);
}

#[tokio::test]
async fn what_the_feed_tells_late_or_twice_leads_to_the_one_who_stays() {
    let world = World::start().await;
    // The later merge is told first, and the first one twice.
    world
        .execute(
            "select learn_identity('b', 'c'), learn_identity('a', 'b'), learn_identity('a', 'b'); \
             select learn_identity('c', 'd')",
        )
        .await;
    let known = "select cardinality(identities_of('a'))::bigint";
    assert_eq!(world.number(known).await, 4);
    let all = "select count(*) from customer_identity where stays_customer_id = 'd'";
    assert_eq!(world.number(all).await, 3);
}
