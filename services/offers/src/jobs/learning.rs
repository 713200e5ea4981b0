//! Learning from what became of calls, once a day.

use std::error::Error;
use std::time::Duration;

use kernel::time::Deadline;
use tokio_util::sync::CancellationToken;

use super::every;
use crate::domain::learned_drift::Drift;
use crate::usecase::learn::{Learn, Learnt};
use crate::usecase::read_learned::ReadLearned;

/// The longest that looking for drift may take.
const AT_MOST: Duration = Duration::from_secs(30);

/// Looks whether a version of today is due until the process stops. What goes wrong is told when it
/// begins to, and not at each look.
pub async fn learn(
    learn: Learn,
    read_learned: ReadLearned,
    period: Duration,
    stop: CancellationToken,
) {
    let mut ticks = every(period);
    let mut trouble = None;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match stop.run_until_cancelled(learn.look()).await {
            None => break,
            Some(Ok(learnt)) => {
                trouble = None;
                told(learnt);
                if let Learnt::Made { version, .. } = learnt {
                    stop.run_until_cancelled(tell_drift(&read_learned, version))
                        .await;
                }
            }
            Some(Err(refusal)) if trouble == Some(refusal.reason) => {}
            Some(Err(refusal)) => {
                let reason = refusal.reason;
                let cause = refusal.source().map(ToString::to_string);
                tracing::warn!(
                    reason,
                    cause,
                    "nothing could be learnt; the version in use stays, and it is tried again"
                );
                trouble = Some(reason);
            }
        }
    }
}

fn told(learnt: Learnt) {
    match learnt {
        Learnt::Made { version, calls } => {
            tracing::info!(
                learned.version = version,
                learned.calls = calls,
                "learnt from what became of calls"
            );
        }
        Learnt::TooFew(calls) => {
            tracing::debug!(learned.calls = calls, "too few calls to learn from");
        }
        Learnt::NotDue | Learnt::Elsewhere => {}
    }
}

/// Tells of each stage of an offer that lately did otherwise than was believed: the draws adapt by
/// themselves, and whoever answers for the offer should know why.
async fn tell_drift(read_learned: &ReadLearned, version: u64) {
    let told = read_learned.handle(Some(version), Deadline::within(AT_MOST));
    let lately = match told.await {
        Ok(told) => told.and_then(|told| told.lately),
        Err(refusal) => {
            let reason = refusal.reason;
            tracing::warn!(reason, "whether offers do as believed could not be told");
            None
        }
    };
    for drift in lately.iter().flat_map(|lately| &lately.drifts) {
        warn_of(drift, version);
    }
}

fn warn_of(drift: &Drift, version: u64) {
    tracing::warn!(
        learned.version = version,
        learned.arm = drift.arm,
        learned.stage = ?drift.stage,
        learned.calls = drift.seen.calls,
        learned.successes = drift.seen.successes,
        learned.expected_low = drift.expected_low,
        learned.expected_high = drift.expected_high,
        "an offer lately did otherwise than was believed: see `rekindle review learned`"
    );
}
