//! What is remembered of customers' stages, read for many calls at once.

use std::collections::HashMap;

use futures::future::BoxFuture;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::batch::{Answers, BatchHandler};
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;
use crate::domain::stage::Stage;
use crate::domain::stage::memory::{RiskMemory, StageMemory};

impl Store {
    /// Reads what is remembered of a customer's stage; nothing for one never scored.
    pub async fn stage_memory(
        &self,
        customer_id: String,
        deadline: Deadline,
    ) -> Result<Option<StageMemory>, StoreError> {
        self.memories
            .submit(customer_id, deadline)
            .instrument(statement_span(
                "SELECT",
                "scored_customer",
                include_str!("sql/stage_memory_read.sql"),
            ))
            .await
    }

    /// Reads what is remembered of the stages of some customers, in one statement; nothing for those
    /// never scored.
    pub async fn stage_memories(
        &self,
        customers: &[String],
        deadline: Deadline,
    ) -> Result<HashMap<String, StageMemory>, StoreError> {
        let text = include_str!("sql/stage_memory_read.sql");
        self.postgres
            .read(deadline, customers, |customers, connection| {
                Box::pin(read(customers, connection))
            })
            .instrument(statement_span("SELECT", "scored_customer", text))
            .await
    }
}

/// The coalescing reader.
pub(super) struct Memories;

impl BatchHandler for Memories {
    type Item = String;
    type Output = Option<StageMemory>;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [String],
    ) -> BoxFuture<'c, Result<Answers<Option<StageMemory>>, StoreError>> {
        Box::pin(async move {
            let memories = read(items, connection).await?;
            let answer = |id: &String| Ok(memories.get(id).cloned());
            Ok(items.iter().map(answer).collect())
        })
    }
}

/// Reads what is remembered of some customers.
pub(super) async fn read(
    customers: &[String],
    connection: &mut PgConnection,
) -> Result<HashMap<String, StageMemory>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/stage_memory_read.sql", customers)
        .fetch_all(connection)
        .await?;
    rows.into_iter()
        .map(|row| {
            let memory = StageMemory {
                stage: stage(&row.stage, &row.customer_id)?,
                since: row.stage_since.to_jiff(),
                risks: risks(&row.risk_memory, &row.customer_id)?,
                rules_version: row.rules_version.unsigned_abs(),
                model_activation: row.model_activation.unsigned_abs(),
            };
            Ok((row.customer_id, memory))
        })
        .collect()
}

pub(super) fn stage(key: &str, customer_id: &str) -> Result<Stage, StoreError> {
    Stage::from_key(key)
        .ok_or_else(|| StoreError::inconsistent("scored_customer", "stage", customer_id))
}

/// Most customers have no subscription at risk, which is stored as nothing.
pub(super) fn risks(text: &str, customer_id: &str) -> Result<Vec<RiskMemory>, StoreError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text)
        .map_err(|_| StoreError::inconsistent("scored_customer", "risk_memory", customer_id))
}

pub(super) fn risks_text(risks: &[RiskMemory], customer_id: &str) -> Result<String, StoreError> {
    if risks.is_empty() {
        return Ok(String::new());
    }
    serde_json::to_string(risks)
        .map_err(|_| StoreError::inconsistent("scored_customer", "risk_memory", customer_id))
}
