//! Looks whether other rules or another model are in use, published by another process.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::usecase::Knowledge;

/// Refreshes until the process stops. What is in memory stays while Postgres does not answer.
pub async fn refresh(knowledge: Arc<Knowledge>, every: Duration, stop: CancellationToken) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = knowledge.refresh().await {
            tracing::warn!(error = %error, "the versions in use cannot be read: {error}");
        }
    }
}
