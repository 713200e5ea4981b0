//! Expiring offers, closing forgotten sessions, and what else waits for a quiet moment.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::erasures::Erasures;
use super::every;
use crate::store::Store;

/// How many rows one statement touches at most.
const BATCH: i64 = 500;

/// Expires and closes what is due, again and again, until the process stops.
pub async fn sweep(store: Store, period: Duration, idle_seconds: i64, stop: CancellationToken) {
    let mut ticks = every(period);
    let erasures = Erasures::new();
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = store.expire_offers(BATCH).await {
            tracing::warn!(%error, "expired offers could not be swept");
        }
        if let Err(error) = store.undo_noted(BATCH).await {
            tracing::warn!(%error, "what customers who left had accepted could not be undone");
        }
        if let Err(error) = store.return_to_budgets(BATCH).await {
            tracing::warn!(%error, "what customers who left give back could not be given to budgets");
        }
        if let Err(error) = store.abandon_sessions(idle_seconds, BATCH).await {
            tracing::warn!(%error, "forgotten sessions could not be closed");
        }
        erasures.carry_out_owed(&store).await;
    }
}
