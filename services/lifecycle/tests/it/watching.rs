//! Following the changes of stage of all customers: none left out, in order, bounded.

use std::time::Duration;

use contract::lifecycle::v1 as wire;
use contract::types::v1 as facts;
use lifecycle::settings::Settings;
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres};
use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

use crate::world::{World, check_refusal, contract, customer, days_ago, faulty_fields};

const PATIENCE: Duration = Duration::from_secs(20);
/// The lock that keeps those apart who change stages: the letters "stage".
const SCORING_LOCK: i64 = 0x73_7461_6765;

type Feed = Streaming<wire::WatchTransitionsResponse>;

async fn start() -> World {
    World::start_with(quickly).await
}

fn quickly(settings: &mut Settings) {
    settings.watch.poll_interval_ms = 20;
    settings.watch.max_transitions = 3;
}

async fn ask(world: &World, request: wire::WatchTransitionsRequest) -> Result<Feed, Status> {
    let answer = world.service.status().watch_transitions(request).await;
    answer.map(tonic::Response::into_inner)
}

async fn watch(world: &World, cursor: &str) -> Feed {
    let request = wire::WatchTransitionsRequest {
        after_cursor: cursor.to_owned(),
        only_new: false,
    };
    ask(world, request).await.unwrap()
}

async fn message(feed: &mut Feed) -> wire::WatchTransitionsResponse {
    let run = timeout(PATIENCE, feed.message()).await;
    run.expect("a sign in time")
        .unwrap()
        .expect("the feed goes on")
}

/// Reads until so many changes have come; returns their revisions with the last cursor.
async fn read(feed: &mut Feed, count: usize) -> (Vec<u64>, String) {
    let (mut revisions, mut cursor) = (Vec::new(), String::new());
    while revisions.len() < count {
        let run = message(feed).await;
        assert!(run.transitions.len() <= 3, "a message is bounded");
        revisions.extend(run.transitions.iter().map(|one| one.revision));
        cursor = run.cursor;
    }
    (revisions, cursor)
}

/// Writes changes of a customer as one who scores would, told apart by their revisions.
async fn write(connection: &mut PgConnection, customer_id: &str, revisions: std::ops::Range<i32>) {
    sqlx::query(
        "insert into stage_transition (customer_id, number, transition_time, from_stage, to_stage,
             stage_rule, evidence, rules_version, model_activation, revision)
         select $1, revision, now(), 'established', 'at_risk', 'at_risk.churn_risk', '[]', 0, 0,
                revision
         from generate_series($2, $3 - 1) as revision",
    )
    .bind(customer_id)
    .bind(revisions.start)
    .bind(revisions.end)
    .execute(connection)
    .await
    .unwrap();
}

async fn begin(world: &World) -> PoolConnection<Postgres> {
    let mut connection = world.database.pool.acquire().await.unwrap();
    sqlx::query("begin")
        .execute(&mut *connection)
        .await
        .unwrap();
    connection
}

async fn commit(connection: &mut PgConnection) {
    sqlx::query("commit").execute(connection).await.unwrap();
}

/// A customer with an incident of long ago, and an open one or none.
fn with_incident(revision: u64, is_open: bool) -> facts::CustomerFacts {
    let open = is_open.then(facts::IncidentFacts::default);
    facts::CustomerFacts {
        revision,
        open_incidents: open.into_iter().collect(),
        last_incident_resolve_time: days_ago(40),
        ..customer("c-1", vec![contract("s", 400)])
    }
}

#[tokio::test]
async fn whoever_follows_is_told_each_change_once_and_goes_on_after_the_cursor() {
    let world = start().await;
    let mut feed = watch(&world, "").await;
    assert_eq!(message(&mut feed).await.transitions, [], "a first sign");
    for revision in 1..=4 {
        let is_open = revision % 2 == 0;
        world.profiles.put(with_incident(revision, is_open));
        world.wait_until_followed().await;
    }
    let first = loop {
        let run = message(&mut feed).await;
        if !run.transitions.is_empty() {
            break run;
        }
    };
    let told = &first.transitions[0];
    assert_eq!((told.customer_id.as_str(), told.revision), ("c-1", 2));
    assert_eq!(told.stage_rule, "first_disagreement.open");
    drop(feed);
    let seen = first.transitions.len();
    let mut again = watch(&world, &first.cursor).await;
    let rest: Vec<u64> = [2, 3, 4][seen..].to_vec();
    if !rest.is_empty() {
        assert_eq!(read(&mut again, rest.len()).await.0, rest);
    }
    // From the beginning everything is there yet.
    assert_eq!(read(&mut watch(&world, "").await, 3).await.0, [2, 3, 4]);
}

/// A transaction that began first and commits last must not be passed over.
#[tokio::test]
async fn a_transaction_that_commits_late_is_waited_for() {
    let world = start().await;
    let mut feed = watch(&world, "").await;
    message(&mut feed).await;
    let mut slow = begin(&world).await;
    let mut quick = begin(&world).await;
    write(&mut slow, "c-slow", 1..2).await;
    write(&mut quick, "c-quick", 2..4).await;
    commit(&mut quick).await;
    let too_early = timeout(Duration::from_millis(300), read(&mut feed, 1)).await;
    assert!(too_early.is_err(), "a later change overtook one under way");
    // One who comes only now is not told too early either.
    let (begun, cursor) = {
        let first = message(&mut watch(&world, "").await).await;
        (first.transitions, first.cursor)
    };
    assert_eq!(begun, []);
    commit(&mut slow).await;
    assert_eq!(read(&mut feed, 3).await.0, [1, 2, 3]);
    assert_eq!(
        read(&mut watch(&world, &cursor).await, 3).await.0,
        [1, 2, 3]
    );
}

/// The follower of profiles waits for a worker that is changing the same customer, and must not have
/// taken its place among the changes before it waits.
#[tokio::test]
async fn the_changes_of_one_customer_are_told_in_the_order_they_were_made() {
    let world = start().await;
    world.profiles.put(with_incident(1, false));
    world.wait_until_followed().await;
    let mut worker = begin(&world).await;
    sqlx::query("select pg_advisory_xact_lock_shared($1)")
        .bind(SCORING_LOCK)
        .execute(&mut *worker)
        .await
        .unwrap();
    world.profiles.put(with_incident(9, true));
    wait_for_a_lock(&world).await;
    write(&mut worker, "c-1", 5..6).await;
    commit(&mut worker).await;
    assert_eq!(read(&mut watch(&world, "").await, 2).await.0, [5, 9]);
}

/// Waits until somebody waits for an advisory lock.
async fn wait_for_a_lock(world: &World) {
    let sql = "select exists (select from pg_locks join pg_database on pg_database.oid = database
                   where datname = current_database() and locktype = 'advisory' and not granted)";
    wait_for(world, sql, "the follower waits for the worker").await;
}

/// Waits until a query says so.
async fn wait_for(world: &World, sql: &'static str, what: &str) {
    let waiting = timeout(PATIENCE, async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            let found: bool = sqlx::query_scalar(sql)
                .fetch_one(&world.database.pool)
                .await
                .unwrap();
            if found {
                return;
            }
        }
    });
    waiting.await.expect(what);
}

/// Waits until every change that was written may be told: what runs in other databases of the
/// server counts as well.
async fn wait_until_told(world: &World) {
    let sql = "select not exists (select from stage_transition
                   where transaction_id >= pg_snapshot_xmin(pg_current_snapshot()))";
    wait_for(world, sql, "older transactions end").await;
}

#[tokio::test]
async fn only_what_is_new_is_told_where_that_is_wanted() {
    let world = start().await;
    let mut connection = world.database.pool.acquire().await.unwrap();
    write(&mut connection, "c-old", 1..3).await;
    wait_until_told(&world).await;
    let request = wire::WatchTransitionsRequest {
        only_new: true,
        ..wire::WatchTransitionsRequest::default()
    };
    let mut feed = ask(&world, request).await.unwrap();
    let first = message(&mut feed).await;
    assert_eq!(first.transitions, []);
    write(&mut connection, "c-new", 3..4).await;
    assert_eq!(read(&mut feed, 1).await.0, [3]);
    let mut later = watch(&world, &first.cursor).await;
    assert_eq!(read(&mut later, 1).await.0, [3]);
}

#[tokio::test]
async fn a_cursor_that_was_changed_or_made_up_is_refused() {
    let world = start().await;
    let cursor = message(&mut watch(&world, "").await).await.cursor;
    let mut forged = cursor.clone().into_bytes();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    let other_question = {
        let request = wire::ListCustomersRequest {
            stage: wire::Stage::AtRisk.into(),
            page_token: cursor.clone(),
            ..wire::ListCustomersRequest::default()
        };
        world.service.portfolio().list_customers(request).await
    };
    assert_eq!(faulty_fields(&other_question.unwrap_err()), ["page_token"]);
    for wrong in [
        String::from_utf8(forged).unwrap(),
        "0.0".to_owned(),
        "x".repeat(4_000),
    ] {
        let request = wire::WatchTransitionsRequest {
            after_cursor: wrong,
            only_new: false,
        };
        let refused = ask(&world, request).await.unwrap_err();
        assert_eq!(faulty_fields(&refused), ["after_cursor"]);
    }
    let both = wire::WatchTransitionsRequest {
        after_cursor: cursor,
        only_new: true,
    };
    let refused = ask(&world, both).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["only_new"]);
}

/// What a slow one does not take stays in the table, whatever is written meanwhile.
#[tokio::test]
async fn a_slow_follower_costs_a_page_and_loses_nothing() {
    let world = start().await;
    let mut slow = watch(&world, "").await;
    let mut connection = world.database.pool.acquire().await.unwrap();
    for turn in 0..20 {
        let revisions = 1 + 500 * turn..501 + 500 * turn;
        write(&mut connection, &format!("c-{turn:02}"), revisions).await;
    }
    // Another one is not held up by it.
    assert_eq!(read(&mut watch(&world, "").await, 1).await.0[0], 1);
    let (revisions, _) = read(&mut slow, 10_000).await;
    assert_eq!(revisions, (1..=10_000).collect::<Vec<u64>>());
}

#[tokio::test]
async fn only_so_many_follow_at_once() {
    let world = World::start_with(|settings| {
        quickly(settings);
        settings.watch.max_watchers = 2;
    })
    .await;
    let mut feeds = Vec::new();
    for _ in 0..2 {
        let mut feed = watch(&world, "").await;
        message(&mut feed).await;
        feeds.push(feed);
    }
    let refused = ask(&world, wire::WatchTransitionsRequest::default()).await;
    let refused = refused.unwrap_err();
    check_refusal(&refused, Code::Unavailable, "OVERLOADED", &[]);
    // Whoever leaves makes room.
    feeds.pop();
    let room = timeout(PATIENCE, async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            if let Ok(feed) = ask(&world, wire::WatchTransitionsRequest::default()).await {
                return feed;
            }
        }
    });
    message(&mut room.await.expect("room")).await;
}

#[tokio::test]
async fn silence_is_broken_by_signs_of_life_that_carry_the_cursor() {
    let world = World::start_with(|settings| {
        quickly(settings);
        settings.watch.keep_alive_interval_ms = 20;
    })
    .await;
    let mut connection = world.database.pool.acquire().await.unwrap();
    write(&mut connection, "c-1", 1..2).await;
    let mut feed = watch(&world, "").await;
    let (_, cursor) = read(&mut feed, 1).await;
    let sign = message(&mut feed).await;
    assert_eq!((sign.transitions, sign.cursor), (Vec::new(), cursor));
    assert!(sign.lag_seconds.abs() < f64::EPSILON);
}

#[tokio::test]
async fn the_feed_ends_when_the_service_stops() {
    let world = start().await;
    let mut feed = watch(&world, "").await;
    message(&mut feed).await;
    let (ended, clean) = tokio::join!(timeout(PATIENCE, feed.message()), world.service.shut_down());
    assert!(ended.expect("the feed ends").unwrap().is_none());
    assert!(clean, "nothing had to be cut off");
}
