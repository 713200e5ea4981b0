//! The facts of customers as they were last read, in a compact encoding.
//!
//! The encoding is postcard over the domain's own types, a quarter of the size of JSON. It does not
//! describe itself, so it has a format number; rows of another number are not read but fetched anew
//! through the feed, whose cursor is named with the number.

use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::{Store, bigint};
use crate::domain::facts::CustomerFacts;

/// The number of the encoding. A change of [`CustomerFacts`] changes it, and the name of the cursor
/// of the feed with it.
pub(super) const FORMAT: i16 = 4;

/// Some customers' facts.
#[derive(Clone, Debug, Default)]
pub struct FactsPage {
    /// The facts, in the order of the customers' ids.
    pub facts: Vec<CustomerFacts>,
    /// How many customers of the page have no facts that can be read.
    pub unreadable_count: u64,
    /// The last customer of the page; absent when there was none.
    pub last: Option<String>,
}

impl Store {
    /// Reads the facts of so many customers after one, as they were last taken over: of all, or of
    /// one in so many, always the same.
    pub async fn facts_page(
        &self,
        after: &str,
        limit: u32,
        one_in: u64,
    ) -> Result<FactsPage, StoreError> {
        let input = (after.to_owned(), limit, bigint(one_in.max(1)));
        self.postgres
            .background(&input, |(after, limit, one_in), connection| {
                Box::pin(read_page(after, *limit, *one_in, connection))
            })
            .await
    }
}

async fn read_page(
    after: &str,
    limit: u32,
    one_in: i64,
    connection: &mut PgConnection,
) -> Result<FactsPage, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/customer_facts_page.sql",
        after,
        i64::from(limit),
        one_in
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "customer_facts",
        include_str!("sql/customer_facts_page.sql"),
    ))
    .await?;
    let mut page = FactsPage {
        last: rows.last().map(|row| row.customer_id.clone()),
        ..FactsPage::default()
    };
    for row in rows {
        let kept = row.format.zip(row.facts);
        let facts = kept.and_then(|(format, bytes)| decode(&row.customer_id, format, &bytes));
        match facts {
            Some(facts) => page.facts.push(facts),
            None => page.unreadable_count += 1,
        }
    }
    Ok(page)
}

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
