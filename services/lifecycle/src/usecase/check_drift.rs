//! Compares a model with what came since its fit.

use std::sync::Arc;

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::UseCases;
use super::gather::{lines_bought_from, not_believable};
use super::knowledge::ready;
use super::models::{WhichModel, corrupt};
use crate::domain::facts::CustomerFacts;
use crate::domain::model::drift::{CalibrationDrift, Drift, InputDrift};
use crate::domain::model::fit_refusal::FitRefusal;
use crate::domain::model::{Artifact, StoredModel};
use crate::domain::propensity::drift::PropensityDrift;
use crate::domain::propensity::models::PropensityModels;
use crate::domain::purchase::buyer::Buyer;
use crate::domain::purchase::drift::PurchaseDrift;
use crate::domain::purchase::model::PurchaseSet;
use crate::domain::tenure::drift::TenureDrift;
use crate::store::PageKey;

/// About how many customers' facts are looked at; of more, one in so many.
const LOOKED_AT: u64 = 20_000;

type Moved = (Vec<InputDrift>, Vec<CalibrationDrift>);

impl UseCases {
    /// Measures the drift of a model.
    pub async fn check_drift(
        &self,
        deadline: Deadline,
        which: WhichModel,
    ) -> Result<Drift, Refusal> {
        let StoredModel { summary, artifact } = self.stored_model(deadline, which).await?;
        let (inputs, calibrations) = match artifact {
            None => return Err(corrupt(summary.version)),
            Some(Artifact::LifeTable(tables)) => {
                self.drift_of_tenures(TenureDrift::of_tables(tables.tables()))
                    .await?
            }
            Some(Artifact::Retention(set)) => {
                self.drift_of_tenures(TenureDrift::of_curves(&set)).await?
            }
            Some(Artifact::Purchase(set)) => self.drift_of_purchases(*set).await?,
            Some(artifact @ (Artifact::Propensity(_) | Artifact::ForeignPropensity(_))) => {
                let ready = ready(&self.store, summary.version, artifact).await?;
                let models = ready.and_then(|models| models.propensity);
                let models = models.ok_or_else(|| corrupt(summary.version))?;
                self.drift_of_propensity(Arc::unwrap_or_clone(models))
                    .await?
            }
        };
        Ok(Drift {
            summary,
            inputs,
            calibrations,
        })
    }

    async fn drift_of_tenures(&self, mut drift: TenureDrift) -> Result<Moved, Refusal> {
        let ends = self.store.observation_ends().await?;
        let mut after = Some(PageKey::default());
        while let Some(key) = after {
            let (exposures, next) = self.store.exposures(&key).await?;
            for exposure in exposures {
                if let Some(end) = ends.get(&exposure.business_line) {
                    drift.add(&exposure, *end);
                }
            }
            after = next;
        }
        Ok(drift.finish())
    }

    async fn drift_of_purchases(&self, set: PurchaseSet) -> Result<Moved, Refusal> {
        let spans = self.line_spans().await?;
        let mut drift = PurchaseDrift::of(set);
        self.some_customers(|facts| {
            let refuse = |refusal| not_believable(facts, &refusal);
            let Some(buyer) = Buyer::of(facts).map_err(refuse)? else {
                return Ok(());
            };
            for line in lines_bought_from(facts) {
                if let Some(span) = spans.get(line) {
                    drift.add(line, span.last_day, &buyer).map_err(refuse)?;
                }
            }
            Ok(())
        })
        .await?;
        Ok(drift.finish())
    }

    async fn drift_of_propensity(&self, models: PropensityModels) -> Result<Moved, Refusal> {
        let ends = self.store.observation_ends().await?;
        let mut drift = PropensityDrift::of(models);
        self.some_customers(|facts| {
            drift.add(facts, &ends);
            Ok(())
        })
        .await?;
        // Here the models are asked, aside from the calls being served.
        self.in_place(move || drift.finish()).await
    }

    /// Shows the facts of about [`LOOKED_AT`] customers, always the same ones.
    async fn some_customers(
        &self,
        show: impl FnMut(&CustomerFacts) -> Result<(), FitRefusal>,
    ) -> Result<(), Refusal> {
        let total = self.store.observed_customer_count().await?;
        let one_in = total.div_ceil(LOOKED_AT);
        self.show_customers(one_in, |_| {}, show).await?;
        Ok(())
    }
}
