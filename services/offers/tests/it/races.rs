//! Several at once on one session, on two processes: one order of events, whichever it is.

#![expect(
    clippy::disallowed_methods,
    reason = "calls run beside the test, and its transactions end with it"
)]

use contract::offers::v1 as pb;
use futures::future::join_all;
use pb::PresentedOutcome::Accepted;
use sqlx::{Postgres, Transaction};
use tonic::{Code, Status};

use crate::neighbours::facts;
use crate::world::{World, goodbye, refused, respond, too_expensive};

/// A first step without an offer, so that the contact may ask again.
async fn let_go(world: &mut World, contact: &str) -> pb::RequestSaveOfferResponse {
    let mut moved = too_expensive(contact);
    "moved_out_of_area".clone_into(&mut moved.reason);
    world.ask(moved).await.unwrap()
}

fn second_step(request_id: &str) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        request_id: request_id.to_owned(),
        step: 2,
        ..too_expensive("k-1")
    }
}

/// Locks every session, until the transaction ends.
async fn hold_sessions(world: &World) -> Transaction<'static, Postgres> {
    let mut transaction = world.database.pool.begin().await.unwrap();
    sqlx::query("select from save_session for update")
        .execute(&mut *transaction)
        .await
        .unwrap();
    transaction
}

/// Waits until so many statements wait for a lock in this database.
async fn wait_for_waiters(world: &World, wanted: i64) {
    let waiters = "select count(*) from pg_stat_activity \
                   where datname = current_database() and wait_event_type = 'Lock'";
    world.wait_for(waiters, wanted).await;
}

/// Of equal second steps that all saw none before, whatever their request ids, one is recorded.
async fn race_of_second_steps(request_id: impl Fn(usize) -> String) {
    let mut world = World::start().await;
    let first = let_go(&mut world, "k-1").await;
    let (_second, second) = world.second().await;
    let session = hold_sessions(&world).await;
    let calls: Vec<_> = (0..4)
        .map(|index| {
            let mut desk = if index % 2 == 0 {
                world.desk.clone()
            } else {
                second.clone()
            };
            let request = second_step(&request_id(index));
            tokio::spawn(async move { desk.request_save_offer(request).await })
        })
        .collect();
    wait_for_waiters(&world, 4).await;
    session.rollback().await.unwrap();
    let answers: Vec<_> = join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().unwrap().into_inner())
        .collect();
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    for answer in &answers {
        assert_eq!(answer.outcome(), pb::DecisionOutcome::Present);
        assert_eq!(answer.decision_id, answers[0].decision_id);
        assert_eq!(answer.offers, answers[0].offers);
    }
    assert_eq!(world.number("select count(*) from decision").await, 2);
    assert_eq!(
        world.number("select count(*) from presented_offer").await,
        1
    );
    let events = world.session(&first.session_id).await.events;
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["opened", "let_go", "offered"]);
}

#[tokio::test]
async fn of_equal_later_steps_one_is_recorded_and_all_hear_it() {
    race_of_second_steps(|index| format!("step-{index}")).await;
}

#[tokio::test]
async fn of_equal_later_steps_under_one_request_id_one_is_recorded_and_all_hear_it() {
    race_of_second_steps(|_| "step".to_owned()).await;
}

/// Who comes first to the row that both wait for.
#[derive(Clone, Copy, PartialEq)]
enum First {
    Accepting,
    Leaving,
}

/// Lets one customer accept and leave on two processes while the offer's row is held, and the offer
/// may have expired once it is let go. Returns the answer to accepting.
async fn accept_and_leave(
    world: &mut World,
    customer: &str,
    first: First,
    expired: bool,
) -> Result<(), Status> {
    world.neighbours.put(facts(customer));
    let mut request = too_expensive(customer);
    request.customer_id = customer.to_owned();
    let answer = world.ask(request).await.unwrap();
    let mut accept = respond(customer, &answer, Accepted);
    accept.customer_id = customer.to_owned();
    let mut leave = goodbye(customer);
    leave.customer_id = customer.to_owned();

    let mut row = world.database.pool.begin().await.unwrap();
    let hold_up = "update presented_offer set expires_at = clock_timestamp() + $2 * interval '1 hour' \
                   where presented_offer_id = $1::text::uuid";
    sqlx::query(hold_up)
        .bind(&answer.offers[0].presented_offer_id)
        .bind(i32::from(!expired))
        .execute(&mut *row)
        .await
        .unwrap();
    let (running, mut second) = world.second().await;
    let mut desk = world.desk.clone();
    let accepting = async move { desk.record_response(accept).await.map(drop) };
    let leaving = async move { second.confirm_cancellation(leave).await.map(drop) };
    let (accepted, left) = if first == First::Accepting {
        let accepting = tokio::spawn(accepting);
        wait_for_waiters(world, 1).await;
        let leaving = tokio::spawn(leaving);
        wait_for_waiters(world, 2).await;
        row.commit().await.unwrap();
        (accepting.await.unwrap(), leaving.await.unwrap())
    } else {
        let leaving = tokio::spawn(leaving);
        wait_for_waiters(world, 1).await;
        let accepting = tokio::spawn(accepting);
        wait_for_waiters(world, 2).await;
        row.commit().await.unwrap();
        (accepting.await.unwrap(), leaving.await.unwrap())
    };
    left.expect("leaving is never refused");
    running.shutdown().await;
    accepted
}

#[tokio::test]
async fn accepting_expiring_and_leaving_at_once_settle_a_hold_once() {
    let mut world = World::start().await;
    let sums = "select count(*) from presented_offer where hold_state in ('held', 'committed')";

    let accepted = accept_and_leave(&mut world, "c-accepts", First::Accepting, false).await;
    accepted.expect("the offer was open");
    let undone = "select count(*) from presented_offer join acceptance using (presented_offer_id) \
                  where outcome = 'accepted' and hold_state = 'released' and fulfilment = 'rolled_back'";
    assert_eq!(
        (world.number(undone).await, world.number(sums).await),
        (1, 0)
    );

    let refusal = accept_and_leave(&mut world, "c-leaves", First::Leaving, false).await;
    refused(refusal, Code::FailedPrecondition, "ILLEGAL_STATE");
    // What time does later to the offer is not done to its hold again.
    let settled = "select count(*) from presented_offer \
                   where outcome = 'decided' and hold_state = 'released'";
    assert_eq!(world.number(settled).await, 1);
    world
        .execute("update presented_offer set expires_at = now() where outcome = 'decided'")
        .await;
    let expired = "select count(*) from presented_offer where outcome = 'expired'";
    world.wait_for(expired, 1).await;
    let released = "select count(*) from presented_offer where hold_state = 'released'";
    assert_eq!(world.number(released).await, 2);

    for (number, first) in (2..).zip([First::Accepting, First::Leaving]) {
        let customer = format!("c-late-{number}");
        let refusal = accept_and_leave(&mut world, &customer, first, true).await;
        refused(refusal, Code::FailedPrecondition, "OFFER_EXPIRED");
        world.wait_for(expired, number).await;
    }
    assert_eq!(world.number(sums).await, 0);
    assert_eq!(world.number("select count(*) from acceptance").await, 1);
    assert_eq!(world.number("select count(*) from cancellation").await, 4);
}

#[tokio::test]
async fn whoever_leaves_a_known_contact_twice_at_once_is_acknowledged_once() {
    let mut world = World::start().await;
    world.ask(too_expensive("k-1")).await.unwrap();
    let session = hold_sessions(&world).await;
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let mut desk = world.desk.clone();
            tokio::spawn(async move { desk.confirm_cancellation(goodbye("k-1")).await })
        })
        .collect();
    wait_for_waiters(&world, 2).await;
    session.rollback().await.unwrap();
    let answers: Vec<_> = join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().unwrap().into_inner())
        .collect();
    assert_eq!(answers.iter().filter(|answer| answer.replayed).count(), 1);
    assert_eq!(answers[0].acknowledgement, answers[1].acknowledgement);
}
