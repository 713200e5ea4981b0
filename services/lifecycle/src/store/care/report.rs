//! What senders say became of a task.

use jiff_sqlx::ToSqlx;
use kernel::refusal::{Refusal, Violation};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::lease::refuse;
use super::{TaskRow, channels, joined, kind};
use crate::domain::care::permission::OBJECTED;
use crate::domain::care::plan::PlanContent;
use crate::domain::care::{CareState, CareTask, Channel, SENDER};
use crate::store::Store;
use crate::store::requests::{self, RequestKey};

const COMPLETE: &str = "rekindle.lifecycle.v1.CareService/CompleteTask";
const SKIP: &str = "rekindle.lifecycle.v1.CareService/SkipTask";

/// Which task is reported on, and under which lease.
#[derive(Clone, Debug)]
pub struct Report {
    /// The request, when it may be retried.
    pub request: Option<RequestKey>,
    /// The customer.
    pub customer_id: String,
    /// The task.
    pub task_id: String,
    /// The lease.
    pub lease_token: String,
    /// When.
    pub now: Timestamp,
}

/// A task that was done.
#[derive(Clone, Debug)]
pub struct Done {
    /// Which.
    pub report: Report,
    /// What came of it; may be empty.
    pub outcome: String,
    /// The customer objected meanwhile. With it the plan that says which channels there are.
    pub objected: Option<PlanContent>,
}

/// A task that was not done.
#[derive(Clone, Debug)]
pub struct Skip {
    /// Which.
    pub report: Report,
    /// Why, as a code.
    pub reason: String,
    /// When to try again, instead of giving it up.
    pub retry_time: Option<Timestamp>,
}

impl Store {
    /// Records that a task was done, once.
    pub async fn complete_task(
        &self,
        deadline: Deadline,
        done: Done,
    ) -> Result<CareTask, StoreError> {
        storage::write(&self.postgres, deadline, done, |done, transaction| {
            Box::pin(complete(done, transaction))
        })
        .await
    }

    /// Records that a task was not done, once.
    pub async fn skip_task(&self, deadline: Deadline, skip: Skip) -> Result<CareTask, StoreError> {
        storage::write(&self.postgres, deadline, skip, |skip, transaction| {
            Box::pin(skip_once(skip, transaction))
        })
        .await
    }
}

/// Tells whether the same request was carried out before.
async fn is_repeated(
    report: &Report,
    method: &str,
    transaction: &mut PgConnection,
) -> Result<bool, StoreError> {
    let Some(request) = &report.request else {
        return Ok(false);
    };
    let answer = requests::begin(request, method, transaction).await?;
    if answer.is_none() {
        // The task is found again by its id.
        request_log::finish(transaction, &request.request_id, b"reported").await?;
    }
    Ok(answer.is_some())
}

/// Locks a task whose lease is the one named, also where that has run out: what was done was done,
/// until somebody else has a newer lease.
async fn lock(
    report: &Report,
    repeated: bool,
    transaction: &mut PgConnection,
) -> Result<CareTask, StoreError> {
    let row = sqlx::query_file_as!(
        TaskRow,
        "src/store/sql/care_task_lock.sql",
        report.customer_id,
        report.task_id
    )
    .fetch_optional(transaction)
    .instrument(statement_span(
        "SELECT",
        "care_task",
        include_str!("../sql/care_task_lock.sql"),
    ))
    .await?;
    let Some(row) = row else {
        let refusal = Refusal::not_found(
            "TASK_NOT_FOUND",
            "this customer has no such task: check both ids",
        );
        return Err(StoreError::rejected(
            refusal.with("task_id", &report.task_id),
        ));
    };
    if !repeated && row.lease_token.as_ref() != Some(&report.lease_token) {
        let refusal = Refusal::refused(
            "LEASE_NOT_HELD",
            "the task is not leased under this token: somebody else has taken it over, leave it",
        );
        return Err(StoreError::rejected(
            refusal.with("task_id", &report.task_id),
        ));
    }
    row.task()
}

fn over(task: &CareTask) -> StoreError {
    let refusal = Refusal::refused(
        "TASK_OVER",
        "the task came to another end before: there is nothing to report",
    );
    let refusal = refusal.with("task_id", &task.task_id);
    StoreError::rejected(refusal.with("state", task.state.key()))
}

async fn complete(done: &Done, transaction: &mut PgConnection) -> Result<CareTask, StoreError> {
    let repeated = is_repeated(&done.report, COMPLETE, transaction).await?;
    let task = lock(&done.report, repeated, transaction).await?;
    match task.state {
        _ if repeated => return Ok(task),
        CareState::Completed => return Ok(task),
        CareState::Skipped | CareState::HeldOut => return Err(over(&task)),
        // Somebody may have dropped it while it was being done.
        CareState::Waiting | CareState::Leased | CareState::Dropped => {}
    }
    let end = End {
        state: CareState::Completed,
        reason: "",
        outcome: &done.outcome,
        retry_time: None,
    };
    let task = finish(task, &end, done.report.now, transaction).await?;
    if let Some(plan) = &done.objected {
        let customer = std::slice::from_ref(&task.customer_id);
        refuse(customer, done.report.now, transaction).await?;
        if let Some(channel) = task.channel {
            close_channel(&task, channel, plan, transaction).await?;
        }
    }
    Ok(task)
}

async fn skip_once(skip: &Skip, transaction: &mut PgConnection) -> Result<CareTask, StoreError> {
    let repeated = is_repeated(&skip.report, SKIP, transaction).await?;
    let task = lock(&skip.report, repeated, transaction).await?;
    match task.state {
        _ if repeated => return Ok(task),
        CareState::Skipped => return Ok(task),
        CareState::Completed | CareState::Dropped | CareState::HeldOut => return Err(over(&task)),
        CareState::Waiting | CareState::Leased => {}
    }
    if skip.retry_time.is_some_and(|time| time > task.expire_time) {
        return Err(StoreError::rejected(Refusal::malformed(vec![Violation {
            field: "retry_time".to_owned(),
            description: format!(
                "must not be after {}, when the task expires",
                task.expire_time
            ),
            reason: "OUT_OF_RANGE",
        }])));
    }
    let end = End {
        state: match skip.retry_time {
            Some(_) => CareState::Waiting,
            None => CareState::Skipped,
        },
        reason: &skip.reason,
        outcome: "",
        retry_time: skip.retry_time,
    };
    finish(task, &end, skip.report.now, transaction).await
}

/// Where a task goes.
struct End<'a> {
    state: CareState,
    reason: &'a str,
    outcome: &'a str,
    retry_time: Option<Timestamp>,
}

async fn finish(
    task: CareTask,
    end: &End<'_>,
    now: Timestamp,
    transaction: &mut PgConnection,
) -> Result<CareTask, StoreError> {
    let retry_time = end.retry_time.map(ToSqlx::to_sqlx);
    sqlx::query_file!(
        "src/store/sql/care_task_finish.sql",
        task.customer_id,
        task.task_id,
        end.state.key(),
        end.reason,
        now.to_sqlx() as _,
        end.outcome,
        retry_time as _
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_finish.sql"),
    ))
    .await?;
    Ok(CareTask {
        state: end.state,
        state_reason: end.reason.to_owned(),
        state_time: now,
        ..task
    })
}

/// Takes a channel out of everything that waits for the customer; what has no other is dropped.
async fn close_channel(
    done: &CareTask,
    closed: Channel,
    plan: &PlanContent,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/care_task_open.sql",
        done.customer_id,
        done.task_id,
        SENDER
    )
    .fetch_all(&mut *transaction)
    .instrument(statement_span(
        "SELECT",
        "care_task",
        include_str!("../sql/care_task_open.sql"),
    ))
    .await?;
    let (mut dropped, mut narrowed, mut left_open) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let own = channels(&row.channels, &row.task_id)?;
        let all = if own.is_empty() {
            plan.channels_of(kind(&row.kind, &row.task_id)?)
        } else {
            &own
        };
        let left: Vec<Channel> = all.iter().copied().filter(|it| *it != closed).collect();
        if left.is_empty() {
            dropped.push(row.task_id);
        } else {
            left_open.push(joined(&left));
            narrowed.push(row.task_id);
        }
    }
    narrow(&done.customer_id, &narrowed, &left_open, transaction).await?;
    let customers = vec![done.customer_id.clone(); dropped.len()];
    let reasons = vec![OBJECTED.to_owned(); dropped.len()];
    sqlx::query_file!(
        "src/store/sql/care_task_drop.sql",
        done.state_time.to_sqlx() as _,
        &customers,
        &dropped,
        &reasons
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_drop.sql"),
    ))
    .await?;
    Ok(())
}

async fn narrow(
    customer_id: &str,
    tasks: &[String],
    left_open: &[String],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!(
        "src/store/sql/care_task_narrow.sql",
        customer_id,
        tasks,
        left_open
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_narrow.sql"),
    ))
    .await?;
    Ok(())
}
