//! Where the follower stands, and who follows.

use std::time::Duration;

use storage::{StoreError, feed_cursor, statement_span};
use tracing::Instrument;

use super::Store;

/// The name of the feed of customer changes, with the number of the format in which facts are kept:
/// where that changes, the feed is read from its beginning, beside a process of the version before
/// that goes on where it stands.
pub const CHANGES_FEED: &str = "profiles.changes.1";

impl Store {
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
