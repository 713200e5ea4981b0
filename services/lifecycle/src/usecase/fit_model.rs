//! Fits a model on what was taken over, and stores it as a candidate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::refusal::Refusal;
use kernel::time::Deadline;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::UseCases;
use super::pace::Pace;
use crate::domain::model::basis::Basis;
use crate::domain::model::fit_refusal::FitRefusal;
use crate::domain::model::{Artifact, Candidate, ModelKind, ModelSummary};
use crate::domain::propensity::models::PropensityModels;
use crate::domain::purchase::model::PurchaseFamily;
use crate::domain::tenure::life_table_fit::TooLittle;
use crate::domain::tenure::life_tables::TableSet;
use crate::store::{NewModel, RequestKey};

/// How long storing the model is waited for.
pub(super) const STORE_LIMIT: Duration = Duration::from_secs(30);
/// How much is done when everything is read, and the search for parameters begins.
const GATHERED: f64 = 0.8;
/// The same, of an import, and the judging of the model begins.
pub(super) const EVALUATED_FROM: f64 = GATHERED;
/// How much is done when only storing is left.
pub(super) const FITTED: f64 = 0.9;

/// Which model to fit; checked already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FitModel {
    /// What it is about.
    pub kind: ModelKind,
    /// The family of a purchase model.
    pub family: PurchaseFamily,
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
    /// How many iterations or rounds its search has taken so far.
    pub iteration: u32,
}

/// Where a fit tells how far it is.
#[derive(Clone, Debug)]
pub struct Steps(mpsc::Sender<FitStep>);

impl Steps {
    /// Tells steps to a listener.
    pub const fn to(listener: mpsc::Sender<FitStep>) -> Self {
        Self(listener)
    }

    /// Tells a step: who has left or reads too slowly must not hold up the fit.
    pub(super) fn tell(&self, step: &'static str, progress: f64) {
        self.send(step, progress, "", 0);
    }

    /// Returns what tells of which group the parameters are sought, and how far the search is.
    fn search_teller(&self) -> impl FnMut(&str, u32) + Send + 'static {
        let (steps, mut pace) = (self.clone(), Pace::default());
        move |group, iteration| {
            if pace.is_due(group, Instant::now()) {
                steps.send("fitting", GATHERED, group, iteration);
            }
        }
    }

    /// Tells how much of what there is has been read, between a tenth and [`GATHERED`].
    #[expect(
        clippy::cast_precision_loss,
        reason = "a progress needs no more digits"
    )]
    pub(super) fn tell_count(&self, done: u64, total: u64) {
        let share = done as f64 / total.max(1) as f64;
        self.tell("counting", 0.1 + (GATHERED - 0.1) * share.min(1.0));
    }

    fn send(&self, step: &'static str, progress: f64, group: &str, iteration: u32) {
        let _ = self.0.try_send(FitStep {
            step,
            progress,
            group: group.to_owned(),
            iteration,
        });
    }
}

impl UseCases {
    /// Fits and stores a model, unless another fit is under way. Whoever listens to the steps may
    /// leave; the fit goes on.
    pub async fn fit_model(
        &self,
        wanted: FitModel,
        steps: &Steps,
    ) -> Result<ModelSummary, Refusal> {
        let Some(lock) = self.store.lock_fit().await? else {
            return Err(under_way());
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
        steps.tell("catching_up", 0.0);
        let mut basis = self.catch_up().await?;
        let mut candidate = match wanted.kind {
            ModelKind::LifeTable => self.fit_life_tables(steps).await?,
            ModelKind::Purchase => self.fit_purchases(wanted.family, steps, &mut basis).await?,
            ModelKind::Retention => self.fit_retention(steps).await?,
            ModelKind::Propensity => self.fit_propensity(steps, &mut basis).await?,
        };
        basis.tell(&mut candidate);
        steps.tell("storing", FITTED);
        let model = NewModel {
            candidate,
            fit_time: self.now(),
            activate_if_better: wanted.activate_if_better,
            request,
            file: None,
        };
        let deadline = Deadline::within(STORE_LIMIT);
        let summary = self.store.save_model(deadline, model).await?;
        self.knowledge.refresh().await?;
        Ok(summary)
    }

    async fn fit_life_tables(&self, steps: &Steps) -> Result<Candidate, Refusal> {
        let tally = self.count(steps).await?;
        steps.tell("fitting", GATHERED);
        let fitted = tally.finish().map_err(|error| too_little(&error))?;
        Ok(Candidate {
            artifact: Artifact::LifeTable(TableSet::new(fitted.tables)),
            sample_size: fitted.sample_size,
            event_count: fitted.event_count,
            evaluation: None,
        })
    }

    async fn fit_purchases(
        &self,
        family: PurchaseFamily,
        steps: &Steps,
        basis: &mut Basis,
    ) -> Result<Candidate, Refusal> {
        let mut sample = self.gather_purchases(steps, basis).await?;
        if let Some((version, Artifact::Purchase(set))) = self.in_use(ModelKind::Purchase).await? {
            sample.compare_with(version, *set);
        }
        let tell = steps.search_teller();
        search(move || sample.fit(family, tell)).await
    }

    async fn fit_retention(&self, steps: &Steps) -> Result<Candidate, Refusal> {
        let mut sample = self.gather_tenures(steps).await?;
        if let Some((version, Artifact::Retention(set))) = self.in_use(ModelKind::Retention).await?
        {
            sample.compare_with(version, set);
        }
        let tell = steps.search_teller();
        search(move || sample.fit(tell)).await
    }

    async fn fit_propensity(&self, steps: &Steps, basis: &mut Basis) -> Result<Candidate, Refusal> {
        let mut sample = self.gather_labelled(steps, basis).await?;
        sample.compare_with(self.propensity_in_use().await?);
        let tell = steps.search_teller();
        search(move || sample.fit(tell)).await
    }
}

impl UseCases {
    /// Returns the propensity models in use, with what a foreign one needs to be asked.
    pub(super) async fn propensity_in_use(&self) -> Result<Option<Arc<PropensityModels>>, Refusal> {
        self.knowledge.refresh().await?;
        Ok(self.knowledge.current()?.models.propensity.clone())
    }

    /// Reads the version in use of a kind; one that cannot be read back is no rival.
    async fn in_use(&self, kind: ModelKind) -> Result<Option<(u64, Artifact)>, Refusal> {
        let deadline = Deadline::within(STORE_LIMIT);
        let Some(version) = self.store.version_in_use(deadline, kind).await? else {
            return Ok(None);
        };
        let found = self.store.load_model(version).await?;
        Ok(found.and_then(|found| Some((version, found.artifact?))))
    }
}

/// Searches for parameters, aside from the calls being served.
async fn search(
    fit: impl FnOnce() -> Result<Candidate, FitRefusal> + Send + 'static,
) -> Result<Candidate, Refusal> {
    let fitted = spawn_blocking(fit).await.map_err(Refusal::internal)?;
    fitted.map_err(|refusal| refused(&refusal))
}

/// Refuses a fit or an import beside another one.
pub(super) fn under_way() -> Refusal {
    Refusal::refused("FIT_UNDER_WAY", "another fit is under way: wait for it")
}

fn too_little(error: &TooLittle) -> Refusal {
    let message = format!("{error}: import more customers first; the model in use stays");
    Refusal::refused("TOO_LITTLE_DATA", message).with("sample_size", error.sample_size)
}

/// Says what to do about a fit that has no result.
pub(super) fn refused(refusal: &FitRefusal) -> Refusal {
    let stays = "the model in use stays";
    match refusal {
        FitRefusal::TooLittle {
            group, sample_size, ..
        } => {
            let wanted = if *sample_size == 0 {
                "nobody here is of the kind it learns from: retention and propensity learn from \
                 contracts, purchase models from purchases; a line that was named may be misspelt"
            } else {
                "import more customers first"
            };
            let message = format!("{refusal}: {wanted}; {stays}");
            Refusal::refused("TOO_LITTLE_DATA", message)
                .with("group", group)
                .with("sample_size", sample_size)
        }
        FitRefusal::NotFittable { group, cause, .. } => {
            let message = format!("{refusal}: look at the data of this group; {stays}");
            Refusal::refused("SAMPLE_NOT_FITTABLE", message)
                .with("group", group)
                .with("cause", cause)
        }
        FitRefusal::NotConverged { group, cause, .. } => {
            let message = format!("{refusal}: try another family or more data; {stays}");
            Refusal::refused("FIT_NOT_CONVERGED", message)
                .with("group", group)
                .with("cause", cause)
        }
        FitRefusal::NotBelievable {
            customer_id, field, ..
        } => {
            let message = format!("{refusal}: mend it where it comes from; {stays}");
            Refusal::refused("SAMPLE_NOT_BELIEVABLE", message)
                .with("customer_id", customer_id)
                .with("field", field)
        }
    }
}
