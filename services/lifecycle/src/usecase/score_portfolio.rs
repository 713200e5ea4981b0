//! Scores the whole portfolio, range by range, beside other workers and processes.

use std::sync::Arc;

use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::UseCases;
use crate::domain::scored_customer;
use crate::store::{RangeWork, Scorer, ScoringRun, VersionsInUse};

impl UseCases {
    /// Begins to score the whole portfolio when it is due: other rules or another model are in use
    /// than at the last time, or that was long ago.
    pub async fn start_due_scoring(&self) -> Result<(), Refusal> {
        let latest = self.store.scoring_run(None).await?;
        let versions = self.knowledge.current()?.versions();
        if is_due(
            latest.as_ref(),
            versions,
            self.now(),
            self.limits.scoring_interval,
        ) {
            self.begin_scoring(versions).await?;
        }
        Ok(())
    }

    pub(super) async fn begin_scoring(&self, versions: VersionsInUse) -> Result<bool, Refusal> {
        let size = self.limits.scoring_range_size;
        Ok(self.store.start_scoring(versions, size, self.now()).await?)
    }

    /// Scores ranges until none is left for this worker, then ends the run if all are done.
    pub async fn score_ranges(&self, stop: &CancellationToken) -> Result<(), Refusal> {
        while !stop.is_cancelled() {
            let as_of = self.now();
            let work = RangeWork {
                score: self.scorer(as_of)?,
                versions: self.knowledge.current()?.versions(),
                as_of,
            };
            if !self.store.score_next_range(&work).await? {
                self.store.end_scoring(as_of).await?;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Makes what scores customers, by the same computation that answers questions for a status.
    pub(super) fn scorer(&self, as_of: Timestamp) -> Result<Scorer, Refusal> {
        let knowledge = self.knowledge.current()?;
        Ok(Arc::new(move |facts, memory| {
            scored_customer::score(facts, knowledge.lend(), memory, as_of)
        }))
    }
}

fn is_due(
    latest: Option<&ScoringRun>,
    versions: VersionsInUse,
    now: Timestamp,
    interval: std::time::Duration,
) -> bool {
    let Some(latest) = latest else { return true };
    if latest.end_time.is_none() {
        return false;
    }
    let is_old = now.duration_since(latest.start_time).unsigned_abs() >= interval;
    latest.versions != versions || is_old
}
