//! Whoever can write to the database can compute hashes, too: what still gives a change away then.

use contract::offers::v1 as pb;
use pb::PresentedOutcome::{Accepted, Presented};

use crate::proof::{play, record};
use crate::world::{World, respond, too_expensive};

/// The tables of what is found, each once.
fn tables(record: &pb::CancellationRecord) -> Vec<&str> {
    let findings = record.findings.iter();
    let mut tables: Vec<&str> = findings.map(|it| it.table.as_str()).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// Gives the event at a place a hash that fits it and the one before.
async fn hash_again(world: &World, place: i32) {
    let sql = "update session_event event set hash = event_link(before.hash, event) \
               from session_event before \
               where before.session_id = event.session_id \
                 and before.sequence = event.sequence - 1 and event.sequence = $1";
    let hashed = sqlx::query(sql)
        .bind(place)
        .execute(&world.database.pool)
        .await;
    assert_eq!(hashed.unwrap().rows_affected(), 1);
}

#[tokio::test]
async fn an_event_with_a_new_hash_does_not_fit_the_next_one_and_the_last_not_the_session() {
    let mut world = World::start().await;
    let session_id = play(&mut world, "c-1").await;
    world
        .execute("update session_event set agent_id = 'somebody' where sequence = 2")
        .await;
    for (changed, next) in [(2, Some(3)), (3, Some(4)), (4, None)] {
        hash_again(&world, changed).await;
        let record = record(&mut world, "c-1", &session_id).await;
        let rows: Vec<&str> = record.findings.iter().map(|it| it.row.as_str()).collect();
        let expected = next.map_or_else(
            || session_id.clone(),
            |place: i32| format!("{session_id} {place}"),
        );
        assert_eq!(rows, [expected], "{changed}");
        let table = next.map_or("save_session", |_| "session_event");
        assert_eq!(tables(&record), [table], "{changed}");
    }
}

#[tokio::test]
async fn the_end_of_a_call_fits_where_the_session_stands() {
    let mut world = World::start().await;
    let session_id = play(&mut world, "c-1").await;
    for change in [
        "update save_session set state = 'closed'",
        "update save_session set refused = not refused",
        "update save_session set chain_head = sha256('')",
    ] {
        world
            .execute("create table before as select * from save_session")
            .await;
        world.execute(change).await;
        let record = record(&mut world, "c-1", &session_id).await;
        assert_eq!(tables(&record), ["save_session"], "{change}");
        world
            .execute(
                "update save_session set (state, refused, chain_head) = \
                     (select state, refused, chain_head from before); drop table before",
            )
            .await;
    }
}

/// Takes away what rows of before hashes were kept do not have.
async fn age(world: &World) {
    world
        .execute(
            "update session_event set hash = null, evidence = null, decision_id = null; \
             update decision set hash = null; \
             update save_session set chain_root = null, chain_length = null, chain_head = null",
        )
        .await;
}

#[tokio::test]
async fn of_a_call_of_before_hashes_the_acknowledgement_is_still_compared() {
    let mut world = World::start().await;
    let session_id = play(&mut world, "c-1").await;
    age(&world).await;
    let aged = record(&mut world, "c-1", &session_id).await;
    assert!(aged.findings.is_empty() && !aged.sealed);
    for (change, back) in [
        (
            "update cancellation set service_end_at = service_end_at + interval '1 day'",
            "update cancellation set service_end_at = service_end_at - interval '1 day'",
        ),
        ("update cancellation set hash = sha256('')", "select"),
    ] {
        world.execute(change).await;
        let record = record(&mut world, "c-1", &session_id).await;
        assert_eq!(tables(&record), ["cancellation"], "{change}");
        world.execute(back).await;
    }
}

#[tokio::test]
async fn a_call_without_events_is_held_against_its_first_decision() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    let untouched = record(&mut world, "c-1", &answer.session_id).await;
    assert!(untouched.findings.is_empty() && untouched.sealed);
    world
        .execute("update save_session set agent_id = 'somebody'")
        .await;
    let changed = record(&mut world, "c-1", &answer.session_id).await;
    assert_eq!(tables(&changed), ["save_session"]);
}

#[tokio::test]
async fn of_an_acceptance_of_before_hashes_the_events_still_tell() {
    for change in [
        "delete from acceptance",
        "update acceptance set agent_id = 'somebody'",
    ] {
        let mut world = World::start().await;
        let answer = world.ask(too_expensive("k-1")).await.unwrap();
        let accept = respond("k-1", &answer, Accepted);
        world.answer(accept).await.unwrap();
        age(&world).await;
        let aged = record(&mut world, "c-1", &answer.session_id).await;
        assert_eq!(aged.findings, []);
        world.execute(change).await;
        let record = record(&mut world, "c-1", &answer.session_id).await;
        assert_eq!(tables(&record), ["acceptance"], "{change}");
    }
}

#[tokio::test]
async fn an_acceptance_that_nobody_recorded_is_named() {
    let mut world = World::start().await;
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    world
        .answer(respond("k-1", &answer, Presented))
        .await
        .unwrap();
    world
        .execute(
            "insert into acceptance \
                 (customer_id, presented_offer_id, acceptance_id, accepted_at, fulfilment) \
             select customer_id, presented_offer_id, gen_random_uuid(), now(), 'requested' \
             from presented_offer",
        )
        .await;
    let record = record(&mut world, "c-1", &answer.session_id).await;
    assert_eq!(tables(&record), ["acceptance"]);
}
