//! Care tasks: made by the plan or for others, handed out under leases, reported on.

mod asked;
mod lease;
mod plan;
mod planning;
mod report;

use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use crate::domain::care::{CareKind, CareState, CareTask, Channel};
use crate::domain::facts::CustomerFacts;

pub use asked::{CareCount, NewRequest, Withdrawal};
pub use lease::{Claim, Claimed, ClaimedTask, Confirmation, Leased, Ruling};
pub use plan::NewPlan;
pub use report::{Done, Report, Skip};

pub(super) use planning::{Fingerprint, Planned, fingerprints, plan_customers};

/// A task as it is stored.
struct TaskRow {
    customer_id: String,
    task_id: String,
    kind: String,
    subject: String,
    theme: String,
    owner: String,
    source: String,
    due_time: jiff_sqlx::Timestamp,
    expire_time: jiff_sqlx::Timestamp,
    state: String,
    state_reason: String,
    state_time: jiff_sqlx::Timestamp,
    channel: Option<String>,
    lease_count: i32,
    permission_findings: Vec<String>,
    permission_rules_version: i64,
    lease_token: Option<String>,
    lease_expire_time: Option<jiff_sqlx::Timestamp>,
}

impl TaskRow {
    fn task(self) -> Result<CareTask, StoreError> {
        let task_id = self.task_id;
        let channel = self.channel.as_deref().map(|key| channel(key, &task_id));
        Ok(CareTask {
            kind: kind(&self.kind, &task_id)?,
            state: CareState::from_key(&self.state).ok_or_else(|| unreadable("state", &task_id))?,
            channel: channel.transpose()?,
            customer_id: self.customer_id,
            subject: self.subject,
            theme: self.theme,
            due_time: self.due_time.to_jiff(),
            expire_time: self.expire_time.to_jiff(),
            owner: self.owner,
            state_reason: self.state_reason,
            state_time: self.state_time.to_jiff(),
            lease_count: self.lease_count.unsigned_abs(),
            source: self.source,
            permission_findings: self.permission_findings,
            permission_rules_version: self.permission_rules_version.unsigned_abs(),
            task_id,
        })
    }
}

fn unreadable(column: &'static str, task_id: &str) -> StoreError {
    StoreError::inconsistent("care_task", column, task_id)
}

fn kind(key: &str, task_id: &str) -> Result<CareKind, StoreError> {
    CareKind::from_key(key).ok_or_else(|| unreadable("kind", task_id))
}

fn channel(key: &str, task_id: &str) -> Result<Channel, StoreError> {
    Channel::from_key(key).ok_or_else(|| unreadable("channel", task_id))
}

fn channels(keys: &[String], task_id: &str) -> Result<Vec<Channel>, StoreError> {
    keys.iter().map(|key| channel(key, task_id)).collect()
}

/// Several channels as one text, for arrays of arrays, which Postgres does not unnest.
fn joined(channels: &[Channel]) -> String {
    let keys: Vec<&str> = channels.iter().map(|channel| channel.key()).collect();
    keys.join(",")
}

fn keys(kinds: &[CareKind]) -> Vec<String> {
    kinds.iter().map(|kind| kind.key().to_owned()).collect()
}

/// Moves the tasks of ids that were merged to the id that stays.
pub(super) async fn merge(
    customers: &[CustomerFacts],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let merged = || {
        customers.iter().flat_map(|facts| {
            let ids = facts.merged_customer_ids.iter();
            ids.map(|id| (id.clone(), facts.customer_id.clone()))
        })
    };
    let (ids, stays): (Vec<String>, Vec<String>) = merged().unzip();
    if ids.is_empty() {
        return Ok(());
    }
    let new = sqlx::query_file!("src/store/sql/care_alias_new.sql", &ids, &stays)
        .fetch_all(&mut *transaction)
        .instrument(statement_span(
            "SELECT",
            "care_alias",
            include_str!("../sql/care_alias_new.sql"),
        ))
        .await?;
    // One after the other: two ids of one person may have the same task.
    for row in new {
        move_tasks(&[row.customer_id], &[row.stays_customer_id], transaction).await?;
    }
    Ok(())
}

async fn move_tasks(
    id: &[String],
    stays: &[String],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/care_task_merge_done.sql", id, stays)
        .execute(&mut *transaction)
        .instrument(statement_span(
            "DELETE",
            "care_task",
            include_str!("../sql/care_task_merge_done.sql"),
        ))
        .await?;
    sqlx::query_file!("src/store/sql/care_task_merge_same.sql", id, stays)
        .execute(&mut *transaction)
        .instrument(statement_span(
            "DELETE",
            "care_task",
            include_str!("../sql/care_task_merge_same.sql"),
        ))
        .await?;
    sqlx::query_file!("src/store/sql/care_task_merge.sql", id, stays)
        .execute(transaction)
        .instrument(statement_span(
            "UPDATE",
            "care_task",
            include_str!("../sql/care_task_merge.sql"),
        ))
        .await?;
    Ok(())
}

/// Forgets everything of customers that are no more.
pub(super) async fn forget(
    customers: &[String],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/care_task_forget.sql", customers)
        .execute(transaction)
        .instrument(statement_span(
            "DELETE",
            "care_task",
            include_str!("../sql/care_task_forget.sql"),
        ))
        .await?;
    Ok(())
}
