//! One effect per request id, and the same answer every time.

use std::time::{Duration, Instant};

use futures::future::join_all;
use storage::request_log::{self, Begun, BodyHash, Entry};
use storage::{Postgres, RetentionSettings, StoreError, forget_requests};
use tokio_util::sync::CancellationToken;

use crate::stage::{insert, soon, stage};

const METHOD: &str = "rekindle.offers.v1.SaveDeskService/RecordResponse";

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Stored(Vec<u8>),
    Reused,
}

/// The shape of every mutating use case: claim, effect, remember.
async fn carry_out(postgres: &Postgres, id: &str, body: &[u8]) -> Result<Answer, StoreError> {
    let input = (id.to_owned(), request_log::body_hash(body));
    storage::write(postgres, soon(), input, |(id, hash), tx| {
        Box::pin(async move {
            match request_log::begin(tx, id, METHOD, *hash).await? {
                Begun::Replay(bytes) => return Ok(Answer::Stored(bytes)),
                Begun::Reused | Begun::Repeats(_) => return Ok(Answer::Reused),
                Begun::Fresh => {}
            }
            // Unique, so a second effect would fail loudly.
            insert(tx, id).await?;
            let answer: i32 = sqlx::query_scalar("select pg_backend_pid()")
                .fetch_one(&mut *tx)
                .await?;
            let response = format!("answered by {answer} at {:?}", std::time::Instant::now());
            request_log::finish(tx, id, response.as_bytes()).await?;
            Ok(Answer::Stored(response.into_bytes()))
        })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_many_times_at_once_has_one_effect_and_one_answer() {
    let stage = stage().await;
    for round in 0..10 {
        let id = format!("r-{round}");
        let results = join_all((0..8).map(|_| carry_out(&stage.postgres, &id, b"body"))).await;
        let first = results[0].as_ref().unwrap();
        assert!(
            results
                .iter()
                .all(|result| result.as_ref().unwrap() == first),
            "{results:?}"
        );
    }
    assert_eq!(stage.effects().await.len(), 10);
}

#[tokio::test]
async fn a_retry_after_the_answer_was_lost_gets_it() {
    let stage = stage().await;
    let first = carry_out(&stage.postgres, "r-1", b"body").await.unwrap();
    assert_eq!(
        carry_out(&stage.postgres, "r-1", b"body").await.unwrap(),
        first
    );
}

#[tokio::test]
async fn another_body_or_method_under_the_same_id_is_refused() {
    let stage = stage().await;
    carry_out(&stage.postgres, "r-1", b"body").await.unwrap();
    assert_eq!(
        carry_out(&stage.postgres, "r-1", b"other").await.unwrap(),
        Answer::Reused
    );
    let hash = request_log::body_hash(b"body");
    let other = storage::write(&stage.postgres, soon(), hash, |hash, tx| {
        Box::pin(request_log::begin(
            tx,
            "r-1",
            "another.Service/Method",
            *hash,
        ))
    });
    assert_eq!(other.await.unwrap(), Begun::Reused);
}

#[tokio::test]
async fn only_successes_are_remembered() {
    let stage = stage().await;
    stage.write("r-1").await.unwrap();
    let failed = carry_out(&stage.postgres, "r-1", b"body")
        .await
        .unwrap_err();
    assert!(failed.is_conflict_on("effect_name_key"));
    sqlx::query("delete from effect")
        .execute(&stage.database.pool)
        .await
        .unwrap();
    assert!(matches!(
        carry_out(&stage.postgres, "r-1", b"body").await,
        Ok(Answer::Stored(_))
    ));
}

#[tokio::test]
async fn an_answer_that_was_never_stored_is_an_inconsistency() {
    let stage = stage().await;
    let hash = request_log::body_hash(b"body");
    let claim = async || {
        storage::write(&stage.postgres, soon(), hash, |hash, tx| {
            Box::pin(request_log::begin(tx, "r-1", METHOD, *hash))
        })
        .await
    };
    assert_eq!(claim().await.unwrap(), Begun::Fresh);
    assert!(matches!(
        claim().await,
        Err(StoreError::Inconsistent {
            column: "response",
            ..
        })
    ));
}

fn entry(id: &str, body: u8) -> Entry<'_> {
    let body_hash: BodyHash = [body; 32];
    Entry {
        request_id: id,
        method: METHOD,
        body_hash,
    }
}

#[tokio::test]
async fn a_batch_tells_fresh_known_reused_and_repeated_requests_apart() {
    let stage = stage().await;
    let known = storage::write(&stage.postgres, soon(), (), |(), tx| {
        Box::pin(async move {
            let begun =
                request_log::begin_many(tx, &[entry("known", 1), entry("other", 1)]).await?;
            let answers: [(&str, &[u8]); 2] = [("known", b"k"), ("other", b"o")];
            request_log::finish_many(tx, &answers).await?;
            Ok::<_, StoreError>(begun)
        })
    });
    assert_eq!(known.await.unwrap(), [Begun::Fresh, Begun::Fresh]);
    let mixed = storage::write(&stage.postgres, soon(), (), |(), tx| {
        Box::pin(async move {
            let batch = [
                entry("new", 1),
                entry("known", 1),
                entry("other", 2),
                entry("new", 1),
                entry("new", 2),
                entry("also new", 3),
            ];
            let begun = request_log::begin_many(tx, &batch).await?;
            request_log::finish_many(tx, &[("new", b"n"), ("also new", b"a")]).await?;
            Ok::<_, StoreError>(begun)
        })
    });
    let expected = [
        Begun::Fresh,
        Begun::Replay(b"k".to_vec()),
        Begun::Reused,
        Begun::Repeats(0),
        Begun::Reused,
        Begun::Fresh,
    ];
    assert_eq!(mixed.await.unwrap(), expected);
}

#[tokio::test]
async fn finishing_what_was_not_claimed_is_refused() {
    let stage = stage().await;
    let unclaimed = storage::write(&stage.postgres, soon(), (), |(), tx| {
        Box::pin(request_log::finish(tx, "r-1", b"answer"))
    });
    assert!(matches!(
        unclaimed.await,
        Err(StoreError::Inconsistent { .. })
    ));
}

#[tokio::test]
async fn old_requests_are_forgotten_in_small_steps_and_a_look_claims_nothing() {
    let stage = stage().await;
    for number in 0..5 {
        carry_out(&stage.postgres, &format!("r-{number}"), b"body")
            .await
            .unwrap();
    }
    let aged =
        "update request_log set created_at = now() - interval '2 hours' where request_id <> 'r-4'";
    sqlx::query(aged)
        .execute(&stage.database.pool)
        .await
        .unwrap();
    let prune = async || {
        let pruned: Result<u64, StoreError> = stage
            .postgres
            .background(&(), |(), connection| {
                Box::pin(request_log::prune(connection, 3_600, 3))
            })
            .await;
        pruned.unwrap()
    };
    assert_eq!((prune().await, prune().await, prune().await), (3, 1, 0));
    let mut connection = stage.postgres.connect().await.unwrap();
    let hash = request_log::body_hash(b"body");
    let look = |request_id| Entry {
        request_id,
        method: METHOD,
        body_hash: hash,
    };
    assert_eq!(
        request_log::peek(&mut connection, &look("r-0"))
            .await
            .unwrap(),
        None
    );
    let kept = request_log::peek(&mut connection, &look("r-4"))
        .await
        .unwrap();
    assert!(matches!(kept, Some(Begun::Replay(_))));
}

#[tokio::test]
async fn the_log_forgets_by_itself_what_nobody_retries_any_more() {
    let stage = stage().await;
    for request_id in ["old", "new"] {
        carry_out(&stage.postgres, request_id, b"body")
            .await
            .unwrap();
    }
    let aged = "update request_log set created_at = now() - interval '2 hours' \
                where request_id = 'old'";
    sqlx::query(aged)
        .execute(&stage.database.pool)
        .await
        .unwrap();
    let settings = RetentionSettings {
        requests_hours: 1,
        period_ms: 10,
    };
    let stop = CancellationToken::new();
    let job = tokio::spawn(forget_requests(
        stage.postgres.clone(),
        settings,
        stop.clone(),
    ));
    let left = async || -> Vec<String> {
        let all = "select request_id from request_log";
        let rows = sqlx::query_scalar(all).fetch_all(&stage.database.pool);
        rows.await.unwrap()
    };
    let limit = Instant::now() + Duration::from_secs(10);
    while left().await.len() > 1 && Instant::now() < limit {
        tokio::task::yield_now().await;
    }
    assert_eq!(left().await, ["new"]);
    stop.cancel();
    job.await.unwrap();
}
