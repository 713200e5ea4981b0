//! Where customers stand: written by COPY, so that a whole portfolio goes in as fast as Postgres
//! takes rows.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::time::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tokio::task::spawn_blocking;
use tracing::Instrument;

use super::care::{Fingerprint, Planned, plan_customers};
use super::memories::risks_text;
use super::{bigint, transitions};
use crate::domain::facts::CustomerFacts;
use crate::domain::portfolio::scored_customer::{ScoredCustomer, Scoring};
use crate::domain::stage::memory::StageMemory;

/// A customer to score, and what is remembered of them.
pub type ToRate = (CustomerFacts, Option<StageMemory>);

/// Scores customers together, each after what is remembered: nothing for one who cannot be scored.
pub type Scorer = Arc<dyn Fn(&[ToRate]) -> Vec<Option<Scoring>> + Send + Sync>;

/// Scores customers aside from the calls being served: a foreign model takes its time.
pub(super) async fn score_aside(score: &Scorer, customers: Vec<ToRate>) -> Vec<Option<Scoring>> {
    let score = Arc::clone(score);
    match spawn_blocking(move || score(&customers)).await {
        Ok(scorings) => scorings,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The process ends: whatever is under way is cut off.
            Err(_cancelled) => Vec::new(),
        },
    }
}

/// The lock that keeps those who score customers apart: whoever takes customers over holds it
/// alone, the workers of a run share it. So nobody scores a customer whose facts are just being
/// replaced, and nobody brings one back who is just being erased. The letters "stage".
const SCORING_LOCK: i64 = 0x73_7461_6765;

const COPY: &str = "copy scored_customer (customer_id, revision, business_line, stage, stage_rule, \
                    stage_since, risk_memory, live, churn_risk, probability_alive, value_minor, \
                    value_currency, rules_version, model_activation, scored_time, valid_until, \
                    care_plan_version, care_fingerprint) \
                    from stdin with (format csv, null '\\N')";

/// What stands for nothing in what is copied.
const NULL: &str = "\\N";

/// Waits until no worker scores, and keeps them from it until the transaction ends.
pub(super) async fn lock_alone(transaction: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/scoring_lock_alone.sql", SCORING_LOCK)
        .execute(transaction)
        .instrument(statement_span("SELECT", "pg_locks", ""))
        .await?;
    Ok(())
}

/// Waits until nobody takes customers over, and keeps them from it until the transaction ends.
pub(super) async fn lock_shared(transaction: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query_file!("src/store/sql/scoring_lock_shared.sql", SCORING_LOCK)
        .execute(transaction)
        .instrument(statement_span("SELECT", "pg_locks", ""))
        .await?;
    Ok(())
}

/// Puts customers where they stand now, records who changed the stage, and plans the care of those of
/// whom something else is wanted than before.
pub(super) async fn replace(
    scorings: Vec<Scoring>,
    wanted_before: &HashMap<String, Fingerprint>,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    if scorings.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = scorings
        .iter()
        .map(|scoring| scoring.customer.customer_id.clone())
        .collect();
    let rows = rows(&scorings)?;
    plan_care(&scorings, wanted_before, transaction).await?;
    sqlx::query_file!("src/store/sql/scored_customer_delete.sql", &ids)
        .execute(&mut *transaction)
        .instrument(statement_span(
            "DELETE",
            "scored_customer",
            include_str!("sql/scored_customer_delete.sql"),
        ))
        .await?;
    copy(rows, transaction)
        .instrument(statement_span("COPY", "scored_customer", COPY))
        .await?;
    let changes: Vec<_> = scorings
        .into_iter()
        .filter_map(|scoring| scoring.transition)
        .collect();
    transitions::record(&changes, transaction).await
}

async fn plan_care(
    scorings: &[Scoring],
    wanted_before: &HashMap<String, Fingerprint>,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    // All of a run are scored for the same time.
    let Some(now) = scorings.first().map(|it| it.customer.scored_time) else {
        return Ok(());
    };
    let planned: Vec<Planned<'_>> = scorings
        .iter()
        .map(|scoring| Planned {
            customer_id: &scoring.customer.customer_id,
            outlook: &scoring.care,
        })
        .collect();
    plan_customers(&planned, wanted_before, now, transaction).await
}

async fn copy(rows: Vec<u8>, transaction: &mut PgConnection) -> Result<(), StoreError> {
    let mut copy = transaction.copy_in_raw(COPY).await?;
    if let Err(error) = copy.send(rows).await {
        // The first error is the one that says why.
        let _ = copy.abort("the rows could not be sent").await;
        return Err(error.into());
    }
    copy.finish().await?;
    Ok(())
}

/// One row as it is copied.
#[derive(Serialize)]
struct Row<'a> {
    customer_id: &'a str,
    revision: i64,
    business_line: &'a str,
    stage: &'a str,
    stage_rule: &'a str,
    stage_since: Timestamp,
    risk_memory: String,
    live: bool,
    churn_risk: Nullable<f64>,
    probability_alive: Nullable<f64>,
    value_minor: Nullable<i64>,
    value_currency: Nullable<&'a str>,
    rules_version: i64,
    model_activation: i64,
    scored_time: Timestamp,
    valid_until: Timestamp,
    care_plan_version: i64,
    care_fingerprint: i64,
}

/// Nothing must not read as an empty text.
struct Nullable<T>(Option<T>);

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(value) => value.serialize(serializer),
            None => NULL.serialize(serializer),
        }
    }
}

fn rows(scorings: &[Scoring]) -> Result<Vec<u8>, StoreError> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::with_capacity(scorings.len() * 200));
    for scoring in scorings {
        writer
            .serialize(row(scoring)?)
            .map_err(|_| unwritable(&scoring.customer))?;
    }
    let unflushed = |_| StoreError::inconsistent("scored_customer", "customer_id", "new");
    writer.into_inner().map_err(unflushed)
}

fn unwritable(customer: &ScoredCustomer) -> StoreError {
    StoreError::inconsistent("scored_customer", "customer_id", &customer.customer_id)
}

fn row(scoring: &Scoring) -> Result<Row<'_>, StoreError> {
    let customer = &scoring.customer;
    let memory = &customer.memory;
    let value = customer.value_remaining.as_ref();
    Ok(Row {
        customer_id: &customer.customer_id,
        revision: bigint(customer.revision),
        business_line: &customer.business_line,
        stage: memory.stage.key(),
        stage_rule: &customer.rule,
        stage_since: memory.since,
        risk_memory: risks_text(&memory.risks, &customer.customer_id)?,
        live: customer.live,
        churn_risk: Nullable(customer.churn_risk),
        probability_alive: Nullable(customer.probability_alive),
        value_minor: Nullable(value.map(|value| value.minor)),
        value_currency: Nullable(value.map(|value| value.currency.code())),
        rules_version: bigint(memory.rules_version),
        model_activation: bigint(memory.model_activation),
        scored_time: customer.scored_time,
        valid_until: customer.valid_until,
        care_plan_version: bigint(scoring.care.plan_version),
        care_fingerprint: scoring.care.fingerprint,
    })
}
