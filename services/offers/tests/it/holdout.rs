//! Customers who are held out: offered nothing that is not owed, on any contact and any process.

use contract::offers::v1 as pb;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use pb::PresentedOutcome::Accepted;
use tonic::{Code, Status};

use crate::neighbours::{facts, outage};
use crate::world::{World, file, goodbye, let_go, refused, respond, too_expensive};

const CATALOGUE: &str = include_str!("../../../../deploy/seed/catalogue.yaml");
const REASONS: &str = include_str!("../../../../deploy/seed/reasons.yaml");

/// The seed's holdout, as it is written.
const SEED: &str = "  holdout: { key: calls_2027, share: 0.05 }\n";

/// A customer whom the seed's holdout holds out.
const HELD_OUT: &str = "c-29";

fn held_out(contact: &str) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        customer_id: HELD_OUT.to_owned(),
        ..too_expensive(contact)
    }
}

async fn world() -> World {
    let world = World::start().await;
    world.neighbours.put(facts(HELD_OUT));
    world
}

/// Publishes the seed with another line in place of its holdout's.
async fn publish(
    world: &World,
    request_id: &str,
    holdout: &str,
) -> Result<pb::PublishCatalogueResponse, Status> {
    assert!(CATALOGUE.contains(SEED));
    let catalogue = CATALOGUE.replacen(SEED, holdout, 1);
    let request = pb::PublishCatalogueRequest {
        request_id: request_id.to_owned(),
        files: vec![
            file("catalogue.yaml", &catalogue),
            file("reasons.yaml", REASONS),
        ],
        published_by: "ada".to_owned(),
        note: String::new(),
    };
    let mut catalogues = CatalogueServiceClient::new(world.channel().await);
    Ok(catalogues.publish_catalogue(request).await?.into_inner())
}

#[tokio::test]
async fn who_is_held_out_is_offered_nothing_anywhere_and_leaves_as_everybody_does() {
    let mut world = world().await;
    let answer = world.ask(held_out("k-1")).await.unwrap();
    assert_eq!(let_go(&answer), "HELD_OUT");
    let withheld = |verdict: &&pb::OfferVerdict| verdict.reasons[0].code == "HELD_OUT";
    assert_eq!(answer.verdicts.iter().filter(withheld).count(), 1);
    assert!(answer.escalation.is_empty());

    // What everybody hears is what the other customer hears.
    let other = world.ask(too_expensive("k-other")).await.unwrap();
    assert_eq!(other.outcome(), pb::DecisionOutcome::Present);
    assert_eq!(other.policy, answer.policy);
    assert_eq!(answer.cancel_now.unwrap().token, answer.session_id);

    // Nor is anything offered on another step, contact or process.
    let mut again = held_out("k-1");
    (again.step, again.request_id) = (2, "again".to_owned());
    assert_eq!(let_go(&world.ask(again).await.unwrap()), "HELD_OUT");
    let (_second, mut second) = world.second().await;
    let elsewhere = second.request_save_offer(held_out("k-2")).await.unwrap();
    assert_eq!(let_go(&elsewhere.into_inner()), "HELD_OUT");

    let explained = pb::ExplainDecisionRequest {
        customer_id: HELD_OUT.to_owned(),
        decision_id: answer.decision_id,
    };
    let explained = world.desk.explain_decision(explained).await.unwrap();
    let explained = explained.into_inner();
    assert!(explained.replay_agrees);
    assert_eq!(explained.arm, "no_offer");

    let leaving = pb::ConfirmCancellationRequest {
        customer_id: HELD_OUT.to_owned(),
        ..goodbye("k-1")
    };
    let left = world.leave(leaving).await.unwrap();
    assert!(left.acknowledgement.is_some());
    let offered = "select count(*) from presented_offer where customer_id = 'c-29'";
    assert_eq!(world.number(offered).await, 0);
}

#[tokio::test]
async fn both_sides_are_in_the_record_and_can_be_counted() {
    let mut world = world().await;
    world.ask(held_out("k-1")).await.unwrap();
    world.ask(too_expensive("k-2")).await.unwrap();
    let exposed = "select count(*) from decision \
         where record::jsonb #> '{decision,holdout}' @> '{\"key\": \"calls_2027\", \"share\": 500, \"exposed\": true}'";
    assert_eq!(world.number(exposed).await, 2);
    let out = "select count(*) from decision \
         where record::jsonb #> '{decision,holdout}' @> '{\"held_out\": true}' and customer_id = 'c-29'";
    assert_eq!(world.number(out).await, 1);
}

#[tokio::test]
async fn what_is_owed_is_offered_and_taken_by_the_held_out_too() {
    let mut world = World::start().await;
    let mut harmed = facts(HELD_OUT);
    harmed.open_incidents = vec![outage()];
    world.neighbours.put(harmed);
    let answer = world.ask(held_out("k-1")).await.unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::Present);
    assert!(answer.offers.iter().all(|offer| offer.owed), "{answer:?}");
    let accepting = pb::RecordResponseRequest {
        customer_id: HELD_OUT.to_owned(),
        ..respond("k-1", &answer, Accepted)
    };
    let accepted = world.answer(accepting).await.unwrap();
    assert!(accepted.offer.unwrap().owed);
}

#[tokio::test]
async fn a_supervisor_may_override_and_it_stays_visible() {
    let mut world = world().await;
    let answer = world.ask(held_out("k-1")).await.unwrap();
    let request = pb::OverrideOfferRequest {
        request_id: "override".to_owned(),
        customer_id: HELD_OUT.to_owned(),
        session_id: answer.session_id,
        contact_id: "k-1".to_owned(),
        offer_key: "thirty_percent_six_months".to_owned(),
        agent: Some(pb::Agent {
            agent_id: "senior-1".to_owned(),
            authority: pb::AuthorityLevel::Senior.into(),
            team: String::new(),
        }),
        reason: "loyal_and_let_down".to_owned(),
    };
    let made = world.desk.override_offer(request).await.unwrap();
    assert!(made.into_inner().offer.unwrap().overridden);
    let contaminated = "select count(*) from decision \
         where record::jsonb #> '{decision,holdout}' @> '{\"held_out\": true}' \
           and record::jsonb #> '{decision,overridden}' is not null";
    assert_eq!(world.number(contaminated).await, 1);
}

#[tokio::test]
async fn a_key_keeps_the_share_it_was_published_with() {
    let mut world = world().await;
    let locked = "select share_basis_points::int8 from holdout where holdout_key = 'calls_2027'";
    assert_eq!(world.number(locked).await, 500);
    let wider = "  holdout: { key: calls_2027, share: 0.1 }\n";
    let refusal = publish(&world, "wider", wider).await;
    refused(refusal, Code::FailedPrecondition, "HOLDOUT_LOCKED");
    let versions = "select count(*) from publication where kind = 'catalogue'";
    assert_eq!(world.number(versions).await, 1);

    // Another key may have another share, and holds out others.
    let half = "  holdout: { key: other, share: 0.5 }\n";
    assert!(publish(&world, "half", half).await.unwrap().changed);
    // What the volume would make of the first key is settled already.
    let by_volume = "  holdout: { key: calls_2027, share: by_volume }\n";
    assert!(publish(&world, "volume", by_volume).await.unwrap().changed);
    assert_eq!(world.number(locked).await, 500);
    assert_eq!(world.number("select count(*) from holdout").await, 2);
    let answer = world.ask(held_out("k-1")).await.unwrap();
    assert_eq!(let_go(&answer), "HELD_OUT");
}

#[tokio::test]
async fn a_share_by_volume_is_settled_by_the_calls_of_a_month() {
    let mut world = world().await;
    let first = "  holdout: { key: first, share: by_volume }\n";
    publish(&world, "first", first).await.unwrap();
    world
        .execute(
            "insert into call_outcome (customer_id, session_id, subscription_id, decided_at) \
             select 'old-' || number, gen_random_uuid(), 's-1', \
                 now() - case when number > 1000 then interval '31 days' else '1 day' end \
             from generate_series(1, 2000) as number",
        )
        .await;
    let second = "  holdout: { key: second, share: by_volume }\n";
    publish(&world, "second", second).await.unwrap();
    let share = "select share_basis_points::int8 from holdout where holdout_key = 'first'";
    assert_eq!(world.number(share).await, 1_000);
    let share = "select share_basis_points::int8 from holdout where holdout_key = 'second'";
    assert_eq!(world.number(share).await, 500);

    // Every process reads the share that was settled.
    let published = world.ask(too_expensive("k-1")).await.unwrap();
    world = world.restart().await;
    let again = world.ask(too_expensive("k-2")).await.unwrap();
    assert_eq!(again.catalogue_version, published.catalogue_version);
    let sides = "select count(distinct record::jsonb #> '{decision,holdout}') from decision";
    assert_eq!(world.number(sides).await, 1);
    let second = "select count(*) from decision \
         where record::jsonb #> '{decision,holdout}' @> '{\"key\": \"second\", \"share\": 500}'";
    assert_eq!(world.number(second).await, 2);
}

#[tokio::test]
async fn a_row_of_a_holdout_never_changes() {
    let world = World::start().await;
    let mut faults = Vec::new();
    for change in [
        "update holdout set share_basis_points = 1",
        "delete from holdout",
    ] {
        let refused = sqlx::raw_sql(change).execute(&world.database.pool).await;
        faults.push(refused.unwrap_err().to_string());
    }
    assert!(
        faults.iter().all(|fault| fault.contains("never changes")),
        "{faults:?}"
    );
}
