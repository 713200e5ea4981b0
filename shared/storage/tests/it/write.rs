//! Write transactions: whole or not at all, whatever callers do.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use kernel::refusal::{Kind, Refusal};
use kernel::time::Deadline;
use storage::StoreError;
use tokio::sync::{Barrier, Notify};

use crate::stage::{insert, soon, stage};

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_leave_at_random_moments_lose_and_poison_nothing() {
    let stage = Arc::new(stage().await);
    for round in 0..300 {
        let left = Arc::clone(&stage);
        let call = tokio::spawn(async move { left.write(format!("left-{round}")).await });
        let patience = Duration::from_micros(rand::random_range(0..3_000));
        let outcome = tokio::time::timeout(patience, call).await;
        // What was acknowledged must be there at once.
        if let Ok(Ok(Ok(()))) = outcome {
            assert!(stage.effects().await.contains(&format!("left-{round}")));
        }
        // What follows on the same connections must really be written.
        stage.write(format!("stayed-{round}")).await.unwrap();
    }
    stage.settle().await;
    let effects = stage.effects().await;
    let stayed = effects
        .iter()
        .filter(|name| name.starts_with("stayed-"))
        .count();
    assert_eq!(stayed, 300, "an acknowledged write is missing");
    assert_eq!(stage.idle_in_transaction().await, 0);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_stop_a_transaction_that_has_begun() {
    let stage = stage().await;
    let begun = Arc::new(Notify::new());
    let go_on = Arc::new(Notify::new());
    let signals = (Arc::clone(&begun), Arc::clone(&go_on));
    let postgres = stage.postgres.clone();
    let call = tokio::spawn(async move {
        storage::write(&postgres, soon(), signals, |(begun, go_on), tx| {
            Box::pin(async move {
                insert(tx, "first").await?;
                begun.notify_one();
                go_on.notified().await;
                insert(tx, "second").await
            })
        })
        .await
    });
    begun.notified().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    go_on.notify_one();
    stage.settle().await;
    assert_eq!(stage.effects().await, ["first", "second"]);
}

#[tokio::test]
async fn a_refusal_rolls_back_and_comes_out_as_it_was() {
    let stage = stage().await;
    let refused: Result<(), Refusal> = storage::write(&stage.postgres, soon(), (), |(), tx| {
        Box::pin(async move {
            insert(tx, "half").await?;
            Err(Refusal::refused("OFFER_EXPIRED", "ask again"))
        })
    })
    .await;
    assert_eq!(refused.unwrap_err().reason, "OFFER_EXPIRED");
    assert!(stage.effects().await.is_empty());
    stage.write("next").await.unwrap();
    assert_eq!(stage.effects().await, ["next"]);
}

#[tokio::test]
async fn a_named_constraint_is_recognised() {
    let stage = stage().await;
    stage.write("once").await.unwrap();
    let error = stage.write("once").await.unwrap_err();
    assert!(error.is_conflict_on("effect_name_key"), "{error:?}");
}

#[tokio::test]
async fn a_deadline_frees_the_caller_and_not_the_transaction() {
    let stage = stage().await;
    let go_on = Arc::new(Notify::new());
    let deadline = Deadline::within(Duration::from_millis(50));
    let late = storage::write(
        &stage.postgres,
        deadline,
        Arc::clone(&go_on),
        |go_on, tx| {
            Box::pin(async move {
                go_on.notified().await;
                insert(tx, "late").await
            })
        },
    );
    assert!(matches!(late.await, Err(StoreError::Timeout)));
    go_on.notify_one();
    stage.settle().await;
    assert_eq!(stage.effects().await, ["late"]);
}

#[tokio::test]
async fn a_deadline_that_has_passed_begins_nothing() {
    let stage = stage().await;
    let passed = Deadline::at(Instant::now());
    let late = storage::write(&stage.postgres, passed, (), |(), tx| {
        Box::pin(insert(tx, "never"))
    });
    assert!(matches!(late.await, Err(StoreError::Timeout)));
    stage.settle().await;
    assert!(stage.effects().await.is_empty());
}

#[tokio::test]
async fn a_panic_rolls_back_and_leaves_the_pool_whole() {
    let stage = stage().await;
    for _ in 0..20 {
        let result: Result<(), StoreError> =
            storage::write(&stage.postgres, soon(), (), |(), tx| {
                Box::pin(async move {
                    insert(tx, "panicked").await?;
                    panic!("a defect in a use case");
                })
            })
            .await;
        assert!(matches!(result, Err(StoreError::Internal { .. })));
    }
    stage.write("next").await.unwrap();
    assert_eq!(stage.effects().await, ["next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_that_deadlock_are_run_again_and_both_succeed() {
    let stage = stage().await;
    stage.write("a").await.unwrap();
    stage.write("b").await.unwrap();
    let meet = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU32::new(0));
    let crossing = |first: &'static str, second: &'static str| {
        let input = (first, second, Arc::clone(&meet), Arc::clone(&runs));
        storage::write(
            &stage.postgres,
            soon(),
            input,
            |(first, second, meet, runs), tx| {
                Box::pin(async move {
                    touch(tx, first).await?;
                    if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                        meet.wait().await;
                    }
                    touch(tx, second).await
                })
            },
        )
    };
    let (left, right) = tokio::join!(crossing("a", "b"), crossing("b", "a"));
    assert!(left.is_ok() && right.is_ok(), "{left:?} {right:?}");
    assert_eq!(
        runs.load(Ordering::SeqCst),
        3,
        "exactly one of the two ran twice"
    );
}

async fn touch(tx: &mut sqlx::PgConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("update effect set name = name where name = $1")
        .bind(name)
        .execute(tx)
        .await?;
    Ok(())
}

#[tokio::test]
async fn contention_is_given_up_after_two_more_runs_and_asks_to_try_again() {
    let stage = stage().await;
    let runs = Arc::new(AtomicU32::new(0));
    let result: Result<(), Refusal> =
        storage::write(&stage.postgres, soon(), Arc::clone(&runs), |runs, tx| {
            Box::pin(async move {
                runs.fetch_add(1, Ordering::SeqCst);
                let collide = "do $$ begin raise exception using errcode = '40001'; end $$";
                sqlx::raw_sql(collide)
                    .execute(tx)
                    .await
                    .map_err(StoreError::from)?;
                Ok(())
            })
        })
        .await;
    let refusal = result.unwrap_err();
    assert_eq!(
        (refusal.kind, runs.load(Ordering::SeqCst)),
        (Kind::Unavailable, 3)
    );
    assert!(refusal.retry_after.is_some());
}

#[tokio::test]
async fn connections_that_died_idle_fail_no_write() {
    let stage = stage().await;
    stage.write("before").await.unwrap();
    stage.terminate_others().await;
    stage.write("after").await.unwrap();
    assert_eq!(stage.effects().await, ["after", "before"]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_by_the_server() {
    let mut settings = storage::PostgresSettings::at(&stage().await.database.url);
    settings.url = kernel::secret::Secret::new(testkit::postgres::server_url());
    settings.statement_timeout_ms = 50;
    let (postgres, _tracker) = crate::stage::connect(&settings);
    let started = Instant::now();
    let slow: Result<(), StoreError> = storage::write(&postgres, soon(), (), |(), tx| {
        Box::pin(async move {
            sqlx::query("select pg_sleep(5)").execute(tx).await?;
            Ok(())
        })
    })
    .await;
    assert!(matches!(slow, Err(StoreError::Timeout)), "{slow:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}
