//! Follows the feed of changes, again and again.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::usecase::{Followed, UseCases};

/// Follows until the process stops. Where it cannot, it tries again after a pause.
pub async fn follow(use_cases: UseCases, holder: String, pause: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match use_cases.follow_changes(&holder, &stop).await {
            Ok(Followed::Stopped) => return,
            Ok(Followed::StreamEnded) => tracing::debug!("the feed of changes begins anew"),
            Ok(Followed::NotOurs) => wait(pause, &stop).await,
            Err(refusal) => {
                let reason = refusal.reason;
                tracing::warn!(reason, "the feed of changes cannot be followed: {reason}");
                wait(pause, &stop).await;
            }
        }
    }
}

/// Waits, but not beyond the end of the process.
async fn wait(pause: Duration, stop: &CancellationToken) {
    let _ = timeout(pause, stop.cancelled()).await;
}
