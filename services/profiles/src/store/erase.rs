//! Erasing a person: every row under every id goes, in one transaction. What is left is a digest of
//! each id, which keeps it from being written again, and the news for the followers.
//!
//! The news name the ids, since a follower can erase only whom it is told of; nothing else of the
//! person is in them.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use kernel::framed;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use storage::request_log::{BodyHash, body_hash};
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::amend::{Remembered, recall, remember};
use super::decode::time;
use super::{Store, alias, answers, feed, load};
use crate::domain::book::Book;
use crate::domain::erasure::may_be_erased;
use crate::domain::record::Named;

const TABLE: &str = "erased_customer";

/// A person to erase.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// Any of their ids.
    pub customer_id: CustomerId,
    /// The instant of the write.
    pub now: Timestamp,
    /// The request to remember, if it has an id.
    pub remembered: Option<Remembered>,
}

/// What erasing came to; it names nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// How many ids the person had.
    pub id_count: u32,
    /// Something was there to erase.
    pub changed: bool,
}

impl Store {
    /// Erases a person under all their ids.
    pub async fn erase(&self, deadline: Deadline, erasure: Erasure) -> Result<Erased, StoreError> {
        storage::write(&self.postgres, deadline, erasure, transact).await
    }
}

fn transact<'c>(
    erasure: &'c Erasure,
    connection: &'c mut PgConnection,
) -> BoxFuture<'c, Result<Erased, StoreError>> {
    Box::pin(async move {
        let named = Named::customer(&erasure.customer_id);
        let aliases = alias::lock(connection, &named.customers).await?;
        if let Some(answer) = recall(connection, erasure.remembered.as_ref()).await? {
            return Ok(answer);
        }
        let mut books = load::books(connection, &named, aliases, erasure.now).await?;
        let book = books.of(&erasure.customer_id);
        let erased = if book.is_erased {
            Erased {
                id_count: 0,
                changed: false,
            }
        } else {
            may_be_erased(book, erasure.now)
                .map_err(|rejection| StoreError::rejected(Refusal::from(rejection)))?;
            carry_out(connection, book, erasure.now).await?
        };
        // It names nobody.
        let nameable = BTreeSet::new();
        remember(connection, erasure.remembered.as_ref(), &erased, &nameable).await?;
        Ok(erased)
    })
}

async fn carry_out(
    connection: &mut PgConnection,
    book: &Book,
    now: Timestamp,
) -> Result<Erased, StoreError> {
    let ids: Vec<&CustomerId> = book
        .merged_customer_ids
        .iter()
        .chain([&book.customer_id])
        .collect();
    let keys: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let text = include_str!("sql/merge_defer.sql");
    sqlx::query_file!("src/store/sql/merge_defer.sql")
        .execute(&mut *connection)
        .instrument(statement_span("SET", "constraints", text))
        .await?;
    let text = include_str!("sql/erase_rows.sql");
    sqlx::query_file!(
        "src/store/sql/erase_rows.sql",
        book.customer_id.as_str(),
        &keys,
    )
    .execute(&mut *connection)
    .instrument(statement_span("DELETE", "customer", text))
    .await?;
    answers::erase(connection, &keys).await?;
    let digests: Vec<Vec<u8>> = ids.iter().map(|id| digest(id).to_vec()).collect();
    let text = include_str!("sql/erased_customer_insert.sql");
    sqlx::query_file!(
        "src/store/sql/erased_customer_insert.sql",
        &digests,
        time(now) as _,
    )
    .execute(&mut *connection)
    .instrument(statement_span("INSERT", TABLE, text))
    .await?;
    feed::append_erased(connection, &ids, book.version_after_erasure(now)).await?;
    Ok(Erased {
        id_count: u32::try_from(ids.len()).unwrap_or(u32::MAX),
        changed: true,
    })
}

fn digest(id: &CustomerId) -> BodyHash {
    let mut bytes = Vec::with_capacity(96);
    framed::append(&mut bytes, ["rekindle erased customer 1", id.as_str()]);
    body_hash(&bytes)
}

/// Finds the customers who were erased.
pub(super) async fn read(
    connection: &mut PgConnection,
    customers: &[&CustomerId],
) -> Result<BTreeSet<CustomerId>, StoreError> {
    let digests: Vec<Vec<u8>> = customers.iter().map(|id| digest(id).to_vec()).collect();
    let text = include_str!("sql/erased_customer_read.sql");
    let found = sqlx::query_file_scalar!("src/store/sql/erased_customer_read.sql", &digests)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", TABLE, text))
        .await?;
    let erased = customers.iter().zip(&digests);
    let erased = erased.filter(|(_, digest)| found.contains(digest));
    Ok(erased.map(|(id, _)| (*id).clone()).collect())
}
