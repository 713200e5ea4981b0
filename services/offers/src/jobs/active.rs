//! Keeping the catalogue and the policy in force up to date with what other processes publish.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::every;
use crate::usecase::active::Active;
use crate::usecase::budgets::WatchedBudgets;

/// Looks for newer versions until the process stops.
pub async fn poll_active(
    active: Active,
    budgets: WatchedBudgets,
    period: Duration,
    stop: CancellationToken,
) {
    let mut ticks = every(period);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = budgets.refresh().await {
            tracing::warn!(%error, "budgets could not be looked at; each offer is checked all the same");
        }
        if let Err(error) = active.refresh().await {
            tracing::warn!(%error, "the catalogue could not be looked at; the last one stays in force");
        }
    }
}
