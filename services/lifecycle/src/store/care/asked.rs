//! What other services ask for and take back, and what is shown of tasks.

use jiff_sqlx::ToSqlx;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::{TaskRow, joined, keys, kind, unreadable};
use crate::domain::care::{CareKind, CareState, CareTask, NewTask};
use crate::store::Store;
use crate::store::requests::{self, RequestKey};

const SCHEDULE: &str = "rekindle.lifecycle.v1.CareService/ScheduleTasks";
const WITHDRAW: &str = "rekindle.lifecycle.v1.CareService/WithdrawTasks";

/// Tasks that another service asks for.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The request, when it may be retried.
    pub request: Option<RequestKey>,
    /// The tasks.
    pub tasks: Vec<NewTask>,
    /// Who asks.
    pub source: String,
    /// When.
    pub now: Timestamp,
}

/// What to take back.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// The request, when it may be retried.
    pub request: Option<RequestKey>,
    /// The customer.
    pub customer_id: String,
    /// Which kinds; every kind when empty.
    pub kinds: Vec<CareKind>,
    /// Only this subject and what is below it; every subject when empty.
    pub subject: String,
    /// Why, as a code.
    pub reason: String,
    /// When.
    pub now: Timestamp,
}

/// How many tasks there are of one kind, state and reason.
#[derive(Clone, Debug, PartialEq)]
pub struct CareCount {
    /// The kind.
    pub kind: CareKind,
    /// Where they stand.
    pub state: CareState,
    /// Why; may be empty.
    pub state_reason: String,
    /// How many.
    pub count: u64,
}

impl Store {
    /// Makes tasks that are not known yet, and returns all of them as they are.
    pub async fn schedule_tasks(
        &self,
        deadline: Deadline,
        new: NewRequest,
    ) -> Result<Vec<CareTask>, StoreError> {
        storage::write(&self.postgres, deadline, new, |new, transaction| {
            Box::pin(schedule(new, transaction))
        })
        .await
    }

    /// Takes back what waits, and returns how many tasks that were.
    pub async fn withdraw_tasks(
        &self,
        deadline: Deadline,
        withdrawal: Withdrawal,
    ) -> Result<u64, StoreError> {
        storage::write(&self.postgres, deadline, withdrawal, |it, transaction| {
            Box::pin(withdraw_once(it, transaction))
        })
        .await
    }

    /// Lists the latest tasks of a customer.
    pub async fn care_tasks(
        &self,
        deadline: Deadline,
        customer_id: &str,
    ) -> Result<Vec<CareTask>, StoreError> {
        self.postgres
            .read(deadline, customer_id, |customer_id, connection| {
                Box::pin(list(customer_id, connection))
            })
            .await
    }

    /// Counts tasks that are due in a time.
    pub async fn care_summary(
        &self,
        deadline: Deadline,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Vec<CareCount>, StoreError> {
        self.postgres
            .read(deadline, &(from, until), |(from, until), connection| {
                Box::pin(summary(*from, *until, connection))
            })
            .await
    }
}

async fn schedule(
    new: &NewRequest,
    transaction: &mut PgConnection,
) -> Result<Vec<CareTask>, StoreError> {
    if let Some(request) = &new.request
        && requests::begin(request, SCHEDULE, transaction)
            .await?
            .is_some()
    {
        return find(&new.tasks, transaction).await;
    }
    insert(new, transaction).await?;
    let tasks = find(&new.tasks, transaction).await?;
    if let Some(request) = &new.request {
        // The tasks are found again by what they are about.
        request_log::finish(transaction, &request.request_id, b"scheduled").await?;
    }
    Ok(tasks)
}

fn texts(tasks: &[NewTask], field: fn(&NewTask) -> &str) -> Vec<String> {
    tasks.iter().map(|task| field(task).to_owned()).collect()
}

async fn insert(new: &NewRequest, transaction: &mut PgConnection) -> Result<(), StoreError> {
    let tasks = &new.tasks;
    let time = |field: fn(&NewTask) -> Timestamp| -> Vec<jiff_sqlx::Timestamp> {
        tasks.iter().map(|task| field(task).to_sqlx()).collect()
    };
    let channels: Vec<String> = tasks.iter().map(|task| joined(&task.channels)).collect();
    sqlx::query_file!(
        "src/store/sql/care_task_schedule.sql",
        new.now.to_sqlx() as _,
        new.source,
        &texts(tasks, |task| &task.customer_id),
        &texts(tasks, |task| task.kind.key()),
        &texts(tasks, |task| &task.subject),
        &texts(tasks, |task| &task.theme),
        &texts(tasks, |task| &task.owner),
        &channels,
        &time(|task| task.due_time) as _,
        &time(|task| task.expire_time) as _
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "care_task",
        include_str!("../sql/care_task_schedule.sql"),
    ))
    .await?;
    Ok(())
}

async fn find(
    tasks: &[NewTask],
    transaction: &mut PgConnection,
) -> Result<Vec<CareTask>, StoreError> {
    let rows = sqlx::query_file_as!(
        TaskRow,
        "src/store/sql/care_task_find.sql",
        &texts(tasks, |task| &task.customer_id),
        &texts(tasks, |task| task.kind.key()),
        &texts(tasks, |task| &task.subject)
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "SELECT",
        "care_task",
        include_str!("../sql/care_task_find.sql"),
    ))
    .await?;
    rows.into_iter().map(TaskRow::task).collect()
}

async fn withdraw_once(
    withdrawal: &Withdrawal,
    transaction: &mut PgConnection,
) -> Result<u64, StoreError> {
    let Some(request) = &withdrawal.request else {
        return withdraw(withdrawal, transaction).await;
    };
    if let Some(answer) = requests::begin(request, WITHDRAW, transaction).await? {
        return requests::version(&answer, request);
    }
    let count = withdraw(withdrawal, transaction).await?;
    requests::finish(request, count, transaction).await?;
    Ok(count)
}

async fn withdraw(
    withdrawal: &Withdrawal,
    transaction: &mut PgConnection,
) -> Result<u64, StoreError> {
    let done = sqlx::query_file!(
        "src/store/sql/care_task_withdraw.sql",
        withdrawal.customer_id,
        &keys(&withdrawal.kinds),
        withdrawal.subject,
        withdrawal.reason,
        withdrawal.now.to_sqlx() as _
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_withdraw.sql"),
    ))
    .await?;
    Ok(done.rows_affected())
}

async fn list(
    customer_id: &str,
    connection: &mut PgConnection,
) -> Result<Vec<CareTask>, StoreError> {
    let rows = sqlx::query_file_as!(TaskRow, "src/store/sql/care_task_list.sql", customer_id)
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "care_task",
            include_str!("../sql/care_task_list.sql"),
        ))
        .await?;
    rows.into_iter().map(TaskRow::task).collect()
}

async fn summary(
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    connection: &mut PgConnection,
) -> Result<Vec<CareCount>, StoreError> {
    let (from, until) = (from.map(ToSqlx::to_sqlx), until.map(ToSqlx::to_sqlx));
    let rows = sqlx::query_file!("src/store/sql/care_summary.sql", from as _, until as _)
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "care_task",
            include_str!("../sql/care_summary.sql"),
        ))
        .await?;
    let mut counts = Vec::with_capacity(rows.len());
    for row in rows {
        counts.push(CareCount {
            kind: kind(&row.kind, "all")?,
            state: CareState::from_key(&row.state).ok_or_else(|| unreadable("state", "all"))?,
            state_reason: row.state_reason,
            count: row.count.unsigned_abs(),
        });
    }
    Ok(counts)
}
