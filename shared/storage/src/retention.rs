//! Forgetting requests whose retries cannot come any more, so that the log stays bounded.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::error::StoreError;
use crate::postgres::Postgres;
use crate::request_log;

/// How many requests one statement forgets at most.
const BATCH: u16 = 1_000;

/// How long requests are remembered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RetentionSettings {
    /// A retry that comes later than this is a new request, in hours.
    pub requests_hours: u32,
    /// How often old requests are looked for, in milliseconds.
    pub period_ms: u32,
}

impl Default for RetentionSettings {
    fn default() -> Self {
        Self {
            requests_hours: 30 * 24,
            period_ms: 60_000,
        }
    }
}

/// Forgets old requests, again and again, until `stop`.
pub async fn forget_requests(
    postgres: Postgres,
    settings: RetentionSettings,
    stop: CancellationToken,
) {
    let period = Duration::from_millis(u64::from(settings.period_ms.max(1)));
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = forget(&postgres, &settings, &stop).await {
            tracing::warn!(%error, "old requests could not be forgotten");
        }
    }
}

/// In small statements, so that nobody waits for their locks.
async fn forget(
    postgres: &Postgres,
    settings: &RetentionSettings,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let seconds = i64::from(settings.requests_hours) * 3_600;
    let mut forgotten = u64::from(BATCH);
    while forgotten == u64::from(BATCH) && !stop.is_cancelled() {
        forgotten = postgres
            .background(&seconds, |seconds, connection| {
                Box::pin(request_log::prune(connection, *seconds, i64::from(BATCH)))
            })
            .await?;
    }
    Ok(())
}
