//! Lists, shows and activates models.

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::UseCases;
use crate::domain::model::activation::Activation;
use crate::domain::model::report::GroupReport;
use crate::domain::model::{Artifact, ModelKind, ModelPage, ModelSummary, StoredModel};
use crate::domain::tenure::life_tables::TableSet;
use crate::store::{Activated, RequestKey};

/// How many activations are shown.
const SHOWN_ACTIVATIONS: u32 = 100;

/// A version to put in use; checked already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivateModel {
    /// The version.
    pub version: u64,
    /// Even though it evaluates worse than the one in use.
    pub force: bool,
    /// Why it is forced.
    pub reason: String,
    /// Who does it.
    pub activated_by: String,
    /// The request id with the encoded request, when it may be retried.
    pub request: Option<(String, Vec<u8>)>,
}

/// A model to look at.
#[derive(Clone, Debug)]
pub struct ShownModel {
    /// What is known about it.
    pub summary: ModelSummary,
    /// The model of each group.
    pub groups: Vec<GroupReport>,
    /// When versions of its kind were put in use, newest first.
    pub activations: Vec<Activation>,
}

/// Which model is meant: a version, or the one in use of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhichModel {
    /// A version.
    Version(u64),
    /// The one in use of a kind.
    InUse(ModelKind),
}

impl UseCases {
    /// Lists the models older than a version, newest first, or all.
    pub async fn list_models(
        &self,
        deadline: Deadline,
        before: Option<u64>,
        limit: u32,
    ) -> Result<ModelPage, Refusal> {
        let mut page = self.store.models(deadline, before, limit).await?;
        // The list reads no artifacts; what could not be loaded is known.
        let loaded = self.knowledge.current()?;
        for model in &mut page.models {
            model.corrupt = loaded.corrupt.contains(&model.version);
        }
        Ok(page)
    }

    /// Reads a model with its groups and when its kind was put in use.
    pub async fn get_model(
        &self,
        deadline: Deadline,
        which: WhichModel,
    ) -> Result<ShownModel, Refusal> {
        let StoredModel { summary, artifact } = self.stored_model(deadline, which).await?;
        let activations = self
            .store
            .activations(deadline, summary.kind, SHOWN_ACTIVATIONS)
            .await?;
        Ok(ShownModel {
            groups: artifact
                .map(|artifact| artifact.groups())
                .unwrap_or_default(),
            summary,
            activations,
        })
    }

    /// Reads a model with its tables; zero is the one in use.
    pub async fn get_life_table(
        &self,
        deadline: Deadline,
        version: u64,
    ) -> Result<(ModelSummary, TableSet), Refusal> {
        let which = match version {
            0 => WhichModel::InUse(ModelKind::LifeTable),
            version => WhichModel::Version(version),
        };
        let model = self.stored_model(deadline, which).await?;
        match model.artifact {
            Some(Artifact::LifeTable(tables)) => Ok((model.summary, tables)),
            Some(_) => Err(not_found(version)),
            None => Err(corrupt(model.summary.version)),
        }
    }

    /// Puts a version in use for its kind.
    pub async fn activate_model(
        &self,
        deadline: Deadline,
        wanted: ActivateModel,
    ) -> Result<Activated, Refusal> {
        let request = wanted.request.map(|(request_id, encoded)| RequestKey {
            request_id,
            encoded,
        });
        let activation = Activation {
            number: 0,
            version: wanted.version,
            activate_time: self.now(),
            activated_by: wanted.activated_by,
            forced: wanted.force,
            reason: wanted.reason,
        };
        let activated = self
            .store
            .activate_model(deadline, activation, request)
            .await?;
        // It is in use whether or not this process can read it back now; the poll catches up.
        if let Err(error) = self.knowledge.refresh().await {
            tracing::warn!(error = %error, "the model put in use is not in memory yet");
        }
        Ok(activated)
    }

    pub(super) async fn stored_model(
        &self,
        deadline: Deadline,
        which: WhichModel,
    ) -> Result<StoredModel, Refusal> {
        let version = match which {
            WhichModel::Version(version) => Some(version),
            WhichModel::InUse(kind) => self.store.version_in_use(deadline, kind).await?,
        };
        let found = match version {
            Some(version) => self.store.model(deadline, version).await?,
            None => None,
        };
        found.ok_or_else(|| not_found(version.unwrap_or(0)))
    }
}

fn not_found(version: u64) -> Refusal {
    Refusal::not_found(
        "MODEL_NOT_FOUND",
        "there is no such version of a model: fit one, or list the versions there are",
    )
    .with("version", version)
}

pub(super) fn corrupt(version: u64) -> Refusal {
    Refusal::refused(
        "MODEL_CORRUPT",
        "the stored model cannot be read back: fit a new one",
    )
    .with("version", version)
}
