//! Whether anything else is in use than before: the cheap question a poll asks.

use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;

/// The versions in use, zero where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VersionsInUse {
    /// Of the rules.
    pub rules: u64,
    /// The latest activation of any model.
    pub activation: u64,
    /// Of the care plan.
    pub care_plan: u64,
}

impl Store {
    /// Reads which versions are in use.
    pub async fn versions_in_use(&self) -> Result<VersionsInUse, StoreError> {
        let row = self
            .postgres
            .background(&(), |(), connection| {
                Box::pin(async move {
                    let row = sqlx::query_file!("src/store/sql/versions_in_use.sql")
                        .fetch_one(connection)
                        .instrument(statement_span(
                            "SELECT",
                            "model_activation",
                            include_str!("sql/versions_in_use.sql"),
                        ))
                        .await?;
                    Ok::<_, StoreError>(row)
                })
            })
            .await?;
        Ok(VersionsInUse {
            rules: row.rules.unsigned_abs(),
            activation: row.activation.unsigned_abs(),
            care_plan: row.care_plan.unsigned_abs(),
        })
    }
}
