//! Changes of stage: written with the stage itself, read by page.

use jiff_sqlx::ToSqlx;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::{Store, bigint};
use crate::domain::stage::Stage;
use crate::domain::stage::transition::Transition;

/// How many changes of one customer are kept: one a week for ten years.
const MOST_KEPT: i32 = 520;

/// A page of a customer's changes of stage, and the number to go on before.
pub type TransitionPage = (Vec<Transition>, Option<i32>);

/// A change as it is stored.
pub(super) struct Row {
    pub(super) customer_id: String,
    pub(super) transition_time: jiff_sqlx::Timestamp,
    pub(super) from_stage: String,
    pub(super) to_stage: String,
    pub(super) stage_rule: String,
    pub(super) evidence: String,
    pub(super) churn_risk: Option<f64>,
    pub(super) probability_alive: Option<f64>,
    pub(super) rules_version: i64,
    pub(super) model_activation: i64,
    pub(super) revision: i64,
}

impl Row {
    pub(super) fn transition(self) -> Result<Transition, StoreError> {
        let customer_id = self.customer_id;
        let wrong = |column| StoreError::inconsistent("stage_transition", column, &customer_id);
        Ok(Transition {
            from: Stage::from_key(&self.from_stage).ok_or_else(|| wrong("from_stage"))?,
            to: Stage::from_key(&self.to_stage).ok_or_else(|| wrong("to_stage"))?,
            rule: self.stage_rule,
            evidence: serde_json::from_str(&self.evidence).map_err(|_| wrong("evidence"))?,
            churn_risk: self.churn_risk,
            probability_alive: self.probability_alive,
            rules_version: self.rules_version.unsigned_abs(),
            model_activation: self.model_activation.unsigned_abs(),
            revision: self.revision.unsigned_abs(),
            time: self.transition_time.to_jiff(),
            customer_id,
        })
    }
}

impl Store {
    /// Reads the changes of a customer's stage before a number, latest first.
    pub async fn transitions(
        &self,
        deadline: Deadline,
        customer_id: &str,
        before: Option<i32>,
        size: u32,
    ) -> Result<TransitionPage, StoreError> {
        let input = (customer_id, before, size);
        self.postgres
            .read(
                deadline,
                &input,
                |(customer_id, before, size), connection| {
                    Box::pin(page(customer_id, *before, *size, connection))
                },
            )
            .await
    }
}

async fn page(
    customer_id: &str,
    before: Option<i32>,
    size: u32,
    connection: &mut PgConnection,
) -> Result<TransitionPage, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/stage_transition_page.sql",
        customer_id,
        before.unwrap_or(i32::MAX),
        i64::from(size)
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "stage_transition",
        include_str!("sql/stage_transition_page.sql"),
    ))
    .await?;
    let is_full = u32::try_from(rows.len()).is_ok_and(|count| count == size);
    let next = rows.last().filter(|_| is_full).map(|row| row.number);
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let row = Row {
            transition_time: row.transition_time,
            from_stage: row.from_stage,
            to_stage: row.to_stage,
            stage_rule: row.stage_rule,
            evidence: row.evidence,
            churn_risk: row.churn_risk,
            probability_alive: row.probability_alive,
            rules_version: row.rules_version,
            model_activation: row.model_activation,
            revision: row.revision,
            customer_id: customer_id.to_owned(),
        };
        found.push(row.transition()?);
    }
    Ok((found, next))
}

/// Records changes of stage, at most one for each customer.
pub(super) async fn record(
    transitions: &[Transition],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if transitions.is_empty() {
        return Ok(());
    }
    let text = |field: fn(&Transition) -> &str| -> Vec<String> {
        let all = transitions.iter();
        all.map(|transition| field(transition).to_owned()).collect()
    };
    let number = |field: fn(&Transition) -> u64| -> Vec<i64> {
        let all = transitions.iter();
        all.map(|transition| bigint(field(transition))).collect()
    };
    let share = |field: fn(&Transition) -> Option<f64>| -> Vec<Option<f64>> {
        transitions.iter().map(field).collect()
    };
    let customers = text(|transition| &transition.customer_id);
    let times: Vec<jiff_sqlx::Timestamp> = transitions
        .iter()
        .map(|transition| transition.time.to_sqlx())
        .collect();
    let evidence: Vec<String> = transitions
        .iter()
        .map(evidence_text)
        .collect::<Result<_, _>>()?;
    sqlx::query_file!(
        "src/store/sql/stage_transition_insert.sql",
        &customers,
        &times as _,
        &text(|transition| transition.from.key()),
        &text(|transition| transition.to.key()),
        &text(|transition| &transition.rule),
        &evidence,
        &share(|transition| transition.churn_risk) as _,
        &share(|transition| transition.probability_alive) as _,
        &number(|transition| transition.rules_version),
        &number(|transition| transition.model_activation),
        &number(|transition| transition.revision)
    )
    .execute(&mut *transaction)
    .instrument(statement_span(
        "INSERT",
        "stage_transition",
        include_str!("sql/stage_transition_insert.sql"),
    ))
    .await?;
    sqlx::query_file!(
        "src/store/sql/stage_transition_trim.sql",
        &customers,
        MOST_KEPT
    )
    .execute(transaction)
    .instrument(statement_span(
        "DELETE",
        "stage_transition",
        include_str!("sql/stage_transition_trim.sql"),
    ))
    .await?;
    Ok(())
}

fn evidence_text(transition: &Transition) -> Result<String, StoreError> {
    serde_json::to_string(&transition.evidence).map_err(|_| {
        StoreError::inconsistent("stage_transition", "evidence", &transition.customer_id)
    })
}

/// Forgets the history of customers that are no more.
pub(super) async fn forget(
    customers: &[String],
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/stage_transition_delete.sql", customers)
        .execute(transaction)
        .instrument(statement_span(
            "DELETE",
            "stage_transition",
            include_str!("sql/stage_transition_delete.sql"),
        ))
        .await?;
    Ok(())
}
