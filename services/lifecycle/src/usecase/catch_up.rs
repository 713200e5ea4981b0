//! Lets a fit see everything that was written before it began, or say how old what it sees is.

use std::time::Duration;

use futures::StreamExt;
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use tokio::time::timeout;

use super::UseCases;
use super::ports::Changes;
use crate::domain::model::basis::Basis;
use crate::store::Freshness;

/// Why profiles could not be asked.
const UNAVAILABLE: &str = "PROFILES_UNAVAILABLE";

const SECONDS_PER_HOUR: f64 = 3_600.0;

impl UseCases {
    /// Takes over the changes that the follower has not reached yet, from where it stands up to the
    /// feed's present end. The follower's cursor stays with the follower, which may run in another
    /// process or not at all. While profiles does not answer, a fit rests on what was taken over
    /// before, if there is anything; while it answers and there is no end to its changes, on nothing.
    pub(super) async fn catch_up(&self) -> Result<Basis, Refusal> {
        let refusal = match self.try_to_catch_up().await {
            Ok(()) => return self.basis(true).await,
            Err(CatchUp::Behind(refusal)) => return Err(refusal),
            Err(CatchUp::Silent(refusal)) => refusal,
        };
        if self.store.observed_customer_count().await? == 0 {
            return Err(refusal);
        }
        tracing::warn!(
            reason = refusal.reason,
            "a fit rests on what was taken over before"
        );
        self.basis(false).await
    }

    async fn basis(&self, is_caught_up: bool) -> Result<Basis, Refusal> {
        let Freshness {
            set_aside_count,
            seconds_since_advance,
        } = self.store.freshness().await?;
        Ok(Basis {
            is_caught_up,
            age_hours: seconds_since_advance.map(|seconds| seconds / SECONDS_PER_HOUR),
            left_out: set_aside_count,
        })
    }

    async fn try_to_catch_up(&self) -> Result<(), CatchUp> {
        let limit = self.limits.catch_up;
        let mut has_answered = false;
        let caught_up = timeout(limit, self.take_over_the_rest(&mut has_answered)).await;
        match caught_up {
            Ok(Ok(())) => Ok(()),
            Ok(Err(refusal)) if refusal.reason == UNAVAILABLE => Err(CatchUp::Silent(refusal)),
            Ok(Err(refusal)) => Err(CatchUp::Behind(refusal)),
            Err(_) if has_answered => Err(CatchUp::Behind(too_far_behind(limit))),
            Err(_) => Err(CatchUp::Silent(too_far_behind(limit))),
        }
    }

    async fn take_over_the_rest(&self, has_answered: &mut bool) -> Result<(), Refusal> {
        let began = self.now();
        let position = self.store.feed_position().await?;
        let mut stream = self.profiles.watch(position).await?;
        while let Some(run) = stream.next().await.transpose()? {
            *has_answered = true;
            self.take_over(&run.changes, None).await?;
            if reaches(&run, began) {
                return Ok(());
            }
        }
        Err(Refusal::unavailable(
            UNAVAILABLE,
            "the feed of changes ended before its present position: try again",
            Duration::from_secs(1),
        ))
    }
}

/// Why not everything was taken over.
enum CatchUp {
    /// Profiles does not answer.
    Silent(Refusal),
    /// It does, and there is more to take over than time, or something else is wrong.
    Behind(Refusal),
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
    Refusal::unavailable(UNAVAILABLE, message, Duration::from_secs(5))
}
