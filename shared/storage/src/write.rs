//! One write transaction that no caller can cut in half.

use std::error::Error;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kernel::time::Deadline;
use sqlx::PgConnection;
use tokio::time::{timeout, timeout_at};
use tracing::Instrument;

use crate::error::{StoreError, storage_cause};
use crate::postgres::{Lease, Postgres, run_statement};

/// How often a transaction is run again after a collision.
const RETRIES: u32 = 2;

/// Runs `work` between BEGIN and COMMIT, on a task of its own.
///
/// The caller waits until `deadline` at most. If it leaves earlier, or the deadline passes, the
/// transaction still runs to its end, within the write time-out: everything that belongs to the
/// effect (audit, outbox, request log) goes inside `work`. An `Err` from `work` rolls back.
/// Collisions (serialization failures, deadlocks) are run again up to twice inside the deadline,
/// so `work` must not have effects outside the transaction.
pub async fn write<I, T, E, F>(
    postgres: &Postgres,
    deadline: Deadline,
    input: I,
    work: F,
) -> Result<T, E>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
    E: From<StoreError> + Error + Send + Sync + 'static,
    F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>
        + Send
        + Sync
        + 'static,
{
    if deadline.is_past(Instant::now()) {
        return Err(StoreError::Timeout.into());
    }
    let owned = postgres.clone();
    let attempts = async move { attempts(&owned, deadline, &input, &work).await };
    let task = postgres.tracker().spawn(attempts.in_current_span());
    match timeout_at(deadline.instant().into(), task).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(StoreError::internal(panic).into()),
        Err(_) => Err(StoreError::Timeout.into()),
    }
}

/// The deadline of a write that nobody waits for: it leaves every run of the transaction the write
/// time-out, which is what bounds it.
pub fn unhurried(postgres: &Postgres) -> Deadline {
    let longest = Duration::from_millis(postgres.settings().write_timeout_ms);
    Deadline::within(longest.saturating_mul(RETRIES + 2))
}

async fn attempts<I, T, E, F>(
    postgres: &Postgres,
    deadline: Deadline,
    input: &I,
    work: &F,
) -> Result<T, E>
where
    E: From<StoreError> + Error + 'static,
    F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
{
    let mut retries = RETRIES;
    loop {
        let result = attempt(postgres, input, work).await;
        let Err(error) = &result else { return result };
        let contended = storage_cause(error).is_some_and(|cause| cause.is_contention());
        if !contended || retries == 0 || deadline.is_past(Instant::now()) {
            return result;
        }
        retries -= 1;
        step_aside().await;
    }
}

/// Lets the transaction that won go on first: run again at once, the loser takes the lock that the
/// winner is about to wake up for, and the two collide once more.
#[expect(
    clippy::disallowed_methods,
    reason = "the winner tells nobody when it is done"
)]
async fn step_aside() {
    tokio::time::sleep(Duration::from_millis(rand::random_range(5..25))).await;
}

async fn attempt<I, T, E, F>(postgres: &Postgres, input: &I, work: &F) -> Result<T, E>
where
    E: From<StoreError> + Error + 'static,
    F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
{
    let longest = Duration::from_millis(postgres.settings().write_timeout_ms);
    let lease = postgres.write_pool().acquire().await?;
    // On elapse the lease is dropped in here, which closes the connection and so rolls back.
    timeout(longest, transact(lease, input, work))
        .await
        .unwrap_or_else(|_| {
            postgres.write_pool().forget_idle();
            Err(StoreError::Timeout.into())
        })
}

async fn transact<I, T, E, F>(lease: Lease, input: &I, work: &F) -> Result<T, E>
where
    E: From<StoreError> + Error + 'static,
    F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
{
    let mut lease = begin(lease).await?;
    match work(input, &mut lease).await {
        Ok(value) => {
            commit(lease).await?;
            Ok(value)
        }
        Err(error) => {
            roll_back(lease).await;
            Err(error)
        }
    }
}

/// Begins. Nothing has happened yet, so a connection that died while idle can be replaced.
async fn begin(mut lease: Lease) -> Result<Lease, StoreError> {
    let Err(error) = run_statement(&mut lease, "begin").await else {
        return Ok(lease);
    };
    if !(lease.reused && error.breaks_connection()) {
        return Err(error);
    }
    let mut fresh = lease.renew().await?;
    run_statement(&mut fresh, "begin").await?;
    Ok(fresh)
}

async fn commit(mut lease: Lease) -> Result<(), StoreError> {
    match run_statement(&mut lease, "commit").await {
        Ok(()) => {
            lease.give_back();
            Ok(())
        }
        Err(error) if error.breaks_connection() => {
            lease.close_as_dead();
            Err(error)
        }
        // A deferred constraint or a serialization failure: the transaction is over.
        Err(error) => {
            lease.give_back();
            Err(error)
        }
    }
}

async fn roll_back(mut lease: Lease) {
    match run_statement(&mut lease, "rollback").await {
        Ok(()) => lease.give_back(),
        Err(_) => lease.close_as_dead(),
    }
}
