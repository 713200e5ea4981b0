//! Learning from what became of calls, once a day.

use std::error::Error;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::every;
use crate::usecase::learn::{Learn, Learnt};

/// Looks whether a version of today is due until the process stops. What goes wrong is told when it
/// begins to, and not at each look.
pub async fn learn(learn: Learn, period: Duration, stop: CancellationToken) {
    let mut ticks = every(period);
    let mut trouble = None;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        match stop.run_until_cancelled(learn.look()).await {
            None => break,
            Some(Ok(learnt)) => {
                trouble = None;
                told(learnt);
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
