//! Activations: put a version in use, and read when which was.

use jiff_sqlx::ToSqlx;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::requests::{self, RequestKey};
use super::{Store, bigint, models};
use crate::domain::model::activation::{Activation, NotBetter, compare};
use crate::domain::model::{ModelKind, ModelSummary, StoredModel};

const ACTIVATE: &str = "rekindle.lifecycle.v1.ModelService/ActivateModel";
const LOCK: &str = "lock table model_activation in share row exclusive mode";

/// What came of putting a version in use.
#[derive(Clone, Debug)]
pub struct Activated {
    /// The model, now in use.
    pub model: ModelSummary,
    /// The version that was in use before; zero when there was none.
    pub previous_version: u64,
}

impl Store {
    /// Puts a version in use, once for each request.
    pub async fn activate_model(
        &self,
        deadline: Deadline,
        activation: Activation,
        request: Option<RequestKey>,
    ) -> Result<Activated, StoreError> {
        let input = (activation, request);
        storage::write(
            &self.postgres,
            deadline,
            input,
            |(activation, request), transaction| {
                Box::pin(activate_once(activation, request.as_ref(), transaction))
            },
        )
        .await
    }

    /// Reads which version of a kind is in use.
    pub async fn version_in_use(
        &self,
        deadline: Deadline,
        kind: ModelKind,
    ) -> Result<Option<u64>, StoreError> {
        let found = self
            .postgres
            .read(deadline, &kind, |kind, connection| {
                Box::pin(version_in_use(*kind, connection))
            })
            .await?;
        Ok(found.map(i64::unsigned_abs))
    }

    /// Reads the versions of a kind that were ever in use, the present one first.
    pub async fn versions_once_in_use(
        &self,
        kind: ModelKind,
        limit: u32,
    ) -> Result<Vec<u64>, StoreError> {
        let input = (kind, limit);
        self.postgres
            .background(&input, |(kind, limit), connection| {
                Box::pin(once_in_use(*kind, *limit, connection))
            })
            .await
    }

    /// Reads when which version of a kind was put in use, newest first.
    pub async fn activations(
        &self,
        deadline: Deadline,
        kind: ModelKind,
        limit: u32,
    ) -> Result<Vec<Activation>, StoreError> {
        let input = (kind, limit);
        self.postgres
            .read(deadline, &input, |(kind, limit), connection| {
                Box::pin(list(*kind, *limit, connection))
            })
            .await
    }
}

async fn activate_once(
    activation: &Activation,
    request: Option<&RequestKey>,
    transaction: &mut PgConnection,
) -> Result<Activated, StoreError> {
    let Some(request) = request else {
        return check_and_activate(activation, transaction).await;
    };
    if let Some(answer) = requests::begin(request, ACTIVATE, transaction).await? {
        let previous_version = requests::version(&answer, request)?;
        let found = models::read(bigint(activation.version), transaction).await?;
        let found = found.ok_or_else(|| requests::inconsistent(request))?;
        return Ok(Activated {
            model: found.summary,
            previous_version,
        });
    }
    let activated = check_and_activate(activation, transaction).await?;
    requests::finish(request, activated.previous_version, transaction).await?;
    Ok(activated)
}

async fn check_and_activate(
    activation: &Activation,
    transaction: &mut PgConnection,
) -> Result<Activated, StoreError> {
    lock(transaction).await?;
    let found = models::read(bigint(activation.version), transaction).await?;
    let StoredModel { summary, artifact } =
        found.ok_or_else(|| StoreError::rejected(not_found(activation.version)))?;
    if artifact.is_none() {
        return Err(StoreError::rejected(corrupt(activation.version)));
    }
    let in_use = version_in_use(summary.kind, transaction).await?;
    let active = match in_use {
        Some(version) => models::read(version, transaction).await?,
        None => None,
    };
    // What is in use but cannot be read back is no rival.
    let active = active.map(|active| active.summary);
    let rival = active.filter(|active| !active.corrupt);
    let forced = match compare(&summary, rival.as_ref()) {
        Ok(()) => false,
        Err(_) if activation.forced => true,
        Err(worse) => return Err(StoreError::rejected(not_better(&worse))),
    };
    let activation = Activation {
        number: 0,
        forced,
        ..activation.clone()
    };
    activate(summary.kind, &activation, transaction).await?;
    Ok(Activated {
        model: ModelSummary {
            active: true,
            ..summary
        },
        previous_version: in_use.unwrap_or(0).unsigned_abs(),
    })
}

pub(super) async fn lock(transaction: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query(LOCK)
        .execute(transaction)
        .instrument(statement_span("LOCK", "model_activation", LOCK))
        .await?;
    Ok(())
}

pub(super) async fn activate(
    kind: ModelKind,
    activation: &Activation,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!(
        "src/store/sql/activation_insert.sql",
        kind.key(),
        bigint(activation.version),
        activation.activate_time.to_sqlx() as _,
        activation.activated_by,
        activation.forced,
        activation.reason
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "model_activation",
        include_str!("sql/activation_insert.sql"),
    ))
    .await?;
    Ok(())
}

pub(super) async fn version_in_use(
    kind: ModelKind,
    connection: &mut PgConnection,
) -> Result<Option<i64>, StoreError> {
    let version = sqlx::query_file_scalar!("src/store/sql/model_in_use.sql", kind.key())
        .fetch_optional(connection)
        .instrument(statement_span(
            "SELECT",
            "model_activation",
            include_str!("sql/model_in_use.sql"),
        ))
        .await?;
    Ok(version)
}

async fn once_in_use(
    kind: ModelKind,
    limit: u32,
    connection: &mut PgConnection,
) -> Result<Vec<u64>, StoreError> {
    let versions = sqlx::query_file_scalar!(
        "src/store/sql/model_once_in_use.sql",
        kind.key(),
        i64::from(limit)
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "model_activation",
        include_str!("sql/model_once_in_use.sql"),
    ))
    .await?;
    Ok(versions.into_iter().map(i64::unsigned_abs).collect())
}

async fn list(
    kind: ModelKind,
    limit: u32,
    connection: &mut PgConnection,
) -> Result<Vec<Activation>, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/activation_list.sql",
        kind.key(),
        i64::from(limit)
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "model_activation",
        include_str!("sql/activation_list.sql"),
    ))
    .await?;
    let activations = rows.into_iter().map(|row| Activation {
        number: row.activation.unsigned_abs(),
        version: row.version.unsigned_abs(),
        activate_time: row.activate_time.to_jiff(),
        activated_by: row.activated_by,
        forced: row.forced,
        reason: row.reason,
    });
    Ok(activations.collect())
}

fn not_found(version: u64) -> Refusal {
    Refusal::not_found(
        "MODEL_NOT_FOUND",
        "there is no such version of a model: fit one, or list the versions there are",
    )
    .with("version", version)
}

fn corrupt(version: u64) -> Refusal {
    Refusal::refused(
        "MODEL_CORRUPT",
        "the stored model cannot be read back: fit a new one; the model in use stays",
    )
    .with("version", version)
}

fn not_better(worse: &NotBetter) -> Refusal {
    let message = format!("{worse}: force it with a reason, or keep the one in use");
    Refusal::refused("MODEL_NOT_BETTER", message)
        .with("version", worse.version)
        .with("active_version", worse.active_version)
        .with("measure", &worse.measure)
        .with("value", worse.value)
        .with("active_value", worse.active_value)
}
