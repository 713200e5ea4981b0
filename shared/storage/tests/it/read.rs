//! Reads: bounded, and not disturbed by a restart of Postgres.

use std::time::{Duration, Instant};

use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{Postgres, PostgresSettings, StoreError};

use crate::stage::{connect, soon, stage};

async fn backend(connection: &mut PgConnection) -> Result<i32, StoreError> {
    Ok(sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(connection)
        .await?)
}

async fn read_backend(postgres: &Postgres) -> Result<i32, StoreError> {
    postgres
        .read(soon(), &(), |(), connection| Box::pin(backend(connection)))
        .await
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_read_and_after_a_harmless_error() {
    let stage = stage().await;
    let first = read_backend(&stage.postgres).await.unwrap();
    let failed: Result<(), StoreError> = stage
        .postgres
        .read(soon(), &(), |(), connection| {
            Box::pin(async move {
                sqlx::query("select 1 / 0").execute(connection).await?;
                Ok(())
            })
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Internal { .. })));
    assert_eq!(read_backend(&stage.postgres).await.unwrap(), first);
}

#[tokio::test]
async fn a_read_that_is_given_up_does_not_hand_its_connection_on() {
    let stage = stage().await;
    let first = read_backend(&stage.postgres).await.unwrap();
    let slow = stage.postgres.read(soon(), &(), |(), connection| {
        Box::pin(async move {
            sqlx::query("select pg_sleep(1)")
                .execute(connection)
                .await?;
            Ok::<(), StoreError>(())
        })
    });
    assert!(
        tokio::time::timeout(Duration::from_millis(20), slow)
            .await
            .is_err()
    );
    assert_ne!(read_backend(&stage.postgres).await.unwrap(), first);
}

#[tokio::test]
async fn connections_that_died_idle_fail_no_read() {
    let stage = stage().await;
    let before = read_backend(&stage.postgres).await.unwrap();
    stage.terminate_others().await;
    assert_ne!(read_backend(&stage.postgres).await.unwrap(), before);
}

#[tokio::test]
async fn a_read_ends_at_its_deadline() {
    let stage = stage().await;
    let started = Instant::now();
    let deadline = Deadline::within(Duration::from_millis(50));
    let slow: Result<(), StoreError> = stage
        .postgres
        .read(deadline, &(), |(), connection| {
            Box::pin(async move {
                sqlx::query("select pg_sleep(1)")
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await;
    assert!(matches!(slow, Err(StoreError::Timeout)));
    assert!(started.elapsed() < Duration::from_millis(500));
}

#[tokio::test]
async fn a_full_pool_refuses_after_the_acquire_time_and_not_later() {
    let mut settings = PostgresSettings::at(testkit::postgres::server_url());
    settings.read_connections = 1;
    settings.acquire_timeout_ms = 100;
    let (postgres, _tracker) = connect(&settings);
    let holds = postgres.read(soon(), &(), |(), connection| {
        Box::pin(async move {
            sqlx::query("select pg_sleep(0.8)")
                .execute(connection)
                .await?;
            Ok::<(), StoreError>(())
        })
    });
    let waits = async {
        let started = Instant::now();
        (read_backend(&postgres).await, started.elapsed())
    };
    let (held, (refused, waited)) = tokio::join!(holds, waits);
    held.unwrap();
    assert!(
        matches!(refused, Err(StoreError::Overloaded)),
        "{refused:?}"
    );
    assert!(waited < Duration::from_millis(400), "{waited:?}");
}

#[tokio::test]
async fn jobs_have_connections_of_their_own() {
    let mut settings = PostgresSettings::at(testkit::postgres::server_url());
    settings.background_connections = 1;
    let (postgres, _tracker) = connect(&settings);
    let online = read_backend(&postgres).await.unwrap();
    let job: Result<i32, StoreError> = postgres
        .background(&(), |(), connection| Box::pin(backend(connection)))
        .await;
    assert_ne!(job.unwrap(), online);
    postgres.ping().await.unwrap();
}
