//! Where the follower stands, and who follows.

use std::time::Duration;

use sqlx::PgConnection;
use storage::{StoreError, feed_cursor, statement_span};
use tracing::Instrument;

use super::Store;

/// The name of the feed of customer changes, with the number of the format in which facts are kept:
/// where that changes, the feed is read from its beginning, beside a process of the version before
/// that goes on where it stands.
pub const CHANGES_FEED: &str = "profiles.changes.4";

/// How fresh what was taken over is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freshness {
    /// How many customers have facts that no fit can use.
    pub set_aside_count: u64,
    /// How long ago the follower last moved on; absent when none ever did.
    pub seconds_since_advance: Option<f64>,
}

impl Store {
    /// Reads how fresh what was taken over is.
    pub async fn freshness(&self) -> Result<Freshness, StoreError> {
        self.postgres
            .background(&(), |(), connection| Box::pin(read_freshness(connection)))
            .await
    }

    /// Takes the lease on the feed; returns the position to go on from, or nothing while another
    /// process follows.
    pub async fn acquire_feed(
        &self,
        holder: &str,
        lease: Duration,
    ) -> Result<Option<String>, StoreError> {
        self.postgres
            .background(&(holder, lease), |(holder, lease), connection| {
                Box::pin(feed_cursor::acquire(
                    connection,
                    CHANGES_FEED,
                    holder,
                    *lease,
                ))
            })
            .await
    }

    /// Extends the lease; `false` when it was lost.
    pub async fn renew_feed(&self, holder: &str, lease: Duration) -> Result<bool, StoreError> {
        self.postgres
            .background(&(holder, lease), |(holder, lease), connection| {
                Box::pin(feed_cursor::renew(connection, CHANGES_FEED, holder, *lease))
            })
            .await
    }

    /// Gives the lease up.
    pub async fn release_feed(&self, holder: &str) -> Result<(), StoreError> {
        self.postgres
            .background(holder, |holder, connection| {
                Box::pin(feed_cursor::release(connection, CHANGES_FEED, holder))
            })
            .await
    }

    /// Reads where the feed has been followed to, by whoever follows it.
    pub async fn feed_position(&self) -> Result<String, StoreError> {
        let position = self
            .postgres
            .background(&(), |(), connection| {
                Box::pin(async move {
                    let position =
                        sqlx::query_file_scalar!("src/store/sql/feed_position.sql", CHANGES_FEED)
                            .fetch_optional(connection)
                            .instrument(statement_span(
                                "SELECT",
                                "feed_cursor",
                                include_str!("sql/feed_position.sql"),
                            ))
                            .await?;
                    Ok::<_, StoreError>(position)
                })
            })
            .await?;
        Ok(position.unwrap_or_default())
    }
}

async fn read_freshness(connection: &mut PgConnection) -> Result<Freshness, StoreError> {
    let row = sqlx::query_file!("src/store/sql/facts_freshness.sql", CHANGES_FEED)
        .fetch_one(connection)
        .instrument(statement_span(
            "SELECT",
            "feed_cursor",
            include_str!("sql/facts_freshness.sql"),
        ))
        .await?;
    Ok(Freshness {
        set_aside_count: row.set_aside_count.unsigned_abs(),
        seconds_since_advance: row.seconds_since_advance,
    })
}
