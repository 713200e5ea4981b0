//! Hearing of rules and models that were put in use, so that what was computed with older ones is
//! not believed any more.

use std::sync::Arc;
use std::time::Duration;

use kernel::time::Deadline;
use tokio_util::sync::CancellationToken;

use super::every;
use crate::usecase::latest::Latest;
use crate::usecase::ports::Lifecycle;

/// How long an answer may take.
const ASK_AT_MOST: Duration = Duration::from_secs(1);

/// Asks lifecycle until the process stops. While it does not answer, what was heard last holds: who
/// is in the cache then is better than nobody.
pub async fn hear_of_the_latest(
    lifecycle: Arc<dyn Lifecycle>,
    latest: Latest,
    period: Duration,
    stop: CancellationToken,
) {
    let mut ticks = every(period);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match lifecycle.in_use(Deadline::within(ASK_AT_MOST)).await {
            Ok(in_use) => latest.heard(in_use),
            Err(error) => tracing::debug!(%error, "lifecycle does not say what is in use"),
        }
    }
}
