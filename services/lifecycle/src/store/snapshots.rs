//! The facts of customers as they were last read, in a compact encoding.
//!
//! The encoding is postcard over the domain's own types, a quarter of the size of JSON. It does not
//! describe itself, so it has a format number; rows of another number are not read but fetched anew
//! through the feed, whose cursor is named with the number.

use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::bigint;
use crate::domain::facts::CustomerFacts;

/// The number of the encoding. A change of [`CustomerFacts`] changes it, and the name of the cursor
/// of the feed with it.
pub(super) const FORMAT: i16 = 1;

/// Encodes facts.
pub(super) fn encode(facts: &CustomerFacts) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(facts)
        .map_err(|_| StoreError::inconsistent("customer_facts", "facts", &facts.customer_id))
}

/// Decodes facts, all of the bytes and those of this customer; nothing when they are not.
pub(super) fn decode(customer_id: &str, format: i16, bytes: &[u8]) -> Option<CustomerFacts> {
    if format != FORMAT {
        return None;
    }
    let (facts, rest) = postcard::take_from_bytes::<CustomerFacts>(bytes).ok()?;
    (rest.is_empty() && facts.customer_id == customer_id).then_some(facts)
}

/// Keeps the facts that are at least as new as the ones held, and returns whose these are.
pub(super) async fn keep(
    customers: &[CustomerFacts],
    transaction: &mut PgConnection,
) -> Result<Vec<String>, StoreError> {
    let ids: Vec<String> = customers
        .iter()
        .map(|facts| facts.customer_id.clone())
        .collect();
    let revisions: Vec<i64> = customers
        .iter()
        .map(|facts| bigint(facts.revision))
        .collect();
    let encoded: Vec<Vec<u8>> = customers.iter().map(encode).collect::<Result<_, _>>()?;
    let kept = sqlx::query_file_scalar!(
        "src/store/sql/customer_facts_keep.sql",
        &ids,
        &revisions,
        FORMAT,
        &encoded
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "INSERT",
        "customer_facts",
        include_str!("sql/customer_facts_keep.sql"),
    ))
    .await?;
    Ok(kept)
}

/// Forgets customers whose facts cannot be read any more; their history stays.
pub(super) async fn forget(
    customers: &[String],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/customer_facts_delete.sql", customers)
        .execute(transaction)
        .instrument(statement_span(
            "DELETE",
            "customer_facts",
            include_str!("sql/customer_facts_delete.sql"),
        ))
        .await?;
    Ok(())
}

#[cfg(test)]
#[path = "snapshots_tests.rs"]
mod tests;
