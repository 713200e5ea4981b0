//! Adding up a budget anew, in one statement, so that all sums are of one instant.

use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use super::super::session::bind;
use super::super::{Store, statement};
use crate::domain::budget::{BudgetKey, Sums};

/// The parts of one window, with what else is known of it.
#[derive(Clone, Debug)]
pub struct Reckoning {
    /// The window.
    pub window_start: Timestamp,
    /// The limit by the definition, where the window is the present one or a later one.
    pub limit: Option<i64>,
    /// Its parts.
    pub parts: Vec<Sums>,
}

impl Store {
    /// Adds up the window of a budget that an instant lies in, now when none is given.
    pub async fn reckon_budget(
        &self,
        key: &BudgetKey,
        at: Option<Timestamp>,
        deadline: Deadline,
    ) -> Result<Option<Reckoning>, StoreError> {
        self.postgres
            .read(deadline, &(key, at), |(key, at), connection| {
                Box::pin(reckon(connection, key, *at))
            })
            .await
    }
}

async fn reckon(
    connection: &mut PgConnection,
    key: &BudgetKey,
    at: Option<Timestamp>,
) -> Result<Option<Reckoning>, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/budget/reconcile.sql",
        key.as_str(),
        at.map(bind) as _,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "budget_bucket"))
    .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    Ok(Some(Reckoning {
        window_start: first.window_start.to_jiff(),
        limit: first.limit_amount,
        parts: rows
            .iter()
            .filter_map(|row| {
                Some(Sums {
                    bucket: row.bucket?,
                    limit_part: row.limit_part,
                    bucket_sums: (row.bucket_held, row.bucket_committed),
                    holds: (row.hold_held, row.hold_committed),
                    ledger: (row.ledger_held, row.ledger_committed),
                    promises: (row.promise_held, row.promise_committed),
                })
            })
            .collect(),
    }))
}
