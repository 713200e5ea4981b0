//! Connections break in the middle, between a statement and its reply too: one effect, one answer.

#![expect(
    clippy::disallowed_methods,
    reason = "calls run beside the test, and its transactions end with it"
)]

use std::time::Duration;

use contract::offers::v1 as pb;
use contract::offers::v1::save_desk_service_client::SaveDeskServiceClient;
use futures::future::join_all;
use offers::app::MIGRATOR;
use pb::PresentedOutcome::Accepted;
use storage::redis::RedisSettings;
use testkit::fault::{Mode, Proxy};
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::neighbours::facts;
use crate::world::{World, respond, too_expensive};

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
    world.neighbours.put(facts("c-0"));
    let warm_up = pb::RequestSaveOfferRequest {
        customer_id: "c-0".to_owned(),
        ..too_expensive("k-0")
    };
    world.ask(warm_up).await.unwrap();
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
                   and wait_event_type = 'Lock' and query like '%-- One batch of decisions%'";
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
                    and query like '%-- One batch of decisions%'";
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

/// Calls until the answer is neither that storage is away nor that it took too long.
async fn until_answered<T>(call: impl AsyncFn() -> Result<T, Status>) -> T {
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
    }
}

/// One customer asks and accepts, trying again under the same request ids.
async fn ask_and_accept(desk: SaveDeskServiceClient<Channel>, customer: String) {
    let mut request = too_expensive(&customer);
    request.customer_id.clone_from(&customer);
    let answer = until_answered(async || {
        let answer = desk.clone().request_save_offer(request.clone()).await;
        answer.map(tonic::Response::into_inner)
    })
    .await;
    let mut accept = respond(&customer, &answer, Accepted);
    accept.customer_id = customer;
    until_answered(async || desk.clone().record_response(accept.clone()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_tries_again_while_connections_are_killed_has_one_effect() {
    let world = World::start().await;
    let (_running, second) = world.second().await;
    let calls = (0..24).map(|number| {
        let customer = format!("c-{number}");
        world.neighbours.put(facts(&customer));
        let desk = if number % 2 == 0 {
            world.desk.clone()
        } else {
            second.clone()
        };
        ask_and_accept(desk, customer)
    });
    let calls = join_all(calls);
    let kills = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        for _ in 0..30 {
            ticks.tick().await;
            let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                        where datname = current_database() and pid <> pg_backend_pid() \
                          and query ~ '(save_session|presented_offer|request_log|decision|commit)'";
            world.number(kill).await;
        }
    };
    futures::join!(calls, kills);
    for table in [
        "select count(*) from save_session where state = 'save_recorded'",
        "select count(*) from decision",
        "select count(*) from presented_offer where hold_state = 'committed'",
        "select count(*) from acceptance",
        "select count(*) from session_event where kind = 'accepted'",
        "select count(*) from request_log where method = 'RequestSaveOffer'",
        "select count(*) from request_log where method = 'RecordResponse'",
    ] {
        assert_eq!(world.number(table).await, 24, "{table}");
    }
}
