//! What somebody is carrying out, or could not, when its customer is erased.

use contract::offers::v1 as pb;
use pb::FulfilmentOutcome::{Completed, Failed};

use crate::fulfilment::Workshop;

const UNDONE: &str = "select count(*) from acceptance where fulfilment = 'rolled_back'";
const NOTES: &str = "select count(*) from acceptance_to_undo";

/// A shop where a worker has what two customers took, who are erased.
async fn erased_while_busy() -> (Workshop, Vec<pb::Fulfilment>) {
    let mut shop = Workshop::open(5).await;
    for customer in ["c-a", "c-b"] {
        shop.accepted(customer).await;
    }
    let leased = shop.lease("w-1").await;
    assert_eq!(leased.len(), 2);
    shop.till.world.neighbours.erase_and_tell(&["c-a", "c-b"]);
    shop.till.world.wait_for_feed().await;
    (shop, leased)
}

#[tokio::test]
async fn what_a_worker_gives_to_somebody_who_is_erased_meanwhile_is_paid() {
    let (mut shop, leased) = erased_while_busy().await;
    assert_eq!(shop.till.sums().await, (0, 2, 3), "it may be given by now");
    shop.report(&leased[0], Completed).await.unwrap();
    // A failure gives the money back, and there is nobody to make it good for.
    assert_eq!(shop.report(&leased[1], Failed).await.unwrap().task_id, "");
    assert_eq!(shop.till.sums().await, (0, 1, 4));
    assert_eq!(shop.tasks().await, []);
    let given = "select count(*) from acceptance where fulfilment = 'completed'";
    assert_eq!(shop.till.world.number(given).await, 1);
    shop.till.world.wait_for(NOTES, 0).await;
}

#[tokio::test]
async fn what_nobody_reports_on_is_undone_when_the_lease_runs_out() {
    let (mut shop, leased) = erased_while_busy().await;
    assert_eq!(shop.till.world.number(NOTES).await, 2);
    shop.let_leases_run_out().await;
    shop.till.world.wait_for(UNDONE, 2).await;
    shop.till.world.wait_for(NOTES, 0).await;
    assert_eq!(shop.till.sums().await, (0, 0, 5));
    assert_eq!(shop.lease("w-2").await, [], "nobody takes it over");
    shop.report(&leased[0], Completed)
        .await
        .expect_err("what was undone is not given");
    assert_eq!(shop.till.sums().await, (0, 0, 5));
}

#[tokio::test]
async fn an_agent_gets_back_what_a_broken_promise_to_somebody_erased_took() {
    let mut shop = Workshop::open(5).await;
    shop.accepted("c-a").await;
    shop.till
        .world
        .execute(
            "update acceptance set discretion_agent_id = 'agent-7', discretion_minor = 900; \
             insert into agent_discretion (agent_id, day, currency, granted_minor) \
             select 'agent-7', (acceptance.accepted_at at time zone 'UTC')::date, currency, 1000 \
             from acceptance join presented_offer using (customer_id, presented_offer_id)",
        )
        .await;
    let leased = shop.lease("w-1").await;
    shop.report(&leased[0], Failed).await.unwrap();
    assert_eq!(shop.tasks().await.len(), 1);
    shop.till.world.neighbours.erase_and_tell(&["c-a"]);
    shop.till.world.wait_for_feed().await;
    assert_eq!(shop.tasks().await, []);
    let granted = "select granted_minor from agent_discretion";
    shop.till.world.wait_for(granted, 100).await;
    assert_eq!(shop.till.sums().await, (0, 0, 5));
}
