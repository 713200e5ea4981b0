//! Compares a model with what came since its fit.

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::UseCases;
use super::models::WhichModel;
use crate::domain::drift::Drift;

impl UseCases {
    /// Measures the drift of a model.
    pub async fn check_drift(
        &self,
        deadline: Deadline,
        which: WhichModel,
    ) -> Result<Drift, Refusal> {
        let model = self.stored_model(deadline, which).await?;
        Ok(Drift {
            summary: model.summary,
            inputs: Vec::new(),
            calibrations: Vec::new(),
        })
    }
}
