//! Looking at what became of calls, whenever something is due.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::every;
use crate::usecase::measure_outcomes::MeasureOutcomes;

/// How many rounds one tick does at most.
const ROUNDS: u32 = 50;

/// Looks at what is due, again and again, until the process stops.
pub async fn measure_outcomes(measure: MeasureOutcomes, period: Duration, stop: CancellationToken) {
    let mut ticks = every(period);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        for _ in 0..ROUNDS {
            match stop.run_until_cancelled(measure.look()).await {
                Some(Ok(true)) => {}
                Some(Ok(false)) | None => break,
                Some(Err(refusal)) => {
                    let reason = refusal.reason;
                    tracing::warn!(reason, "what became of calls is looked at later");
                    break;
                }
            }
        }
    }
}
