//! The contact policy over several calls, agents and processes.

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use futures::future::join_all;
use pb::PresentedOutcome::{Accepted, Declined, NotPresented, Presented};
use tonic::Code;

use crate::neighbours::facts;
use crate::world::{World, file, goodbye, refused, respond, too_expensive};

const CATALOGUE: &str = include_str!("../../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../../deploy/seed/reasons.yaml");

/// Publishes the seed with a contact policy of its own.
pub(crate) async fn govern(world: &World, contact_policy: &str) {
    let start = CATALOGUE.find("contact_policy:").unwrap();
    let end = start + CATALOGUE[start..].find("\n\n").unwrap();
    let mut catalogue = CATALOGUE.to_owned();
    catalogue.replace_range(start..end, &format!("contact_policy:\n{contact_policy}"));
    let published = CatalogueServiceClient::new(world.channel().await)
        .publish_catalogue(pb::PublishCatalogueRequest {
            request_id: "govern".to_owned(),
            files: vec![
                file("catalogue.yaml", &catalogue),
                file("reasons.yaml", REASONS),
            ],
            published_by: "test".to_owned(),
            note: String::new(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(published.problems, []);
}

pub(crate) fn codes(answer: &pb::RequestSaveOfferResponse) -> Vec<&str> {
    let reasons = answer.verdicts.iter().flat_map(|verdict| &verdict.reasons);
    reasons.map(|reason| reason.code.as_str()).collect()
}

#[tokio::test]
async fn caps_count_what_was_read_out_and_neither_decisions_nor_what_ran_out() {
    let mut world = World::start().await;
    govern(
        &world,
        "  caps:\n    once: { most: 1, within_days: 30, of: all_offers }\n",
    )
    .await;
    // Handed to the desk and never read out; handed to the desk and left open; run out.
    let unread = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &unread, NotPresented))
        .await
        .unwrap();
    world.ask(too_expensive("k-2")).await.unwrap();
    let late = world.ask(too_expensive("k-3")).await.unwrap();
    world
        .answer(respond("k-3", &late, Presented))
        .await
        .unwrap();
    world
        .execute("update presented_offer set expires_at = now() where outcome = 'presented'")
        .await;
    let expired = "select count(*) from presented_offer where outcome = 'expired'";
    world.wait_for(expired, 1).await;

    let heard = world.ask(too_expensive("k-4")).await.unwrap();
    assert_eq!(heard.outcome(), pb::DecisionOutcome::Present);
    world
        .answer(respond("k-4", &heard, Declined))
        .await
        .unwrap();
    let capped = world.ask(too_expensive("k-5")).await.unwrap();
    assert_eq!(capped.outcome(), pb::DecisionOutcome::LetGo);
    assert!(codes(&capped).contains(&"CAP_REACHED"), "{capped:?}");
    let explained = world.explain(&capped.decision_id).await;
    assert!(explained.replay_agrees);
    let words = "once: at most 1 of all offers presented within 30 days";
    let mut reasons = explained
        .verdicts
        .iter()
        .flat_map(|verdict| &verdict.reasons);
    assert!(reasons.any(|reason| reason.detail == words));
    // Leaving needs nobody's leave.
    world.leave(goodbye("k-5")).await.unwrap();
}

#[tokio::test]
async fn what_was_heard_years_ago_counts_where_it_counts_for_ever() {
    let mut world = World::start().await;
    govern(
        &world,
        "  cool_downs:\n    peace: { days: for_ever, of: all_offers }\n",
    )
    .await;
    let heard = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &heard, Declined))
        .await
        .unwrap();
    world
        .execute(
            "update presented_offer set decided_at = now() - interval '9 years', \
             answered_at = now() - interval '9 years'; \
             update save_session set opened_at = now() - interval '9 years'",
        )
        .await;
    let answer = world.ask(too_expensive("k-2")).await.unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::LetGo);
    assert!(codes(&answer).contains(&"COOLING_DOWN"), "{answer:?}");
}

/// Two agents hold an offer for the same customer; both are accepted at once, on two processes.
#[tokio::test]
async fn of_two_acceptances_at_once_a_cap_of_one_lets_through_exactly_one() {
    let mut world = World::start().await;
    govern(
        &world,
        "  caps:\n    one: { most: 1, within_days: for_ever, of: all_offers, counts: accepted }\n",
    )
    .await;
    let (_running, second) = world.second().await;
    let mut calls = Vec::new();
    for number in 1..=6 {
        let customer = format!("c-{number}");
        world.neighbours.put(facts(&customer));
        for agent in ["a", "b", "c"] {
            let contact = format!("{customer}-{agent}");
            let mut request = too_expensive(&contact);
            request.customer_id.clone_from(&customer);
            let answer = world.ask(request).await.unwrap();
            let mut accept = respond(&contact, &answer, Accepted);
            accept.customer_id.clone_from(&customer);
            let mut desk = if agent == "a" {
                world.desk.clone()
            } else {
                second.clone()
            };
            calls.push(async move { desk.record_response(accept).await });
        }
    }
    let answers = join_all(calls).await;
    let granted = answers.iter().filter(|answer| answer.is_ok()).count();
    let most_granted = "select max(count) from (select count(*) from acceptance \
                        group by customer_id) as by_customer";
    assert_eq!((granted, world.number(most_granted).await), (6, 1));
    for refusal in answers.into_iter().filter(Result::is_err) {
        refused(refusal, Code::FailedPrecondition, "CAP_REACHED");
    }
    let committed = "select count(*) from presented_offer where hold_state = 'committed'";
    assert_eq!(world.number(committed).await, 6);
    // Whoever may not take a second one may leave.
    let left = "select count(*) from cancellation";
    for agent in ["a", "b", "c"] {
        world.leave(goodbye(&format!("c-1-{agent}"))).await.unwrap();
    }
    assert_eq!(world.number(left).await, 3);
}

#[tokio::test]
async fn whoever_rings_to_leave_again_and_again_hears_less_about_price_and_leaves_as_easily() {
    let mut world = World::start().await;
    let mut discounts = Vec::new();
    for call in 1..=7 {
        let contact = format!("k-{call}");
        let answer = world.ask(too_expensive(&contact)).await.unwrap();
        let told: Vec<String> = answer
            .considerations
            .iter()
            .map(|reason| format!("{} {}", reason.code, reason.detail))
            .collect();
        let largest = answer
            .verdicts
            .iter()
            .filter(|verdict| verdict.reasons.iter().all(|it| it.code != "SERIAL_SAVER"))
            .count();
        discounts.push((told.join(", "), largest));
        if call == 7 {
            world.leave(goodbye(&contact)).await.unwrap();
        }
    }
    let told: Vec<&str> = discounts.iter().map(|(told, _)| told.as_str()).collect();
    let third = "SERIAL_SAVER third_call";
    let fifth = "SERIAL_SAVER fifth_call";
    assert_eq!(
        told,
        [
            "",
            "",
            third,
            third,
            fifth,
            fifth,
            "SERIAL_SAVER seventh_call"
        ]
    );
    let kept: Vec<usize> = discounts.iter().map(|(_, kept)| *kept).collect();
    assert!(
        kept.is_sorted_by(|before, after| before >= after),
        "{kept:?}"
    );
    assert!(kept[0] > kept[4] && kept[4] > kept[6], "{kept:?}");
}

#[tokio::test]
async fn what_is_owed_for_an_outage_comes_first_and_is_no_sale() {
    let mut world = World::start().await;
    let mut harmed = facts("c-1");
    harmed.revision = 2;
    harmed.open_incidents = vec![crate::neighbours::outage()];
    world.neighbours.put(harmed);
    let mut request = too_expensive("k-1");
    request.min_revision = 2;
    let answer = world.ask(request).await.unwrap();
    let first = &answer.offers[0];
    assert_eq!(first.offer_key, "recovery_major_long_standing");
    assert!(first.owed && first.lever() == pb::Lever::Goodwill);
    let accepted = world
        .answer(respond("k-1", &answer, Accepted))
        .await
        .unwrap();
    assert!(accepted.offer.unwrap().owed);
}

#[tokio::test]
async fn a_vulnerable_customer_is_neither_bound_nor_pressed_about_price() {
    let mut world = World::start().await;
    let mut frail = facts("c-1");
    frail.revision = 2;
    frail.vulnerable = true;
    world.neighbours.put(frail);
    let mut request = too_expensive("k-1");
    request.min_revision = 2;
    let answer = world.ask(request).await.unwrap();
    assert!(codes(&answer).contains(&"VULNERABLE"));
    assert_eq!(answer.outcome(), pb::DecisionOutcome::Present);
    for offer in &answer.offers {
        assert_eq!(offer.terms.as_ref().unwrap().commitment_months, 0);
        assert_ne!(offer.lever(), pb::Lever::PriceDiscount);
    }
}

#[tokio::test]
async fn what_was_accepted_and_undone_takes_no_room_under_a_cap() {
    let mut world = World::start().await;
    govern(
        &world,
        "  caps:\n    one: { most: 1, within_days: for_ever, of: all_offers, counts: accepted }\n",
    )
    .await;
    let mut taken = 0;
    for contact in ["k-1", "k-2", "k-3"] {
        let answer = world.ask(too_expensive(contact)).await.unwrap();
        if answer.offers.is_empty() {
            break;
        }
        world
            .answer(respond(contact, &answer, Accepted))
            .await
            .unwrap();
        taken += 1;
        // As leaving does, or a failure that nobody made good.
        let undone = "update acceptance set fulfilment = \
                      case when fulfilment = 'requested' then 'rolled_back' else 'failed' end";
        world.execute(undone).await;
    }
    assert_eq!(taken, 3);
    world
        .execute("update acceptance set fulfilment = 'completed'")
        .await;
    let answer = world.ask(too_expensive("k-4")).await.unwrap();
    assert!(codes(&answer).contains(&"CAP_REACHED"), "{answer:?}");
}
