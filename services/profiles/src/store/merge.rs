//! Merging two customers in one transaction: what one has becomes the other's, and its id a name.

use std::collections::BTreeSet;

use futures::future::BoxFuture;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::amend::{Remembered, recall, remember};
use super::answers::nameable;
use super::decode::time;
use super::{Store, alias, feed, load, save};
use crate::domain::alias::{
    Aliases, Shared, joined, may_be_merged, objections_to_repeat, shared_subscriptions,
};
use crate::domain::book::Book;
use crate::domain::books::Books;
use crate::domain::record::Named;
use crate::domain::rejection::Rejection;

/// Two customers to merge.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The one that stays.
    pub stays: CustomerId,
    /// The one that becomes another name of it.
    pub merged: CustomerId,
    /// The instant of the write.
    pub now: Timestamp,
    /// The request to remember, if it has an id.
    pub remembered: Option<Remembered>,
}

/// The one customer that two are now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// The customer that stays.
    pub customer_id: CustomerId,
    /// Its other names, sorted.
    pub merged_customer_ids: Vec<CustomerId>,
    /// The revision of the customer.
    pub revision: u64,
    /// Something changed.
    pub changed: bool,
}

impl Merged {
    fn of(book: &Book, changed: bool) -> Self {
        Self {
            customer_id: book.customer_id.clone(),
            merged_customer_ids: book.merged_customer_ids.clone(),
            revision: book.version.revision,
            changed,
        }
    }
}

impl Store {
    /// Merges two customers.
    pub async fn merge(&self, deadline: Deadline, merge: Merge) -> Result<Merged, StoreError> {
        storage::write(&self.postgres, deadline, merge, transact).await
    }
}

fn transact<'c>(
    merge: &'c Merge,
    connection: &'c mut PgConnection,
) -> BoxFuture<'c, Result<Merged, StoreError>> {
    Box::pin(async move {
        let both = BTreeSet::from([merge.stays.clone(), merge.merged.clone()]);
        let aliases = alias::lock(connection, &both).await?;
        if let Some(answer) = recall(connection, merge.remembered.as_ref()).await? {
            return Ok(answer);
        }
        let nameable = nameable(&both, &aliases);
        let answer = carry_out(connection, merge, aliases).await?;
        remember(connection, merge.remembered.as_ref(), &answer, &nameable).await?;
        Ok(answer)
    })
}

async fn carry_out(
    connection: &mut PgConnection,
    merge: &Merge,
    aliases: Aliases,
) -> Result<Merged, StoreError> {
    if merge.stays == merge.merged {
        return Err(rejected(Rejection::MergedWithItself {
            customer_id: merge.stays.to_string(),
        }));
    }
    let named = Named {
        customers: BTreeSet::from([merge.stays.clone(), merge.merged.clone()]),
        ..Named::default()
    };
    let same = aliases.resolve(&merge.stays) == aliases.resolve(&merge.merged);
    let mut books = load::books(connection, &named, aliases, merge.now).await?;
    let stays = books.of(&merge.stays).clone();
    let merged = books.of(&merge.merged).clone();
    let ours = stays.require_customer().map_err(rejected)?;
    let theirs = merged.require_customer().map_err(rejected)?;
    if same {
        return Ok(Merged::of(&stays, false));
    }
    let mut shared = shared_ids(connection, &stays, &merged).await?;
    shared.push(shared_subscriptions(&stays, &merged));
    may_be_merged(&stays, &merged, &shared).map_err(rejected)?;
    let customer = joined(ours, theirs);
    let objections = objections_to_repeat(&stays, &merged, merge.now);
    move_rows(connection, &stays, &merged, merge.now).await?;

    // Read anew, with what has moved, and written as any write is.
    let named = Named::customer(&stays.customer_id);
    let aliases = alias::look_up(connection, &named.customers).await?;
    let mut books: Books = load::books(connection, &named, aliases, merge.now).await?;
    let book = books.of(&stays.customer_id);
    book.become_one(customer);
    for objection in objections {
        book.record_consent(&objection, objection.statement.record_time)
            .map_err(rejected)?;
    }
    books.close();
    save::books(connection, &books).await?;
    let book = books.of(&stays.customer_id);
    feed::append_merged(connection, &merged.customer_id, book).await?;
    Ok(Merged::of(book, true))
}

/// Finds the events and incidents that both have under one id.
async fn shared_ids(
    connection: &mut PgConnection,
    stays: &Book,
    merged: &Book,
) -> Result<Vec<Shared>, StoreError> {
    let text = include_str!("sql/merge_shared_ids.sql");
    let rows = sqlx::query_file!(
        "src/store/sql/merge_shared_ids.sql",
        stays.customer_id.as_str(),
        merged.customer_id.as_str(),
    )
    .fetch_all(connection)
    .instrument(statement_span("SELECT", "event", text))
    .await?;
    let of = |kind: i32, of| Shared {
        of,
        ids: rows
            .iter()
            .filter(|row| row.kind == kind)
            .map(|row| row.id.clone())
            .collect(),
    };
    Ok(vec![of(1, "events"), of(2, "incidents")])
}

async fn move_rows(
    connection: &mut PgConnection,
    stays: &Book,
    merged: &Book,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text = include_str!("sql/merge_defer.sql");
    sqlx::query_file!("src/store/sql/merge_defer.sql")
        .execute(&mut *connection)
        .instrument(statement_span("SET", "constraints", text))
        .await?;
    let text = include_str!("sql/merge_move.sql");
    sqlx::query_file!(
        "src/store/sql/merge_move.sql",
        stays.customer_id.as_str(),
        merged.customer_id.as_str(),
        merged.version.revision.cast_signed(),
        time(now) as _,
    )
    .execute(&mut *connection)
    .instrument(statement_span("UPDATE", "customer", text))
    .await?;
    let text = include_str!("sql/customer_delete.sql");
    sqlx::query_file!(
        "src/store/sql/customer_delete.sql",
        merged.customer_id.as_str()
    )
    .execute(connection)
    .instrument(statement_span("DELETE", "customer", text))
    .await?;
    Ok(())
}

fn rejected(rejection: Rejection) -> StoreError {
    StoreError::rejected(Refusal::from(rejection))
}
