//! Batches: few round trips for many callers, and each caller its own answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::batch::{Answers, BatchHandler, BatchSettings, Batcher, Mode};
use storage::{Postgres, StoreError};
use tokio::sync::Semaphore;

use crate::stage::{soon, stage};

/// Inserts effects; `panic` panics, `refused` is refused alone, and a gate can hold batches up.
#[derive(Clone)]
struct Inserts {
    batches: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
}

impl Inserts {
    fn new() -> Self {
        Self {
            batches: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
        }
    }

    fn start(&self, postgres: &Postgres, settings: &BatchSettings) -> Batcher<Self> {
        Batcher::start(postgres, settings, Mode::Write, self.clone())
    }
}

impl BatchHandler for Inserts {
    type Item = String;
    type Output = usize;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [String],
    ) -> BoxFuture<'c, Result<Answers<usize>, StoreError>> {
        Box::pin(async move {
            let batch = self.batches.fetch_add(1, Ordering::SeqCst);
            let _passed = self.gate.acquire().await.unwrap();
            assert!(
                items.iter().all(|item| item != "panic"),
                "a defect in a handler"
            );
            let accepted: Vec<&String> = items.iter().filter(|item| *item != "refused").collect();
            sqlx::query("insert into effect (name) select unnest($1::text[])")
                .bind(accepted)
                .execute(connection)
                .await?;
            let answer = |item: &String| match item.as_str() {
                "refused" => Err(StoreError::rejected(Refusal::refused("NO", "not this one"))),
                _ => Ok(batch),
            };
            Ok(items.iter().map(answer).collect())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_share_few_commits_and_all_are_written() {
    let stage = stage().await;
    let handler = Inserts::new();
    let batcher = handler.start(&stage.postgres, &BatchSettings::default());
    let calls = (0..500).map(|number| batcher.submit(format!("{number:03}"), soon()));
    let results = join_all(calls).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(stage.effects().await.len(), 500);
    assert!(
        handler.batches.load(Ordering::SeqCst) < 100,
        "{:?}",
        handler.batches
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_item_fails_alone() {
    let stage = stage().await;
    stage.write("poison").await.unwrap();
    let handler = Inserts::new();
    let batcher = handler.start(&stage.postgres, &BatchSettings::default());
    let names = ["a", "poison", "b", "refused", "c"];
    let results = join_all(names.map(|name| batcher.submit(name.to_owned(), soon()))).await;
    assert!(
        results[0].is_ok() && results[2].is_ok() && results[4].is_ok(),
        "{results:?}"
    );
    assert!(
        results[1]
            .as_ref()
            .unwrap_err()
            .is_conflict_on("effect_name_key")
    );
    assert!(matches!(&results[3], Err(StoreError::Rejected(refusal)) if refusal.reason == "NO"));
    assert_eq!(stage.effects().await, ["a", "b", "c", "poison"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_fails_its_item_and_not_the_loop() {
    let stage = stage().await;
    let batcher = Inserts::new().start(&stage.postgres, &BatchSettings::default());
    let results =
        join_all(["panic", "fine"].map(|name| batcher.submit(name.to_owned(), soon()))).await;
    assert!(
        matches!(results[0], Err(StoreError::Internal { .. })),
        "{results:?}"
    );
    assert!(results[1].is_ok(), "{results:?}");
    batcher.submit("next".to_owned(), soon()).await.unwrap();
    assert_eq!(stage.effects().await, ["fine", "next"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_at_once() {
    let stage = stage().await;
    let handler = Inserts::new();
    let settings = BatchSettings {
        queue_capacity: 2,
        max_batch: 1,
        ..BatchSettings::default()
    };
    let batcher = handler.start(&stage.postgres, &settings);
    let held = handler
        .gate
        .acquire_many(u32::try_from(Semaphore::MAX_PERMITS >> 30).unwrap())
        .await;
    drop(held);
    handler.gate.forget_permits(Semaphore::MAX_PERMITS);
    let calls: Vec<_> = (0..10)
        .map(|number| {
            let batcher = batcher.clone();
            tokio::spawn(async move { batcher.submit(format!("{number}"), soon()).await })
        })
        .collect();
    // One batch at the gate and two items in the queue: at least seven of ten are turned away.
    let mut refused = 0;
    let mut waiting = Vec::new();
    for call in calls {
        if call.is_finished() {
            refused += 1;
            assert!(matches!(call.await.unwrap(), Err(StoreError::Overloaded)));
        } else {
            waiting.push(call);
        }
    }
    handler.gate.add_permits(100);
    for call in waiting {
        match call.await.unwrap() {
            Ok(_) => {}
            Err(StoreError::Overloaded) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    assert!((7..10).contains(&refused), "{refused}");
    assert_eq!(stage.effects().await.len(), 10 - refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_that_are_out_of_time_cost_nothing() {
    let stage = stage().await;
    let handler = Inserts::new();
    let settings = BatchSettings {
        max_batch: 1,
        ..BatchSettings::default()
    };
    let batcher = handler.start(&stage.postgres, &settings);
    handler.gate.forget_permits(Semaphore::MAX_PERMITS);
    let first = batcher.clone();
    let first = tokio::spawn(async move { first.submit("first".to_owned(), soon()).await });
    while handler.batches.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    let brief = Deadline::within(Duration::from_millis(20));
    assert!(matches!(
        batcher.submit("late".to_owned(), brief).await,
        Err(StoreError::Timeout)
    ));
    handler.gate.add_permits(100);
    first.await.unwrap().unwrap();
    batcher.submit("last".to_owned(), soon()).await.unwrap();
    assert_eq!(
        stage.effects().await,
        ["first", "last"],
        "the late one was never begun"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_died_idle_fails_no_batch() {
    let stage = stage().await;
    let batcher = Inserts::new().start(&stage.postgres, &BatchSettings::default());
    batcher.submit("before".to_owned(), soon()).await.unwrap();
    stage.terminate_others().await;
    batcher.submit("after".to_owned(), soon()).await.unwrap();
    assert_eq!(stage.effects().await, ["after", "before"]);
}

/// Inserts effects in one statement, which skips those that are there.
struct Repeatable;

impl BatchHandler for Repeatable {
    type Item = String;
    type Output = bool;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [String],
    ) -> BoxFuture<'c, Result<Answers<bool>, StoreError>> {
        Box::pin(async move {
            let text = "insert into effect (name) select unnest($1::text[]) \
                        on conflict do nothing returning name";
            let query = sqlx::query_scalar::<_, String>(text).bind(items);
            let fresh = query.fetch_all(connection).await?;
            Ok(items.iter().map(|item| Ok(fresh.contains(item))).collect())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_statement_is_durable_without_a_transaction_and_survives_a_dead_connection() {
    let stage = stage().await;
    let settings = BatchSettings::default();
    let mode = Mode::RepeatableStatement;
    let batcher = Batcher::start(&stage.postgres, &settings, mode, Repeatable);
    let names = ["a", "b", "a\0", "c"];
    let results = join_all(names.map(|name| batcher.submit(name.to_owned(), soon()))).await;
    assert!(results[2].is_err(), "no text of Postgres holds a zero");
    assert!(
        [0, 1, 3]
            .iter()
            .all(|index| matches!(results[*index], Ok(true)))
    );
    stage.terminate_others().await;
    let again = join_all(["d", "a"].map(|name| batcher.submit(name.to_owned(), soon()))).await;
    assert!(matches!(again[..], [Ok(true), Ok(false)]), "{again:?}");
    assert_eq!(stage.effects().await, ["a", "b", "c", "d"]);
}

/// Counts its runs; `wait` waits longer than the server lets a statement wait for a lock.
struct Waits(Arc<AtomicUsize>);

impl BatchHandler for Waits {
    type Item = String;
    type Output = ();

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [String],
    ) -> BoxFuture<'c, Result<Answers<()>, StoreError>> {
        Box::pin(async move {
            self.0.fetch_add(1, Ordering::SeqCst);
            if items.iter().any(|item| item == "wait") {
                let text = "set lock_timeout = '10ms'; lock table effect";
                sqlx::raw_sql(text).execute(connection).await?;
            }
            Ok(items.iter().map(|_| Ok(())).collect())
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_took_too_long_is_not_run_again() {
    let stage = stage().await;
    for mode in [Mode::Read, Mode::RepeatableStatement] {
        let runs = Arc::new(AtomicUsize::new(0));
        let settings = BatchSettings::default();
        let batcher = Batcher::start(&stage.postgres, &settings, mode, Waits(Arc::clone(&runs)));
        batcher.submit("warm".to_owned(), soon()).await.unwrap();
        let mut busy = stage.database.pool.begin().await.unwrap();
        sqlx::raw_sql("lock table effect")
            .execute(&mut *busy)
            .await
            .unwrap();
        let result = batcher.submit("wait".to_owned(), soon()).await;
        assert!(matches!(result, Err(StoreError::Timeout)), "{result:?}");
        assert_eq!(runs.load(Ordering::SeqCst), 2, "{mode:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loops_end_with_their_last_handle_and_finish_what_is_queued() {
    let stage = stage().await;
    let handler = Inserts::new();
    let settings = BatchSettings {
        max_batch: 3,
        lanes: 2,
        ..BatchSettings::default()
    };
    let batcher = handler.start(&stage.postgres, &settings);
    let calls = join_all((0..20).map(|number| batcher.submit(format!("{number:02}"), soon())));
    assert!(calls.await.iter().all(Result::is_ok));
    drop(batcher);
    tokio::time::timeout(Duration::from_secs(5), stage.settle())
        .await
        .expect("the loops end");
    assert_eq!(stage.effects().await.len(), 20);
}
