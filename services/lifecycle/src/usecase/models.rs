//! Lists the models and shows their tables.

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::UseCases;
use crate::domain::life_tables::{Group, ModelPage, ModelSummary};
use statistics::tenures::curve::Curve;

impl UseCases {
    /// Lists the models older than a version, newest first, or all.
    pub async fn list_models(
        &self,
        deadline: Deadline,
        before: Option<u64>,
        limit: u32,
    ) -> Result<ModelPage, Refusal> {
        Ok(self.store.models(deadline, before, limit).await?)
    }

    /// Reads a model with its tables; zero is the one in use.
    pub async fn get_life_table(
        &self,
        deadline: Deadline,
        version: u64,
    ) -> Result<(ModelSummary, Vec<(Group, Curve)>), Refusal> {
        let wanted = (version > 0).then_some(version);
        let found = self.store.model(deadline, wanted).await?;
        found.ok_or_else(|| {
            Refusal::not_found(
                "MODEL_NOT_FOUND",
                "there is no such version of a model: fit one, or list the versions there are",
            )
            .with("version", version)
        })
    }
}
