//! Models: store a fit, read one, list.

use jiff_sqlx::ToSqlx;
use kernel::page;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, Entry};
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::activations::{activate, version_in_use};
use super::foreign_files::{self, NewFile};
use super::requests::{self, RequestKey};
use super::scoring::in_transaction;
use super::{Store, bigint};
use crate::domain::foreign::ForeignOrigin;
use crate::domain::model::activation::{Activation, compare};
use crate::domain::model::report::Evaluation;
use crate::domain::model::{Artifact, Candidate, ModelKind, ModelPage, ModelSummary, StoredModel};

const FIT: &str = "rekindle.lifecycle.v1.ModelService/FitModel";
const IMPORT: &str = "rekindle.lifecycle.v1.ModelService/ImportModel";

/// A model to store.
#[derive(Clone, Debug)]
pub struct NewModel {
    /// What was fitted.
    pub candidate: Candidate,
    /// When.
    pub fit_time: Timestamp,
    /// Put it in use, unless the one in use evaluates better.
    pub activate_if_better: bool,
    /// The request, when it may be retried.
    pub request: Option<RequestKey>,
    /// The file, if somebody else trained it.
    pub file: Option<NewFile>,
}

impl NewModel {
    /// The method that brings it.
    fn method(&self) -> &'static str {
        if self.file.is_some() { IMPORT } else { FIT }
    }
}

pub(super) struct ModelRow {
    pub(super) version: i64,
    pub(super) kind: String,
    pub(super) fit_time: jiff_sqlx::Timestamp,
    pub(super) sample_size: i64,
    pub(super) event_count: i64,
    pub(super) evaluation: Option<String>,
    pub(super) artifact: Option<String>,
    pub(super) active: bool,
    pub(super) trained_by: Option<String>,
    pub(super) description: Option<String>,
    pub(super) sha256: Option<Vec<u8>>,
    pub(super) file_bytes: Option<i32>,
    pub(super) is_whole: Option<bool>,
}

impl ModelRow {
    fn summary(&self) -> Result<ModelSummary, StoreError> {
        let inconsistent = |column, row: &dyn std::fmt::Display| {
            StoreError::inconsistent("fitted_model", column, row)
        };
        let kind =
            ModelKind::from_key(&self.kind).ok_or_else(|| inconsistent("kind", &self.kind))?;
        let evaluation: Option<Evaluation> = self
            .evaluation
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| inconsistent("evaluation", &self.version))?;
        Ok(ModelSummary {
            version: self.version.unsigned_abs(),
            kind,
            fit_time: self.fit_time.to_jiff(),
            sample_size: self.sample_size.unsigned_abs(),
            event_count: self.event_count.unsigned_abs(),
            active: self.active,
            evaluation,
            corrupt: false,
            foreign: self.origin(),
        })
    }

    fn origin(&self) -> Option<ForeignOrigin> {
        Some(ForeignOrigin {
            trained_by: self.trained_by.clone()?,
            description: self.description.clone()?,
            sha256: self.sha256.clone()?,
            bytes: u64::from(self.file_bytes?.unsigned_abs()),
        })
    }

    /// Reads the artifact, too. One that is no model of its kind, or whose file is not the one that
    /// was stored, is corrupt, which is a fact about the model and no failure of the read.
    fn model(self) -> Result<StoredModel, StoreError> {
        let mut summary = self.summary()?;
        let read = |text: String| serde_json::from_str::<Artifact>(&text).ok();
        let artifact = self
            .artifact
            .and_then(read)
            .filter(|artifact| artifact.kind() == summary.kind)
            .filter(Artifact::reads_what_is_told);
        let is_whole = self.is_whole == Some(true);
        let artifact = artifact.filter(|artifact| !artifact.needs_file() || is_whole);
        summary.corrupt = artifact.is_none();
        Ok(StoredModel { summary, artifact })
    }
}

impl Store {
    /// Stores a fit as a new version, once for each request.
    pub async fn save_model(
        &self,
        deadline: Deadline,
        model: NewModel,
    ) -> Result<ModelSummary, StoreError> {
        if model.file.is_some() {
            // A file takes longer to write than a call may take.
            let background = self.postgres.background(&model, |model, connection| {
                in_transaction(model, connection, |model, transaction| {
                    Box::pin(save_once(model, transaction))
                })
            });
            return background.await;
        }
        storage::write(&self.postgres, deadline, model, |model, transaction| {
            Box::pin(save_once(model, transaction))
        })
        .await
    }

    /// Finds the model that a request for a fit has brought already.
    pub async fn model_of_request(
        &self,
        deadline: Deadline,
        request: &RequestKey,
    ) -> Result<Option<ModelSummary>, StoreError> {
        self.model_of(deadline, FIT, request).await
    }

    /// Finds the model that a request for an import has brought already.
    pub async fn model_of_import(
        &self,
        deadline: Deadline,
        request: &RequestKey,
    ) -> Result<Option<ModelSummary>, StoreError> {
        self.model_of(deadline, IMPORT, request).await
    }

    async fn model_of(
        &self,
        deadline: Deadline,
        method: &'static str,
        request: &RequestKey,
    ) -> Result<Option<ModelSummary>, StoreError> {
        let input = (method, request);
        self.postgres
            .read(deadline, &input, |(method, request), connection| {
                Box::pin(async move {
                    let entry = Entry {
                        request_id: &request.request_id,
                        method,
                        body_hash: request_log::body_hash(&request.encoded),
                    };
                    match request_log::peek(connection, &entry).await? {
                        Some(Begun::Replay(answer)) => {
                            replay(&answer, request, connection).await.map(Some)
                        }
                        Some(Begun::Reused) => Err(requests::reused(request)),
                        Some(Begun::Fresh | Begun::Repeats(_)) | None => Ok(None),
                    }
                })
            })
            .await
    }

    /// Reads a version.
    pub async fn model(
        &self,
        deadline: Deadline,
        version: u64,
    ) -> Result<Option<StoredModel>, StoreError> {
        self.postgres
            .read(deadline, &version, |version, connection| {
                Box::pin(read(bigint(*version), connection))
            })
            .await
    }

    /// Reads a version, for a job.
    pub async fn load_model(&self, version: u64) -> Result<Option<StoredModel>, StoreError> {
        self.postgres
            .background(&version, |version, connection| {
                Box::pin(read(bigint(*version), connection))
            })
            .await
    }

    /// Reads the file of a version, for a job; nothing where it has none.
    pub async fn load_file(&self, version: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.postgres
            .background(&version, |version, connection| {
                Box::pin(foreign_files::read(bigint(*version), connection))
            })
            .await
    }

    /// Lists the models older than a version, or all.
    pub async fn models(
        &self,
        deadline: Deadline,
        before: Option<u64>,
        limit: u32,
    ) -> Result<ModelPage, StoreError> {
        let input = (before.map_or(i64::MAX, bigint), limit);
        self.postgres
            .read(deadline, &input, |(before, limit), connection| {
                Box::pin(list(*before, *limit, connection))
            })
            .await
    }
}

async fn save_once(
    model: &NewModel,
    transaction: &mut PgConnection,
) -> Result<ModelSummary, StoreError> {
    let Some(request) = &model.request else {
        return save(model, transaction).await;
    };
    if let Some(answer) = requests::begin(request, model.method(), transaction).await? {
        return replay(&answer, request, transaction).await;
    }
    let summary = save(model, transaction).await?;
    requests::finish(request, summary.version, transaction).await?;
    Ok(summary)
}

async fn replay(
    answer: &[u8],
    request: &RequestKey,
    connection: &mut PgConnection,
) -> Result<ModelSummary, StoreError> {
    let version = requests::version(answer, request)?;
    let found = read(bigint(version), connection).await?;
    let found = found.ok_or_else(|| requests::inconsistent(request))?;
    Ok(found.summary)
}

async fn save(
    model: &NewModel,
    transaction: &mut PgConnection,
) -> Result<ModelSummary, StoreError> {
    let mut summary = insert(model, transaction).await?;
    if !model.activate_if_better {
        return Ok(summary);
    }
    let active = match version_in_use(summary.kind, transaction).await? {
        Some(version) => read(version, transaction).await?,
        None => None,
    };
    let active = active.map(|active| active.summary);
    if compare(&summary, active.as_ref()).is_ok() {
        let activation = Activation {
            number: 0,
            version: summary.version,
            activate_time: model.fit_time,
            activated_by: String::new(),
            forced: false,
            reason: String::new(),
        };
        activate(summary.kind, &activation, transaction).await?;
        summary.active = true;
    }
    Ok(summary)
}

async fn insert(
    model: &NewModel,
    transaction: &mut PgConnection,
) -> Result<ModelSummary, StoreError> {
    let candidate = &model.candidate;
    // Versions have no gaps, and the one in use does not change between comparing and replacing it.
    super::activations::lock(transaction).await?;
    let version = sqlx::query_file_scalar!("src/store/sql/model_next.sql")
        .fetch_one(&mut *transaction)
        .instrument(statement_span(
            "SELECT",
            "fitted_model",
            include_str!("sql/model_next.sql"),
        ))
        .await?;
    let artifact = checked(&candidate.artifact)?;
    let evaluation = candidate
        .evaluation
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|_| StoreError::inconsistent("fitted_model", "evaluation", version))?;
    let kind = candidate.artifact.kind();
    sqlx::query_file!(
        "src/store/sql/model_insert.sql",
        version,
        kind.key(),
        model.fit_time.to_sqlx() as _,
        bigint(candidate.sample_size),
        bigint(candidate.event_count),
        artifact,
        evaluation
    )
    .execute(&mut *transaction)
    .instrument(statement_span(
        "INSERT",
        "fitted_model",
        include_str!("sql/model_insert.sql"),
    ))
    .await?;
    let foreign = match &model.file {
        Some(file) => Some(foreign_files::insert(version, file, transaction).await?),
        None => None,
    };
    Ok(ModelSummary {
        version: version.unsigned_abs(),
        kind,
        fit_time: model.fit_time,
        sample_size: candidate.sample_size,
        event_count: candidate.event_count,
        active: false,
        evaluation: candidate.evaluation.clone(),
        corrupt: false,
        foreign,
    })
}

/// Encodes a model, unless what is written could not be read back: a number that is none would be.
fn checked(artifact: &Artifact) -> Result<String, StoreError> {
    let unreadable = |_| StoreError::inconsistent("fitted_model", "artifact", "new");
    let text = serde_json::to_string(artifact).map_err(unreadable)?;
    serde_json::from_str::<Artifact>(&text).map_err(unreadable)?;
    Ok(text)
}

pub(super) async fn read(
    version: i64,
    connection: &mut PgConnection,
) -> Result<Option<StoredModel>, StoreError> {
    let found = sqlx::query_file_as!(ModelRow, "src/store/sql/model_read.sql", version)
        .fetch_optional(connection)
        .instrument(statement_span(
            "SELECT",
            "fitted_model",
            include_str!("sql/model_read.sql"),
        ))
        .await?;
    found.map(ModelRow::model).transpose()
}

async fn list(
    before: i64,
    limit: u32,
    connection: &mut PgConnection,
) -> Result<ModelPage, StoreError> {
    let rows = sqlx::query_file_as!(
        ModelRow,
        "src/store/sql/model_list.sql",
        before,
        i64::from(page::one_more(limit))
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "fitted_model",
        include_str!("sql/model_list.sql"),
    ))
    .await?;
    let summaries: Result<Vec<ModelSummary>, StoreError> =
        rows.iter().map(ModelRow::summary).collect();
    let mut models = summaries?;
    let more = page::cut(&mut models, limit).is_some();
    Ok(ModelPage { models, more })
}
