//! What the plan wants, written with the scores it follows from: only for customers of whom something
//! else is wanted than before.

use std::collections::HashMap;

use jiff_sqlx::ToSqlx;
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::kind;
use crate::domain::care::NewTask;
use crate::domain::care::planning::CareOutlook;
use crate::domain::care::withdrawal::Asked;

/// What was wanted of a customer before: the version of the plan, and what stands for it.
pub(in crate::store) type Fingerprint = (u64, i64);

/// A customer who was planned.
pub(in crate::store) struct Planned<'a> {
    pub(in crate::store) customer_id: &'a str,
    pub(in crate::store) outlook: &'a CareOutlook,
}

/// Reads what was wanted of some customers before.
pub(in crate::store) async fn fingerprints(
    customers: &[String],
    transaction: &mut PgConnection,
) -> Result<HashMap<String, Fingerprint>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/care_fingerprint_read.sql", customers)
        .fetch_all(transaction)
        .instrument(statement_span(
            "SELECT",
            "scored_customer",
            include_str!("../sql/care_fingerprint_read.sql"),
        ))
        .await?;
    let before = rows.into_iter().map(|row| {
        let plan_version = row.care_plan_version.unsigned_abs();
        (row.customer_id, (plan_version, row.care_fingerprint))
    });
    Ok(before.collect())
}

/// Brings the tasks of customers to what is wanted now.
pub(in crate::store) async fn plan_customers(
    planned: &[Planned<'_>],
    before: &HashMap<String, Fingerprint>,
    now: Timestamp,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    end_asked(planned, now, transaction).await?;
    let changed = planned.iter().filter(|customer| {
        let known = before.get(customer.customer_id);
        known.is_none_or(|(_, fingerprint)| *fingerprint != customer.outlook.fingerprint)
    });
    let changed: Vec<&Planned<'_>> = changed.collect();
    if changed.is_empty() {
        return Ok(());
    }
    let wanted = changed.iter().flat_map(|customer| &customer.outlook.wanted);
    let wanted: Vec<&NewTask> = wanted.collect();
    withdraw_unwanted(&changed, &wanted, now, transaction).await?;
    make(&wanted, now, transaction).await
}

fn texts(tasks: &[&NewTask], field: fn(&NewTask) -> &str) -> Vec<String> {
    tasks.iter().map(|task| field(task).to_owned()).collect()
}

async fn withdraw_unwanted(
    changed: &[&Planned<'_>],
    wanted: &[&NewTask],
    now: Timestamp,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let customers = changed.iter().map(|customer| customer.customer_id);
    let customers: Vec<String> = customers.map(str::to_owned).collect();
    let reasons = changed.iter().map(|customer| {
        let relation = &customer.outlook.relation;
        relation.withdrawal_reason().to_owned()
    });
    let reasons: Vec<String> = reasons.collect();
    sqlx::query_file!(
        "src/store/sql/care_task_unwanted.sql",
        now.to_sqlx() as _,
        &customers,
        &reasons,
        &texts(wanted, |task| &task.customer_id),
        &texts(wanted, |task| task.kind.key()),
        &texts(wanted, |task| &task.subject)
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "care_task",
        include_str!("../sql/care_task_unwanted.sql"),
    ))
    .await?;
    Ok(())
}

async fn make(
    wanted: &[&NewTask],
    now: Timestamp,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let time = |field: fn(&NewTask) -> Timestamp| -> Vec<jiff_sqlx::Timestamp> {
        wanted.iter().map(|task| field(task).to_sqlx()).collect()
    };
    let held_out: Vec<bool> = wanted.iter().map(|task| task.is_held_out).collect();
    sqlx::query_file!(
        "src/store/sql/care_task_plan.sql",
        now.to_sqlx() as _,
        &texts(wanted, |task| &task.customer_id),
        &texts(wanted, |task| task.kind.key()),
        &texts(wanted, |task| &task.subject),
        &texts(wanted, |task| &task.theme),
        &texts(wanted, |task| &task.owner),
        &time(|task| task.due_time) as _,
        &time(|task| task.expire_time) as _,
        &held_out
    )
    .execute(transaction)
    .instrument(statement_span(
        "INSERT",
        "care_task",
        include_str!("../sql/care_task_plan.sql"),
    ))
    .await?;
    Ok(())
}

/// Ends what other services asked for and is over, whoever looks at the customer first.
async fn end_asked(
    planned: &[Planned<'_>],
    now: Timestamp,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let relations: HashMap<&str, _> = planned
        .iter()
        .map(|customer| (customer.customer_id, &customer.outlook.relation))
        .collect();
    let customers: Vec<String> = relations.keys().copied().map(str::to_owned).collect();
    let rows = sqlx::query_file!("src/store/sql/care_task_asked.sql", &customers)
        .fetch_all(&mut *transaction)
        .instrument(statement_span(
            "SELECT",
            "care_task",
            include_str!("../sql/care_task_asked.sql"),
        ))
        .await?;
    let (mut ids, mut tasks, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let asked = Asked {
            kind: kind(&row.kind, &row.task_id)?,
            subject: row.subject,
            owner: row.owner,
            ask_time: row.ask_time.to_jiff(),
        };
        let relation = relations.get(row.customer_id.as_str());
        if let Some(reason) = relation.and_then(|relation| relation.ends(&asked, now)) {
            ids.push(row.customer_id);
            tasks.push(row.task_id);
            reasons.push(reason.to_owned());
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query_file!(
        "src/store/sql/care_task_drop.sql",
        now.to_sqlx() as _,
        &ids,
        &tasks,
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
