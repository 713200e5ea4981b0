//! Following the feed of changed customers, so that the cache never shows who they were.
//!
//! One process follows, by lease; its cursor moves only when Redis has seen the tombstones. While
//! it does not move, every process stops believing the cache.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use kernel::refusal::Refusal;
use kernel::time::Clock;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::erasures::Erasures;
use super::every;
use crate::cache::CachedCustomers;
use crate::store::Store;
use crate::usecase::gather::FeedTrust;
use crate::usecase::ports::{CHANGE_NOT_KNOWN, Changes, Profiles};

const LEASE: Duration = Duration::from_secs(15);

/// How long the feed may stand still before the cache is not believed, in seconds. The feed speaks
/// every few seconds even when nothing changes.
const TRUSTED_SECONDS: i32 = 10;

/// How far the feed may be behind for the cache to be believed: what has changed since is not in it.
const TRUSTED_LAG: Duration = Duration::from_secs(10);

/// How long a process stays away from a feed that it does not understand: long enough for one that
/// does to take it over.
const STAY_AWAY: Duration = Duration::from_secs(30);

/// Follows the feed until the process stops.
pub async fn follow_changes(
    store: Store,
    profiles: Arc<dyn Profiles>,
    cached: CachedCustomers,
    clock: Arc<dyn Clock>,
    holder: String,
    stop: CancellationToken,
) {
    let mut ticks = every(Duration::from_secs(1));
    let erasures = Erasures::new();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let follower = Follower {
            store: &store,
            erasures: &erasures,
            profiles: profiles.as_ref(),
            cached: &cached,
            clock: clock.as_ref(),
            holder: &holder,
        };
        let ended = stop.run_until_cancelled(follower.follow()).await;
        let Some(Err(refusal)) = ended else {
            continue;
        };
        let reason = refusal.reason;
        tracing::warn!(
            reason,
            "the feed of changes broke off and is taken up again: {refusal}"
        );
        if reason == CHANGE_NOT_KNOWN {
            follower.make_room().await;
            // Waits for the pause or the stop, whichever comes first.
            let _ = timeout(STAY_AWAY, stop.cancelled()).await;
        }
    }
}

struct Follower<'a> {
    store: &'a Store,
    erasures: &'a Erasures,
    profiles: &'a dyn Profiles,
    cached: &'a CachedCustomers,
    clock: &'a dyn Clock,
    holder: &'a str,
}

impl Follower<'_> {
    /// Follows for as long as the lease, the stream and Redis hold.
    async fn follow(&self) -> Result<(), Refusal> {
        let Some(cursor) = self.store.follow_feed(self.holder, LEASE).await? else {
            return Ok(());
        };
        let mut changes = self.profiles.changes(cursor).await?;
        while let Some(run) = changes.next().await {
            let run = run?;
            if self.store.follow_feed(self.holder, LEASE).await?.is_none() {
                return Ok(());
            }
            self.learn(&run).await?;
            self.invalidate(&run).await?;
            self.erase(&run).await?;
            // What these customers' calls came to may be otherwise now.
            let now = self.clock.now();
            self.store.hear_of_changes(&run.changed, now).await?;
            let (holder, cursor) = (self.holder, run.cursor.as_str());
            let moved = if run.lag > TRUSTED_LAG {
                self.store.catch_up_with_feed(holder, cursor).await?
            } else {
                self.store.advance_feed(holder, cursor).await?
            };
            if !moved {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Lets a process follow that understands the feed. The lease ends by itself, too.
    async fn make_room(&self) {
        if let Err(error) = self.store.release_feed(self.holder).await {
            tracing::warn!(%error, "the feed of changes could not be given up");
        }
    }

    /// Ahead of the cache: who is read anew is known by all ids then.
    async fn learn(&self, run: &Changes) -> Result<(), Refusal> {
        for (alias, stays) in &run.merged {
            self.store.learn_identity(alias, stays).await?;
        }
        Ok(())
    }

    /// Behind the cache: nobody is decided about any more who is not there.
    async fn erase(&self, run: &Changes) -> Result<(), Refusal> {
        for customer_id in &run.erased {
            let store = self.store;
            self.erasures.erase_or_owe(store, customer_id).await?;
        }
        Ok(())
    }

    async fn invalidate(&self, run: &Changes) -> Result<(), Refusal> {
        for (customer_id, revision) in &run.changed {
            if !self.cached.invalidate(customer_id, *revision).await {
                return Err(Refusal::unavailable(
                    "CACHE_UNAVAILABLE",
                    "Redis has not seen an invalidation; the cache is not believed until it has",
                    Duration::from_secs(1),
                ));
            }
        }
        Ok(())
    }
}

/// Tells this process whether the cache may be believed, until it stops.
pub async fn watch_the_feed(store: Store, trust: FeedTrust, stop: CancellationToken) {
    let mut ticks = every(Duration::from_secs(1));
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        trust.set(store.feed_keeps_up(TRUSTED_SECONDS).await.unwrap_or(false));
    }
}
