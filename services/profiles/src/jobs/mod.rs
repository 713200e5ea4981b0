//! Timers that call use cases.

use std::time::Duration;

use kernel::time::Deadline;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::store::Store;
use crate::usecase::Profiles;

/// How many answers of before are read at once.
const ANSWERS: i64 = 500;

/// How long one customer may take.
const DEADLINE: Duration = Duration::from_secs(10);

/// Notes ends that have come, every `period`, until `stop`. A failure is logged and tried again.
pub(crate) async fn settle_ends(profiles: Profiles, period: Duration, stop: CancellationToken) {
    let mut ticker = interval(period);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticker.tick()).await.is_some() {
        while !stop.is_cancelled() {
            match profiles.settle_due_ends(Deadline::within(DEADLINE)).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(refusal) => {
                    let reason = refusal.reason;
                    tracing::warn!(reason, "ends that have come cannot be noted now: {reason}");
                    break;
                }
            }
        }
    }
}

/// Finds out whom answers of before name, every `period`, until `stop`. A failure is logged and tried
/// again.
pub(crate) async fn read_answers(store: Store, period: Duration, stop: CancellationToken) {
    let mut ticker = interval(period);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticker.tick()).await.is_some() {
        while !stop.is_cancelled() {
            match store.read_answers(ANSWERS).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "answers of before cannot be read now");
                    break;
                }
            }
        }
    }
}
