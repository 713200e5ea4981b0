//! Versions of the care plan: publish one, read one.

use jiff_sqlx::ToSqlx;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use crate::domain::care::plan::{CarePlan, PlanContent};
use crate::store::requests::{self, RequestKey};
use crate::store::{Store, bigint};

const METHOD: &str = "rekindle.lifecycle.v1.CarePlanService/PublishCarePlan";

/// A plan to publish.
#[derive(Clone, Debug)]
pub struct NewPlan {
    /// The request, when it may be retried.
    pub request: Option<RequestKey>,
    /// What it says.
    pub content: PlanContent,
    /// When.
    pub publish_time: Timestamp,
}

impl Store {
    /// Makes a new version of the plan, once for each request.
    pub async fn publish_care_plan(
        &self,
        deadline: Deadline,
        plan: NewPlan,
    ) -> Result<CarePlan, StoreError> {
        storage::write(&self.postgres, deadline, plan, |plan, transaction| {
            Box::pin(publish_once(plan, transaction))
        })
        .await
    }

    /// Reads a version of the plan, the highest when none is named.
    pub async fn care_plan(
        &self,
        deadline: Deadline,
        version: Option<u64>,
    ) -> Result<Option<CarePlan>, StoreError> {
        self.postgres
            .read(deadline, &version, |version, connection| {
                Box::pin(read(*version, connection))
            })
            .await
    }

    /// Reads the plan in force, for a job.
    pub async fn care_plan_in_force(&self) -> Result<CarePlan, StoreError> {
        let newest = self
            .postgres
            .background(&(), |(), connection| Box::pin(read(None, connection)))
            .await?;
        Ok(newest.unwrap_or_else(CarePlan::built_in))
    }
}

async fn publish_once(
    plan: &NewPlan,
    transaction: &mut PgConnection,
) -> Result<CarePlan, StoreError> {
    let Some(request) = &plan.request else {
        return publish(plan, transaction).await;
    };
    if let Some(answer) = requests::begin(request, METHOD, transaction).await? {
        let version = requests::version(&answer, request)?;
        let published = read(Some(version), transaction).await?;
        return published.ok_or_else(|| requests::inconsistent(request));
    }
    let published = publish(plan, transaction).await?;
    requests::finish(request, published.version, transaction).await?;
    Ok(published)
}

async fn publish(plan: &NewPlan, transaction: &mut PgConnection) -> Result<CarePlan, StoreError> {
    // Of two who publish at once the second waits here, so that versions have no gaps.
    sqlx::query("lock table care_plan in share row exclusive mode")
        .execute(&mut *transaction)
        .instrument(statement_span("LOCK", "care_plan", "lock table care_plan"))
        .await?;
    let version = sqlx::query_file_scalar!("src/store/sql/care_plan_next.sql")
        .fetch_one(&mut *transaction)
        .instrument(statement_span(
            "SELECT",
            "care_plan",
            include_str!("../sql/care_plan_next.sql"),
        ))
        .await?;
    let content = serde_json::to_string(&plan.content)
        .map_err(|_| StoreError::inconsistent("care_plan", "content", "new"))?;
    sqlx::query_file!(
        "src/store/sql/care_plan_insert.sql",
        version,
        plan.publish_time.to_sqlx() as _,
        content
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "care_plan",
        include_str!("../sql/care_plan_insert.sql"),
    ))
    .await?;
    Ok(CarePlan {
        version: version.unsigned_abs(),
        publish_time: Some(plan.publish_time),
        content: plan.content.clone(),
    })
}

async fn read(
    version: Option<u64>,
    connection: &mut PgConnection,
) -> Result<Option<CarePlan>, StoreError> {
    let wanted = version.map(bigint);
    let found = sqlx::query_file!("src/store/sql/care_plan_read.sql", wanted)
        .fetch_optional(connection)
        .instrument(statement_span(
            "SELECT",
            "care_plan",
            include_str!("../sql/care_plan_read.sql"),
        ))
        .await?;
    let Some(row) = found else { return Ok(None) };
    let content = serde_json::from_str(&row.content)
        .map_err(|_| StoreError::inconsistent("care_plan", "content", row.version.to_string()))?;
    Ok(Some(CarePlan {
        version: row.version.unsigned_abs(),
        publish_time: Some(row.publish_time.to_jiff()),
        content,
    }))
}
