//! The writer's connection breaks between its statement and the reply: one decision, one answer.

use contract::offers::v1 as pb;
use offers::app::MIGRATOR;
use storage::redis::RedisSettings;
use testkit::fault::{Mode, Proxy};
use tokio::task::JoinHandle;
use tonic::Status;

use crate::world::{World, too_expensive};

type Call = JoinHandle<Result<pb::RequestSaveOfferResponse, Status>>;

const DECISIONS: &str =
    "select count(*) from decision where record like '%\"contact_id\":\"k-1\"%'";

/// A desk that reaches its database through a proxy, and has written one decision already.
async fn behind_a_proxy() -> (World, Proxy) {
    let mut database = testkit::postgres::fresh(&MIGRATOR).await;
    let (proxy, url) = Proxy::postgres(&database.url).await;
    database.url = url;
    let redis = RedisSettings::at(testkit::redis::url(), testkit::redis::prefix());
    let mut world = World::start_on(database, redis).await;
    world.ask(too_expensive("k-0")).await.unwrap();
    (world, proxy)
}

/// Asks while nobody can insert an offer, and waits until the statement that records it waits.
async fn ask_and_be_held_up(world: &World) -> (Call, sqlx::Transaction<'static, sqlx::Postgres>) {
    let mut held_up = world.database.pool.begin().await.unwrap();
    sqlx::raw_sql("lock table presented_offer in share mode")
        .execute(&mut *held_up)
        .await
        .unwrap();
    let mut desk = world.desk.clone();
    let call = tokio::spawn(async move {
        let answer = desk.request_save_offer(too_expensive("k-1")).await;
        answer.map(tonic::Response::into_inner)
    });
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() \
                   and wait_event_type = 'Lock' and query like '%fresh_session%'";
    world.wait_for(waiting, 1).await;
    (call, held_up)
}

/// Whatever happened, the call is answered, once, and so is its retry.
async fn answered_once(mut world: World, call: Call) {
    let answer = call.await.unwrap().unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::Present);
    assert_eq!(world.number(DECISIONS).await, 1);
    let again = world.ask(too_expensive("k-1")).await.unwrap();
    assert_eq!(
        again,
        pb::RequestSaveOfferResponse {
            replayed: true,
            ..answer
        }
    );
    let offers = "select count(*) from presented_offer offer join save_session using (session_id) \
                  where contact_id = 'k-1'";
    assert_eq!(world.number(offers).await, 1);
}

#[tokio::test]
async fn a_writer_that_is_killed_before_it_commits_writes_again_on_a_new_connection() {
    let (world, _proxy) = behind_a_proxy().await;
    let (call, held_up) = ask_and_be_held_up(&world).await;
    let killed = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                  where datname = current_database() and wait_event_type = 'Lock' \
                    and query like '%fresh_session%'";
    assert_eq!(world.number(killed).await, 1);
    held_up.rollback().await.unwrap();
    answered_once(world, call).await;
}

#[tokio::test]
async fn a_reply_that_is_lost_after_the_commit_is_read_from_what_was_written() {
    let (world, proxy) = behind_a_proxy().await;
    let (call, held_up) = ask_and_be_held_up(&world).await;
    proxy.set(Mode::BlackHole);
    held_up.rollback().await.unwrap();
    world.wait_for(DECISIONS, 1).await;
    proxy.cut();
    proxy.set(Mode::Pass);
    answered_once(world, call).await;
}
