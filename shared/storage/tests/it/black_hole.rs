//! Postgres behind a network that swallows, refuses and comes back.

use std::time::{Duration, Instant};

use futures::future::join_all;
use kernel::refusal::{Kind, Refusal};
use kernel::time::Deadline;
use storage::batch::{Answers, BatchHandler, BatchSettings, Batcher, Mode};
use storage::{Postgres, PostgresSettings, StoreError};
use testkit::fault::{self, Proxy};

use crate::stage::{connect, insert, soon, stage};

const PATIENCE: Duration = Duration::from_millis(300);

async fn one(postgres: &Postgres) -> Result<i32, StoreError> {
    let deadline = Deadline::within(PATIENCE);
    postgres
        .read(deadline, &(), |(), connection| {
            Box::pin(async move { Ok(sqlx::query_scalar("select 1").fetch_one(connection).await?) })
        })
        .await
}

/// Every call of a crowd must end in time, whichever way.
async fn crowd(postgres: &Postgres) -> Vec<Result<i32, StoreError>> {
    let started = Instant::now();
    let results = join_all((0..40).map(|_| one(postgres))).await;
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_end_in_time_and_recover_by_themselves() {
    let stage = stage().await;
    let (proxy, url) = Proxy::postgres(&stage.database.url).await;
    let (postgres, _tracker) = connect(&PostgresSettings::at(url));
    assert!(crowd(&postgres).await.iter().all(Result::is_ok));

    proxy.set(fault::Mode::BlackHole);
    for _ in 0..2 {
        assert!(crowd(&postgres).await.iter().all(Result::is_err));
    }
    proxy.set(fault::Mode::Pass);
    proxy.cut();
    assert!(
        crowd(&postgres).await.iter().all(Result::is_ok),
        "no connection is lost for good"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_end_in_time_and_recover_by_themselves() {
    let stage = stage().await;
    let (proxy, url) = Proxy::postgres(&stage.database.url).await;
    let mut settings = PostgresSettings::at(url);
    settings.write_timeout_ms = 400;
    let (postgres, tracker) = connect(&settings);
    let write = async |name: &str| {
        let deadline = Deadline::within(PATIENCE);
        let name = name.to_owned();
        storage::write(&postgres, deadline, name, |name, tx| {
            Box::pin(insert(tx, name))
        })
        .await
    };
    write("before").await.unwrap();
    proxy.set(fault::Mode::BlackHole);
    let started = Instant::now();
    assert!(write("swallowed").await.is_err());
    assert!(started.elapsed() < Duration::from_millis(500));
    tracker.close();
    tokio::time::timeout(Duration::from_secs(2), tracker.wait())
        .await
        .expect("no task is stuck");
    tracker.reopen();
    proxy.set(fault::Mode::Pass);
    proxy.cut();
    write("after").await.unwrap();
    assert!(stage.effects().await.contains(&"after".to_owned()));
}

#[tokio::test]
async fn a_postgres_that_is_down_is_told_at_once_with_a_hint() {
    let stage = stage().await;
    let (proxy, url) = Proxy::postgres(&stage.database.url).await;
    let (postgres, _tracker) = connect(&PostgresSettings::at(url));
    proxy.set(fault::Mode::Refuse);
    let started = Instant::now();
    let refusal = Refusal::from(one(&postgres).await.unwrap_err());
    assert!(started.elapsed() < Duration::from_millis(500));
    assert_eq!(
        (refusal.kind, refusal.reason),
        (Kind::Unavailable, "STORAGE_UNAVAILABLE")
    );
    assert!(refusal.retry_after.is_some());
    proxy.set(fault::Mode::Pass);
    assert_eq!(one(&postgres).await.unwrap(), 1);
}

struct Echo;

impl BatchHandler for Echo {
    type Item = i32;
    type Output = i32;

    fn run<'c>(
        &'c self,
        connection: &'c mut sqlx::PgConnection,
        items: &'c [i32],
    ) -> futures::future::BoxFuture<'c, Result<Answers<i32>, StoreError>> {
        Box::pin(async move {
            let echoed: Vec<i32> = sqlx::query_scalar("select unnest($1::int[])")
                .bind(items)
                .fetch_all(connection)
                .await?;
            Ok(echoed.into_iter().map(Ok).collect())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_end_in_time_and_recover_by_themselves() {
    let stage = stage().await;
    let (proxy, url) = Proxy::postgres(&stage.database.url).await;
    let (postgres, _tracker) = connect(&PostgresSettings::at(url));
    let settings = BatchSettings {
        timeout_ms: 300,
        ..BatchSettings::default()
    };
    let batcher = Batcher::start(&postgres, &settings, Mode::Read, Echo);
    assert_eq!(batcher.submit(7, soon()).await.unwrap(), 7);
    proxy.set(fault::Mode::BlackHole);
    let started = Instant::now();
    let swallowed = batcher.submit(8, soon()).await.unwrap_err();
    assert!(matches!(
        swallowed,
        StoreError::Timeout | StoreError::Unavailable { .. }
    ));
    assert!(started.elapsed() < Duration::from_secs(1));
    proxy.set(fault::Mode::Pass);
    proxy.cut();
    assert_eq!(batcher.submit(9, soon()).await.unwrap(), 9);
}
