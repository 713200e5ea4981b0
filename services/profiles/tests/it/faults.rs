//! Postgres fails, is slow or is gone.

use std::time::{Duration, Instant};

use contract::profiles::v1 as pb;
use contract::types::v1::EventKind;
use kernel::secret::Secret;
use testkit::fault::{Mode, Proxy};
use tonic::Code;
use tonic_types::StatusExt;

use crate::builders::{customer, event};
use crate::stand::Stand;
use crate::statuses::{fact, refused};

const LOCK: &str = "select pg_advisory_lock(hashtextextended('c', 0))";

/// Returns when a transaction waits for a customer's lock.
async fn somebody_waits(stand: &Stand) {
    let waits = "select exists (select from pg_locks join pg_database on database = pg_database.oid
        where locktype = 'advisory' and not granted and datname = current_database())";
    loop {
        let found = sqlx::query_scalar(waits)
            .fetch_one(&stand.database.pool)
            .await;
        if found.unwrap() {
            return;
        }
    }
}

/// A stand whose Postgres is reached through a proxy.
async fn behind_a_proxy() -> (Stand, Proxy) {
    // The proxy needs the database's URL, which the stand makes: take both from the settings.
    let database = testkit::postgres::fresh(&profiles::store::MIGRATOR).await;
    let (proxy, url) = Proxy::postgres(&database.url).await;
    let mut stand = Stand::with(|settings| {
        settings.postgres.url = Secret::new(url);
        settings.postgres.acquire_timeout_ms = 250;
    })
    .await;
    stand.database = database;
    (stand, proxy)
}

/// I17.
#[tokio::test(flavor = "multi_thread")]
async fn without_postgres_calls_fail_fast_and_work_again_when_it_is_back() {
    let (stand, proxy) = behind_a_proxy().await;
    stand.upsert(customer("c")).await.unwrap();
    stand.facts("c").await;
    proxy.set(Mode::Refuse);
    proxy.cut();
    for _ in 0..3 {
        let begun = Instant::now();
        let read = stand.facts_from("c", 0).await;
        let status = refused(read, Code::Unavailable, "STORAGE_UNAVAILABLE");
        assert!(status.get_error_details().retry_info().is_some());
        let written = stand.upsert(customer("d")).await;
        let status = refused(written, Code::Unavailable, "STORAGE_UNAVAILABLE");
        assert!(status.get_error_details().retry_info().is_some());
        assert!(
            begun.elapsed() < Duration::from_secs(1),
            "two calls, 500 ms each"
        );
    }
    proxy.set(Mode::Pass);
    stand.facts("c").await;
    assert!(stand.upsert(customer("d")).await.unwrap().changed);
}

/// Sends a request until it is answered.
async fn settled(stand: &Stand, request: &pb::RecordEventsRequest) -> pb::RecordEventsResponse {
    loop {
        match stand.timeline().record_events(request.clone()).await {
            Ok(answer) => return answer.into_inner(),
            Err(status) => {
                refused::<()>(Err(status), Code::Unavailable, "STORAGE_UNAVAILABLE");
            }
        }
    }
}

/// I22, seen from one caller: connections die under its writes, it sends each again under the same
/// id, and in the end each event is there once and was answered as new.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_whose_connection_is_killed_are_settled_by_their_retry() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    let mut killed = 0_i64;
    for number in 0..30_u64 {
        let request = pb::RecordEventsRequest {
            request_id: format!("r-{number}"),
            events: vec![event("c", &format!("e-{number}"), EventKind::Usage)],
        };
        // Somewhere between its first statement and its answer, another place each time.
        let moment = Duration::from_micros(400 * number);
        let killing = async {
            let never = std::future::pending::<()>();
            assert!(tokio::time::timeout(moment, never).await.is_err());
            let count = sqlx::query_scalar(kill)
                .fetch_one(&stand.database.pool)
                .await;
            count.unwrap()
        };
        let (answer, count): (_, i64) = tokio::join!(settled(&stand, &request), killing);
        assert_eq!((answer.recorded_count, answer.duplicate_count), (1, 0));
        killed += count;
    }
    assert!(killed > 0, "connections were killed");
    let facts = stand.facts("c").await;
    assert_eq!((facts.activities[0].count, facts.revision), (30, 31));
    let told: i64 = sqlx::query_scalar("select count(*) from outbox")
        .fetch_one(&stand.database.pool)
        .await
        .unwrap();
    assert_eq!(told, 31);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_too_long_is_told_so_in_time() {
    let stand = Stand::with(|settings| {
        let method = "rekindle.profiles.v1.CustomerService/UpsertCustomer".to_owned();
        let deadlines = &mut settings.process.serve.edge.method_deadlines_ms;
        deadlines.insert(method, 150);
    })
    .await;
    let mut holder = stand.database.pool.acquire().await.unwrap();
    sqlx::query(LOCK).execute(&mut *holder).await.unwrap();
    let late = stand.upsert(customer("c")).await;
    let status = refused(late, Code::DeadlineExceeded, "DEADLINE_EXCEEDED");
    assert!(fact(&status, "deadline_ms").parse::<u64>().unwrap() <= 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_at_once() {
    let stand = Stand::with(|settings| settings.process.serve.edge.max_calls_in_flight = 1).await;
    let mut holder = stand.database.pool.acquire().await.unwrap();
    sqlx::query(LOCK).execute(&mut *holder).await.unwrap();
    let waiting = stand.upsert(customer("c"));
    tokio::pin!(waiting);
    tokio::select! {
        early = &mut waiting => panic!("the lock is held: {early:?}"),
        () = somebody_waits(&stand) => {}
    }
    // The waiting call has the only place.
    let refusal = stand.facts_from("c", 0).await;
    let status = refused(refusal, Code::Unavailable, "OVERLOADED");
    assert!(status.get_error_details().retry_info().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_cannot_be_is_an_error_of_ours_without_details() {
    let stand = Stand::start().await;
    stand.upsert(customer("c")).await.unwrap();
    let spoil = "update customer_snapshot set facts = '{\"secret\": 17}'";
    sqlx::raw_sql(spoil)
        .execute(&stand.database.pool)
        .await
        .unwrap();
    let status = refused(stand.facts_from("c", 0).await, Code::Internal, "INTERNAL");
    assert!(!format!("{status:?}").contains("secret"));
}
