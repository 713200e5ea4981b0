//! Scores the whole portfolio, range by range, beside other workers and processes.

use std::sync::Arc;

use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::UseCases;
use super::knowledge::Loaded;
use crate::domain::portfolio::scored_customer;
use crate::store::{RangeWork, Scorer, ScoringRun, VersionsInUse};

impl UseCases {
    /// Begins to score the whole portfolio when it is due: other rules or another model are in use
    /// than at the last time, or that was long ago.
    pub async fn start_due_scoring(&self) -> Result<(), Refusal> {
        let latest = self.latest_scoring().await?;
        let versions = self.knowledge.current()?.versions();
        let interval = self.limits.scoring_interval;
        if is_due(latest.as_ref(), versions, self.now(), interval) {
            self.begin_scoring().await?;
        }
        Ok(())
    }

    /// Reads the latest run, and ends it early when other rules or another model than the run's are
    /// in use meanwhile: nobody can go on with it.
    pub(super) async fn latest_scoring(&self) -> Result<Option<ScoringRun>, Refusal> {
        let Some(mut latest) = self.store.scoring_run(None).await? else {
            return Ok(None);
        };
        if latest.versions == self.knowledge.current()?.versions() {
            return Ok(Some(latest));
        }
        // Somebody else may have seen newer ones first. What is in use is read after the run was,
        // so that whatever differs now has changed since the run began.
        self.knowledge.refresh().await?;
        let is_over = latest.versions != self.knowledge.current()?.versions();
        if is_over && latest.end_time.is_none() {
            let now = self.now();
            self.store.abandon_scoring(latest.number, now).await?;
            latest.end_time = Some(now);
        }
        Ok(Some(latest))
    }

    pub(super) async fn begin_scoring(&self) -> Result<bool, Refusal> {
        let versions = self.knowledge.current()?.versions();
        let size = self.limits.scoring_range_size;
        Ok(self.store.start_scoring(versions, size, self.now()).await?)
    }

    /// Scores ranges until none is left for this worker, then ends the run if all are done.
    pub async fn score_ranges(&self, stop: &CancellationToken) -> Result<(), Refusal> {
        while !stop.is_cancelled() {
            let as_of = self.now();
            let knowledge = self.knowledge.current()?;
            let work = RangeWork {
                versions: knowledge.versions(),
                score: scorer(knowledge, as_of),
                as_of,
            };
            if !self.store.score_next_range(&work).await? {
                self.store.end_scoring(as_of).await?;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Makes what scores customers as of a time.
    pub(super) fn scorer(&self, as_of: Timestamp) -> Result<Scorer, Refusal> {
        Ok(scorer(self.knowledge.current()?, as_of))
    }
}

/// Scores by the same computation that answers questions for a status.
fn scorer(knowledge: Arc<Loaded>, as_of: Timestamp) -> Scorer {
    Arc::new(move |customers| {
        scored_customer::score_all(customers, knowledge.lend(), &knowledge.care_plan, as_of)
    })
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
