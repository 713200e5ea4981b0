//! Reading the outbox as a feed, without gaps.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx;
use sqlx::{PgConnection, Row};

use crate::error::StoreError;

/// A place in the feed: after one message and before the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    transaction_id: i64,
    id: i64,
}

/// A text that is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in the feed")]
pub struct PositionError;

impl Position {
    /// Before the first message.
    pub const START: Self = Self {
        transaction_id: 0,
        id: 0,
    };

    /// After the message that this transaction wrote under this id.
    pub const fn new(transaction_id: i64, id: i64) -> Self {
        Self { transaction_id, id }
    }

    /// Returns the transaction that wrote the message before it.
    pub const fn transaction_id(self) -> i64 {
        self.transaction_id
    }

    /// Returns the id of that message.
    pub const fn id(self) -> i64 {
        self.id
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.transaction_id, self.id)
    }
}

impl FromStr for Position {
    type Err = PositionError;

    /// Reads what `Display` wrote; the empty text is the start.
    fn from_str(text: &str) -> Result<Self, PositionError> {
        if text.is_empty() {
            return Ok(Self::START);
        }
        let (transaction_id, id) = text.split_once('.').ok_or(PositionError)?;
        let number = |digits: &str| digits.parse::<i64>().ok().filter(|number| *number >= 0);
        match (number(transaction_id), number(id)) {
            (Some(transaction_id), Some(id)) => Ok(Self { transaction_id, id }),
            _ => Err(PositionError),
        }
    }
}

/// A message as read from the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where to go on after this message.
    pub position: Position,
    /// What kind of message it is.
    pub topic: String,
    /// What it is about.
    pub key: String,
    /// Encoded content.
    pub payload: Vec<u8>,
    /// When its cause was recorded.
    pub created_at: Timestamp,
}

/// A share of the keys, so that several followers can divide a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Which share, from 0.
    pub index: u8,
    /// How many shares there are.
    pub of: u8,
}

impl Partition {
    /// All keys.
    pub const WHOLE: Self = Self { index: 0, of: 1 };
}

/// Reads up to `limit` messages after a position, in feed order.
///
/// Bounded by the oldest transaction still running: a transaction with a smaller id may yet commit
/// messages, and reading past it would lose them. The price is that one long write transaction in
/// the same cluster, in whichever database, holds the feed back; the write time-out bounds ours.
pub async fn read_after(
    connection: &mut PgConnection,
    position: Position,
    partition: Partition,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let rows = sqlx::query(
        "select transaction_id::text::bigint as transaction_id, id, topic, key, payload, created_at
         from outbox
         where (transaction_id, id) > ($1::text::xid8, $2)
           and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
           and shard % $3 = $4
         order by outbox.transaction_id, outbox.id
         limit $5",
    )
    .bind(position.transaction_id.to_string())
    .bind(position.id)
    .bind(i32::from(partition.of.max(1)))
    .bind(i32::from(partition.index))
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &sqlx::postgres::PgRow) -> Result<Entry, StoreError> {
    let created_at: jiff_sqlx::Timestamp = row.try_get("created_at")?;
    Ok(Entry {
        position: Position {
            transaction_id: row.try_get("transaction_id")?,
            id: row.try_get("id")?,
        },
        topic: row.try_get("topic")?,
        key: row.try_get("key")?,
        payload: row.try_get("payload")?,
        created_at: created_at.to_jiff(),
    })
}

/// Deletes up to `limit` feed messages recorded before `before`; returns how many.
///
/// Followers that are further behind than the retention must start over from a snapshot.
pub async fn prune(
    connection: &mut PgConnection,
    before: Timestamp,
    limit: i64,
) -> Result<u64, StoreError> {
    let deleted = sqlx::query(
        "delete from outbox where id in (
             select id from outbox where created_at < $1 and next_attempt_at is null
             order by id limit $2 for update skip locked)",
    )
    .bind(before.to_sqlx())
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_and_nonsense_does_not() {
        let position = Position {
            transaction_id: 812,
            id: 9,
        };
        assert_eq!(position.to_string().parse(), Ok(position));
        assert_eq!("".parse(), Ok(Position::START));
        for text in ["812", "812.", ".9", "-1.9", "a.b", "1.2.3"] {
            assert_eq!(text.parse::<Position>(), Err(PositionError), "{text}");
        }
    }
}
