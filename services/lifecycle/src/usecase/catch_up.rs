//! Lets a fit see everything that was written before it began.

use std::time::Duration;

use futures::StreamExt;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use tokio::time::timeout;

use super::UseCases;
use super::ports::Changes;

impl UseCases {
    /// Takes over the changes that the follower has not reached yet, from where it stands up to the
    /// feed's present end. The follower's cursor stays with the follower, which may run in another
    /// process or not at all.
    pub(super) async fn catch_up(&self) -> Result<(), Refusal> {
        let limit = self.limits.catch_up;
        timeout(limit, self.take_over_the_rest())
            .await
            .unwrap_or_else(|_| Err(too_far_behind(limit)))
    }

    async fn take_over_the_rest(&self) -> Result<(), Refusal> {
        let began = self.now();
        let position = self.store.feed_position().await?;
        let mut stream = self.profiles.watch(position).await?;
        while let Some(run) = stream.next().await.transpose()? {
            self.take_over(&run.changes, None).await?;
            if reaches(&run, began) {
                return Ok(());
            }
        }
        Err(Refusal::unavailable(
            "PROFILES_UNAVAILABLE",
            "the feed of changes ended before its present position: try again",
            Duration::from_secs(1),
        ))
    }
}

/// Tells whether a run reaches a time: nothing is left behind it, or it holds a change made since.
/// The latter is what ends the wait while customers change without pause.
fn reaches(run: &Changes, began: Timestamp) -> bool {
    let is_since = |time: Timestamp| time > began;
    let made_since = run
        .changes
        .iter()
        .any(|change| change.change_time.is_some_and(is_since));
    run.lag_seconds <= 0.0 || made_since
}

fn too_far_behind(limit: Duration) -> Refusal {
    let message = format!(
        "the changes made before the fit were not all read within {} s: try again",
        limit.as_secs()
    );
    Refusal::unavailable("PROFILES_UNAVAILABLE", message, Duration::from_secs(5))
}
