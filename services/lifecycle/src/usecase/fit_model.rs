//! Fits a model on what was taken over, and stores it as a candidate.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use tokio::sync::mpsc;

use super::UseCases;
use crate::domain::fit::{Tally, TooLittle};
use crate::domain::life_tables::TableSet;
use crate::domain::model::{Artifact, Candidate, ModelKind, ModelSummary};
use crate::store::{NewModel, PageKey, RequestKey};

/// How long storing the model is waited for.
const STORE_LIMIT: Duration = Duration::from_secs(30);

/// Which model to fit; checked already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitModel {
    /// What it is about.
    pub kind: ModelKind,
    /// Put it in use, unless the one in use evaluates better.
    pub activate_if_better: bool,
    /// The request id with the encoded request, when it may be retried.
    pub request: Option<(String, Vec<u8>)>,
}

/// One step of a fit.
#[derive(Clone, Debug, PartialEq)]
pub struct FitStep {
    /// What is being done.
    pub step: &'static str,
    /// How much is done, 0 to 1.
    pub progress: f64,
    /// The group whose parameters are sought; empty in other steps.
    pub group: String,
    /// How many iterations its search took; zero before it is over.
    pub iteration: u32,
}

/// Where a fit tells how far it is.
type Steps = mpsc::Sender<FitStep>;

impl UseCases {
    /// Fits and stores a model, unless another fit is under way. Whoever listens to the steps may
    /// leave; the fit goes on.
    pub async fn fit_model(
        &self,
        wanted: FitModel,
        steps: &Steps,
    ) -> Result<ModelSummary, Refusal> {
        let Some(lock) = self.store.lock_fit().await? else {
            return Err(Refusal::refused(
                "FIT_UNDER_WAY",
                "another fit is under way: wait for it",
            ));
        };
        let fitted = self.fit_once(wanted, steps).await;
        lock.release().await;
        fitted
    }

    /// Fits, unless the same request has been carried out before.
    async fn fit_once(&self, wanted: FitModel, steps: &Steps) -> Result<ModelSummary, Refusal> {
        let request = wanted.request.map(|(request_id, encoded)| RequestKey {
            request_id,
            encoded,
        });
        if let Some(request) = &request {
            let deadline = Deadline::within(STORE_LIMIT);
            let known = self.store.model_of_request(deadline, request).await?;
            if let Some(known) = known {
                return Ok(known);
            }
        }
        tell(steps, "catching_up", 0.0);
        self.catch_up().await?;
        let candidate = self.fit_kind(wanted.kind, steps).await?;
        tell(steps, "storing", 0.9);
        let model = NewModel {
            candidate,
            fit_time: self.now(),
            activate_if_better: wanted.activate_if_better,
            request,
        };
        let deadline = Deadline::within(STORE_LIMIT);
        let summary = self.store.save_model(deadline, model).await?;
        self.knowledge.refresh().await?;
        Ok(summary)
    }

    async fn fit_kind(&self, kind: ModelKind, steps: &Steps) -> Result<Candidate, Refusal> {
        match kind {
            ModelKind::LifeTable => self.fit_life_tables(steps).await,
            ModelKind::Purchase | ModelKind::Retention | ModelKind::Propensity => {
                Err(Refusal::refused("TOO_LITTLE_DATA", "not fitted yet"))
            }
        }
    }

    async fn fit_life_tables(&self, steps: &Steps) -> Result<Candidate, Refusal> {
        let tally = self.count(steps).await?;
        tell(steps, "fitting", 0.8);
        let fitted = tally.finish().map_err(|error| too_little(&error))?;
        Ok(Candidate {
            artifact: Artifact::LifeTable(TableSet::new(fitted.tables)),
            sample_size: fitted.sample_size,
            event_count: fitted.event_count,
            evaluation: None,
        })
    }

    async fn count(&self, steps: &Steps) -> Result<Tally, Refusal> {
        let ends = self.store.observation_ends().await?;
        let total = self.store.observation_count().await?;
        let mut counting = Counting {
            tally: Tally::default(),
            ends,
            total,
            done: 0,
        };
        tell(steps, "counting", counting.progress());
        let mut after = Some(PageKey::default());
        while let Some(key) = after {
            let (exposures, next) = self.store.exposures(&key).await?;
            for exposure in exposures {
                if let Some(end) = counting.end_of(&exposure.business_line) {
                    counting.tally.add_exposure(&exposure, end);
                }
            }
            tell(steps, "counting", counting.progress());
            after = next;
        }
        let mut after = Some(PageKey::default());
        while let Some(key) = after {
            let (histories, next) = self.store.histories(&key).await?;
            for history in histories {
                if let Some(end) = counting.end_of(&history.business_line) {
                    counting.tally.add_history(&history, end);
                }
            }
            tell(steps, "counting", counting.progress());
            after = next;
        }
        Ok(counting.tally)
    }
}

/// A count under way.
struct Counting {
    tally: Tally,
    ends: BTreeMap<String, Timestamp>,
    total: u64,
    done: u64,
}

impl Counting {
    /// Counts one row, and returns when the observation of its line ends. A line that came up since
    /// the ends were read is left to the next fit.
    fn end_of(&mut self, business_line: &str) -> Option<Timestamp> {
        self.done += 1;
        self.ends.get(business_line).copied()
    }

    /// Between a tenth and four fifths.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a progress needs no more digits"
    )]
    fn progress(&self) -> f64 {
        let share = self.done as f64 / self.total.max(1) as f64;
        0.1 + 0.7 * share.min(1.0)
    }
}

/// Tells a step to whoever listens: who has left or reads too slowly must not hold up the fit.
fn tell(steps: &Steps, step: &'static str, progress: f64) {
    let _ = steps.try_send(FitStep {
        step,
        progress,
        group: String::new(),
        iteration: 0,
    });
}

fn too_little(error: &TooLittle) -> Refusal {
    let message = format!("{error}: import more customers first; the model in use stays");
    Refusal::refused("TOO_LITTLE_DATA", message).with("sample_size", error.sample_size)
}
