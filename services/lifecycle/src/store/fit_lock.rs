//! One fit at a time, over all processes: an advisory lock held by a connection of its own, so that
//! it is gone with the process that held it.

use sqlx::{Connection, PgConnection};
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;

/// The lock's number: the letters "life table" shortened.
const FIT_LOCK: i64 = 0x6c69_6665;

const UNLOCK: &str = "select pg_advisory_unlock($1)";

/// Held while a fit is under way.
#[derive(Debug)]
pub struct FitLock {
    connection: PgConnection,
}

impl Store {
    /// Takes the lock, unless another fit holds it.
    pub async fn lock_fit(&self) -> Result<Option<FitLock>, StoreError> {
        let mut connection = self.postgres.connect().await?;
        let taken = sqlx::query_file_scalar!("src/store/sql/fit_lock.sql", FIT_LOCK)
            .fetch_one(&mut connection)
            .instrument(statement_span(
                "SELECT",
                "pg_locks",
                include_str!("sql/fit_lock.sql"),
            ))
            .await?;
        Ok(taken.then_some(FitLock { connection }))
    }
}

impl FitLock {
    /// Gives the lock back, before anybody is told that the fit is over.
    pub async fn release(mut self) {
        // Closing a connection does not wait until the server has noticed, and who fits next would
        // find the lock still held. If this fails the lock goes with the connection.
        let _ = sqlx::query(UNLOCK)
            .bind(FIT_LOCK)
            .execute(&mut self.connection)
            .instrument(statement_span("SELECT", "pg_locks", UNLOCK))
            .await;
        let _ = self.connection.close().await;
    }
}
