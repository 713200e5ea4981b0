//! The change feed: what a write tells the followers, and how they read it.

use std::str::FromStr;
use std::time::Duration;

use kernel::id::CustomerId;
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
pub use storage::outbox::feed::Partition as FeedPartition;
use storage::outbox::feed::{self, Position};
use storage::outbox::{self, Message};
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;
use crate::domain::book::Book;
use crate::domain::customer::Version;
use crate::domain::vocabulary::ChangeKind;

const TOPIC: &str = "customer_changed";

/// A place in the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(Position);

impl Cursor {
    /// Before the first change.
    pub const START: Self = Self(Position::START);
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for Cursor {
    type Err = feed::PositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// A customer reached a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The customer.
    pub customer_id: CustomerId,
    /// The revision reached.
    pub revision: u64,
    /// When.
    pub change_time: Timestamp,
    /// What it was about.
    pub kinds: Vec<ChangeKind>,
    /// Whose other name the customer is from now on, if it is.
    pub merged_into: Option<CustomerId>,
    /// The person was erased.
    pub erased: bool,
}

/// A run of changes.
#[derive(Clone, Debug)]
pub struct Page {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The place after them.
    pub cursor: Cursor,
}

/// What a message says; the customer is its key.
#[derive(Serialize, Deserialize)]
struct Payload {
    revision: u64,
    change_time: Timestamp,
    kinds: Vec<ChangeKind>,
    /// Beside the kinds, which the version before reads: it knows no further ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merged_into: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

impl Store {
    /// Reads the next run of changes of a share of the customers.
    pub async fn changes_after(
        &self,
        cursor: Cursor,
        partition: FeedPartition,
        limit: u32,
    ) -> Result<Page, StoreError> {
        let from = (cursor.0, partition, i64::from(limit));
        let entries: Vec<feed::Entry> = self
            .postgres
            .background(&from, |&(position, partition, limit), connection| {
                Box::pin(feed::read_after(connection, position, partition, limit))
            })
            .await?;
        let last = entries.last().map_or(cursor.0, |entry| entry.position);
        let changes = entries
            .iter()
            .filter(|entry| entry.topic == TOPIC)
            .map(change)
            .collect::<Result<_, _>>()?;
        Ok(Page {
            changes,
            cursor: Cursor(last),
        })
    }

    /// Tells how long the oldest change after a place has been waiting, whether it can be read
    /// yet or not.
    pub async fn lag_after(
        &self,
        cursor: Cursor,
        partition: FeedPartition,
    ) -> Result<Duration, StoreError> {
        self.postgres
            .background(&(cursor, partition), |&(cursor, partition), connection| {
                Box::pin(lag_after(connection, cursor, partition))
            })
            .await
    }
}

async fn lag_after(
    connection: &mut PgConnection,
    cursor: Cursor,
    partition: FeedPartition,
) -> Result<Duration, StoreError> {
    let written = cursor.to_string();
    let (transaction, id) = written.split_once('.').unwrap_or(("0", "0"));
    let text = include_str!("sql/feed_oldest_pending.sql");
    let seconds = sqlx::query_file_scalar!(
        "src/store/sql/feed_oldest_pending.sql",
        transaction,
        id.parse::<i64>().unwrap_or(0),
        i32::from(partition.of.max(1)),
        i32::from(partition.index),
    )
    .fetch_optional(connection)
    .instrument(statement_span("SELECT", "outbox", text))
    .await?;
    Ok(Duration::from_secs_f64(seconds.unwrap_or(0.0)))
}

fn change(entry: &feed::Entry) -> Result<Change, StoreError> {
    let inconsistent = || StoreError::inconsistent("outbox", "payload", entry.position);
    let payload: Payload = serde_json::from_slice(&entry.payload).map_err(|_| inconsistent())?;
    // Told as kinds, so that a follower that knows nothing of it stops instead of passing over it.
    let merged = payload.merged_into.is_some().then_some(ChangeKind::Merged);
    let erased = payload.erased.then_some(ChangeKind::Erased);
    let beside = merged.into_iter().chain(erased);
    Ok(Change {
        customer_id: CustomerId::parse(&entry.key).map_err(|_| inconsistent())?,
        revision: payload.revision,
        change_time: payload.change_time,
        kinds: payload.kinds.into_iter().chain(beside).collect(),
        merged_into: payload.merged_into,
        erased: payload.erased,
    })
}

/// Tells the followers about changed customers.
pub(super) async fn append(
    connection: &mut PgConnection,
    changed: &[&Book],
) -> Result<(), StoreError> {
    let mut payloads = Vec::with_capacity(changed.len());
    for book in changed {
        let payload = Payload {
            revision: book.version.revision,
            change_time: book.version.update_time,
            kinds: book.touched.kinds(),
            merged_into: None,
            erased: false,
        };
        let encoded = serde_json::to_vec(&payload)
            .map_err(|_| StoreError::inconsistent("outbox", "payload", &book.customer_id))?;
        payloads.push(encoded);
    }
    let messages: Vec<Message<'_>> = changed
        .iter()
        .zip(&payloads)
        .map(|(book, payload)| Message {
            topic: TOPIC,
            key: book.customer_id.as_str(),
            payload,
        })
        .collect();
    outbox::append(connection, &messages).await
}

/// Tells the followers that an id is another name of a customer from now on.
pub(super) async fn append_merged(
    connection: &mut PgConnection,
    alias: &CustomerId,
    stays: &Book,
) -> Result<(), StoreError> {
    let payload = Payload {
        revision: stays.version.revision,
        change_time: stays.version.update_time,
        kinds: vec![ChangeKind::Customer],
        merged_into: Some(stays.customer_id.clone()),
        erased: false,
    };
    let payload = serde_json::to_vec(&payload)
        .map_err(|_| StoreError::inconsistent("outbox", "payload", alias))?;
    let message = Message {
        topic: TOPIC,
        key: alias.as_str(),
        payload: &payload,
    };
    outbox::append(connection, &[message]).await
}

/// Tells the followers that a person is no more, once for each of their ids.
pub(super) async fn append_erased(
    connection: &mut PgConnection,
    ids: &[&CustomerId],
    version: Version,
) -> Result<(), StoreError> {
    let payload = Payload {
        revision: version.revision,
        change_time: version.update_time,
        kinds: vec![ChangeKind::Customer],
        merged_into: None,
        erased: true,
    };
    let payload = serde_json::to_vec(&payload)
        .map_err(|_| StoreError::inconsistent("outbox", "payload", "erased"))?;
    let messages: Vec<Message<'_>> = ids
        .iter()
        .map(|id| Message {
            topic: TOPIC,
            key: id.as_str(),
            payload: &payload,
        })
        .collect();
    outbox::append(connection, &messages).await
}
