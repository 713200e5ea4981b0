//! Follows the change feed.

use std::time::{Duration, Instant};

use kernel::refusal::Refusal;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Profiles;
use crate::store::{Change, Cursor, FeedPartition};

/// How the feed is followed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WatchSettings {
    /// How long to wait before looking again when there was nothing new.
    pub poll_interval_ms: u64,
    /// How long to stay silent at most.
    pub keep_alive_interval_ms: u64,
    /// How many changes go into one message.
    pub max_changes: u32,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            poll_interval_ms: 75,
            keep_alive_interval_ms: 3_000,
            max_changes: 500,
        }
    }
}

/// A run of changes, empty when nothing happened for a while.
#[derive(Clone, Debug)]
pub struct ChangeRun {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The place after them.
    pub cursor: Cursor,
    /// How long the oldest change that is not in this run or an earlier one has been waiting.
    pub lag: Duration,
}

/// One follower of the feed.
pub struct Watch {
    profiles: Profiles,
    settings: WatchSettings,
    partition: FeedPartition,
    cursor: Cursor,
    spoke: Instant,
    stop: CancellationToken,
}

impl Profiles {
    /// Starts to follow a share of the customers after a place. Ends when `stop` is cancelled.
    pub fn watch(
        &self,
        cursor: Cursor,
        partition: FeedPartition,
        settings: WatchSettings,
        stop: CancellationToken,
    ) -> Watch {
        Watch {
            profiles: self.clone(),
            settings,
            partition,
            cursor,
            spoke: Instant::now(),
            stop,
        }
    }
}

impl Watch {
    /// Waits for the next run of changes, or for the time to show a sign of life; none at the end.
    pub async fn next(&mut self) -> Result<Option<ChangeRun>, Refusal> {
        let poll = Duration::from_millis(self.settings.poll_interval_ms);
        let silence = Duration::from_millis(self.settings.keep_alive_interval_ms);
        while !self.stop.is_cancelled() {
            let limit = self.settings.max_changes.max(1);
            let store = &self.profiles.store;
            let page = store
                .changes_after(self.cursor, self.partition, limit)
                .await?;
            let is_new = page.cursor != self.cursor;
            self.cursor = page.cursor;
            if is_new || self.spoke.elapsed() >= silence {
                self.spoke = Instant::now();
                let lag = store.lag_after(self.cursor, self.partition).await?;
                return Ok(Some(ChangeRun {
                    changes: page.changes,
                    cursor: self.cursor,
                    lag,
                }));
            }
            // Waits for the poll interval or the stop, whichever comes first.
            if timeout(poll, self.stop.cancelled()).await.is_ok() {
                break;
            }
        }
        Ok(None)
    }
}
