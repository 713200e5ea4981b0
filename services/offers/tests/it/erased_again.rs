//! What is written under an id after its erasure, and erasures that fail.

use contract::offers::v1 as pb;
use contract::offers::v1::suppression_service_client::SuppressionServiceClient;
use pb::PresentedOutcome::Presented;

use crate::erased::tables_with;
use crate::merged::{answer, ask, leave, two_of_one_person};
use crate::neighbours::facts;
use crate::world::{World, wait_until};

const ERASED: &str = "select count(*) from save_session where erased_at is not null";

async fn wait_until_nothing_leads_to(world: &World, id: &str) {
    wait_until("nothing leads to the person", async || {
        tables_with(world, id).await.is_empty()
    })
    .await;
}

/// A desk that has spoken with a customer who was erased since.
async fn after_an_erasure() -> World {
    let mut world = World::start().await;
    world.ask(ask("k-1", "c-1")).await.unwrap();
    world.neighbours.erase_and_tell(&["c-1"]);
    world.wait_for_feed().await;
    assert_eq!(tables_with(&world, "c-1").await, [""; 0]);
    world
}

#[tokio::test]
async fn a_call_that_was_decided_too_late_is_erased_when_it_ends() {
    let mut world = after_an_erasure().await;
    // As a decision would be that was under way while the news came.
    world.neighbours.put(facts("c-1"));
    let asked = world.ask(ask("k-2", "c-1")).await.unwrap();
    let heard = answer("k-2", "c-1", &asked, Presented);
    world.answer(heard).await.unwrap();
    assert_ne!(tables_with(&world, "c-1").await, [""; 0]);
    world
        .execute("update save_session set updated_at = now() - interval '5 hours'")
        .await;
    world.wait_for(ERASED, 2).await;
    wait_until_nothing_leads_to(&world, "c-1").await;
}

#[tokio::test]
async fn somebody_erased_can_leave_again_and_again_and_nothing_is_kept() {
    let mut world = after_an_erasure().await;
    let goodbye = pb::ConfirmCancellationRequest {
        request_id: "bye".to_owned(),
        ..leave("k-2", "c-1")
    };
    world.leave(goodbye.clone()).await.unwrap();
    world.wait_for(ERASED, 2).await;
    wait_until_nothing_leads_to(&world, "c-1").await;
    // The retry of a call that is erased by now, and another call.
    world.leave(goodbye).await.unwrap();
    world.leave(leave("k-3", "c-1")).await.unwrap();
    wait_until_nothing_leads_to(&world, "c-1").await;
}

#[tokio::test]
async fn a_suppression_of_somebody_erased_is_erased_too() {
    let world = after_an_erasure().await;
    let mut suppressions = SuppressionServiceClient::new(world.channel().await);
    let kept_from = pb::SuppressRequest {
        request_id: "s-1".to_owned(),
        scope: pb::SuppressionScope::Customer.into(),
        customer_id: "c-1".to_owned(),
        suppressed_offers: pb::SuppressedOffers::All.into(),
        for_ever: true,
        reason_key: "complaint_upheld".to_owned(),
        suppressed_by: "agent-7".to_owned(),
        ..Default::default()
    };
    suppressions.suppress(kept_from).await.unwrap();
    wait_until_nothing_leads_to(&world, "c-1").await;
}

#[tokio::test]
async fn an_erasure_that_fails_keeps_nobody_waiting_and_is_carried_out_later() {
    let mut world = two_of_one_person().await;
    for (contact, customer) in [("k-0", "c-0"), ("k-1", "c-1")] {
        world.ask(ask(contact, customer)).await.unwrap();
    }
    world
        .execute(
            "create function broken() returns trigger language plpgsql as \
                 $$ begin raise exception 'not now'; end $$; \
             create trigger broken before update of reason on save_session for each row \
                 when (old.customer_id = 'c-0' and new.reason is null) execute function broken()",
        )
        .await;
    world.neighbours.erase_and_tell(&["c-0", "c-1"]);
    world.wait_for_feed().await;
    assert_eq!(tables_with(&world, "c-1").await, [""; 0]);
    let owed = "select count(*) from erasure_owed where customer_id = 'c-0' and attempts > 0";
    assert_eq!(world.number(owed).await, 1);
    world
        .execute("update erasure_owed set due_at = now()")
        .await;
    let tried = "select count(*) from erasure_owed where attempts > 1 and due_at > now()";
    world.wait_for(tried, 1).await;
    world
        .execute("drop trigger broken on save_session; update erasure_owed set due_at = now()")
        .await;
    wait_until_nothing_leads_to(&world, "c-0").await;
}
