//! Table `customer_snapshot`: what the hot path reads, many callers in one statement.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use kernel::id::CustomerId;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::batch::{Answers, BatchHandler};
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;
use super::decode::column;
use crate::domain::facts::Facts;

/// Facts as they are stored, not decoded yet: the caller decodes, not the reader's loop.
#[derive(Clone, Debug)]
pub struct StoredFacts {
    /// The revision that the facts show.
    pub revision: u64,
    encoded: Arc<str>,
}

/// The statement of the hot path.
const READ: &str = include_str!("sql/snapshot_read.sql");

impl StoredFacts {
    /// Decodes the facts.
    pub fn decode(&self, customer_id: &CustomerId) -> Result<Facts, StoreError> {
        serde_json::from_str(&self.encoded)
            .map_err(|_| StoreError::inconsistent("customer_snapshot", "facts", customer_id))
    }
}

impl Store {
    /// Reads the facts of a customer by any of their ids, together with whoever else asks at the time.
    pub async fn facts(
        &self,
        customer_id: &CustomerId,
        deadline: Deadline,
    ) -> Result<Option<StoredFacts>, StoreError> {
        // The statement serves many callers; each sees its own wait for it in its trace.
        self.snapshots
            .submit(customer_id.clone(), deadline)
            .instrument(statement_span("SELECT", "customer_snapshot", READ))
            .await
    }

    /// Reads the facts of many customers by any of their ids; those that are not recorded are left out.
    pub async fn facts_of(
        &self,
        customer_ids: &[CustomerId],
        deadline: Deadline,
    ) -> Result<HashMap<String, StoredFacts>, StoreError> {
        let ids: Vec<String> = customer_ids.iter().map(ToString::to_string).collect();
        self.postgres
            .read(deadline, &ids, |ids, connection| {
                Box::pin(read(connection, ids))
            })
            .await
    }
}

/// Reads snapshots by primary key, a batch of callers at a time.
pub(super) struct SnapshotReader;

impl BatchHandler for SnapshotReader {
    type Item = CustomerId;
    type Output = Option<StoredFacts>;

    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [CustomerId],
    ) -> BoxFuture<'c, Result<Answers<Option<StoredFacts>>, StoreError>> {
        Box::pin(async move {
            let ids: Vec<String> = items.iter().map(ToString::to_string).collect();
            let found = read(connection, &ids).await?;
            Ok(ids.iter().map(|id| Ok(found.get(id).cloned())).collect())
        })
    }
}

async fn read(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<HashMap<String, StoredFacts>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/snapshot_read.sql", ids)
        .fetch_all(&mut *connection)
        .instrument(statement_span("SELECT", "customer_snapshot", READ))
        .await?;
    let found = rows.into_iter().map(|row| {
        let stored = StoredFacts {
            revision: row.revision.cast_unsigned(),
            encoded: Arc::from(row.facts),
        };
        (row.customer_id, stored)
    });
    let mut found: HashMap<String, StoredFacts> = found.collect();
    let missing = ids.iter().filter(|id| !found.contains_key(*id));
    let missing: Vec<String> = missing.cloned().collect();
    if !missing.is_empty() {
        found.extend(read_by_alias(connection, &missing).await?);
    }
    Ok(found)
}

/// Reads the snapshots of the customers that ids are other names of.
async fn read_by_alias(
    connection: &mut PgConnection,
    aliases: &[String],
) -> Result<HashMap<String, StoredFacts>, StoreError> {
    let text = include_str!("sql/customer_alias_snapshot_read.sql");
    let rows = sqlx::query_file!("src/store/sql/customer_alias_snapshot_read.sql", aliases)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "customer_alias", text))
        .await?;
    let found = rows.into_iter().map(|row| {
        let stored = StoredFacts {
            revision: row.revision.cast_unsigned(),
            encoded: Arc::from(row.facts),
        };
        (row.customer_id, stored)
    });
    Ok(found.collect())
}

/// Writes the facts of changed customers.
pub(super) async fn save(connection: &mut PgConnection, facts: &[Facts]) -> Result<(), StoreError> {
    let mut encoded = Vec::with_capacity(facts.len());
    for one in facts {
        let text = serde_json::to_string(one).map_err(|_| {
            StoreError::inconsistent("customer_snapshot", "facts", &one.customer_id)
        })?;
        encoded.push(text);
    }
    let text = include_str!("sql/snapshot_save.sql");
    sqlx::query_file!(
        "src/store/sql/snapshot_save.sql",
        &column(facts, |one| one.customer_id.to_string()),
        &column(facts, |one| one.revision.cast_signed()),
        &encoded,
    )
    .execute(connection)
    .instrument(statement_span("INSERT", "customer_snapshot", text))
    .await?;
    Ok(())
}
