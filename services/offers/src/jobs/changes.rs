//! Following the feed of changed customers, so that the cache never shows who they were.
//!
//! One process follows, by lease; its cursor moves only when Redis has seen the tombstones. While
//! it does not move, every process stops believing the cache.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use kernel::refusal::Refusal;
use kernel::time::Clock;
use tokio_util::sync::CancellationToken;

use super::every;
use crate::cache::CachedCustomers;
use crate::store::Store;
use crate::usecase::gather::FeedTrust;
use crate::usecase::ports::{Changes, Profiles};

const LEASE: Duration = Duration::from_secs(15);

/// How long the feed may stand still before the cache is not believed, in seconds. The feed speaks
/// every few seconds even when nothing changes.
const TRUSTED_SECONDS: i32 = 10;

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
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let follower = Follower {
            store: &store,
            profiles: profiles.as_ref(),
            cached: &cached,
            clock: clock.as_ref(),
            holder: &holder,
        };
        if let Some(Err(refusal)) = stop.run_until_cancelled(follower.follow()).await {
            tracing::warn!(
                reason = refusal.reason,
                "the feed of changes broke off and is taken up again"
            );
        }
    }
}

struct Follower<'a> {
    store: &'a Store,
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
            if !self.store.advance_feed(self.holder, &run.cursor).await? {
                return Ok(());
            }
        }
        Ok(())
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
            self.store.erase_customer(customer_id).await?;
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
