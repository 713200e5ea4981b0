//! Scores the portfolio when it is due, and helps with whatever run goes on.

use std::time::Duration;

use kernel::refusal::Refusal;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::usecase::UseCases;

/// Works until the process stops. What fails is tried again at the next look.
pub async fn score(use_cases: UseCases, every: Duration, stop: CancellationToken) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = use_cases.asked_to_score() => {}
            _ = ticks.tick() => {}
        }
        if let Err(refusal) = score_once(&use_cases, &stop).await {
            let reason = refusal.reason;
            tracing::warn!(reason, "the portfolio cannot be scored: {reason}");
        }
    }
}

async fn score_once(use_cases: &UseCases, stop: &CancellationToken) -> Result<(), Refusal> {
    use_cases.start_due_scoring().await?;
    use_cases.score_ranges(stop).await
}
