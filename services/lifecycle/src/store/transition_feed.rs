//! The changes of stage of all customers as a feed: in one order, without gaps.

use std::time::Duration;

use kernel::time::Deadline;
use sqlx::PgConnection;
pub use storage::outbox::feed::Position;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;
use super::transitions::Row;
use crate::domain::stage::transition::Transition;

/// A run of changes.
#[derive(Clone, Debug)]
pub struct TransitionRun {
    /// The changes, in order.
    pub transitions: Vec<Transition>,
    /// The place after them.
    pub position: Position,
}

impl Store {
    /// Reads the next run of changes.
    ///
    /// The changes of one customer come in the order in which they were made: whoever scores takes
    /// the scoring lock before the transaction gets its number.
    pub async fn transitions_after(
        &self,
        deadline: Deadline,
        position: Position,
        limit: u32,
    ) -> Result<TransitionRun, StoreError> {
        self.postgres
            .read(
                deadline,
                &(position, limit),
                |(position, limit), connection| Box::pin(page(*position, *limit, connection)),
            )
            .await
    }

    /// Tells how long the oldest change after a place has been waiting, whether it can be read yet
    /// or not.
    pub async fn transition_lag(
        &self,
        deadline: Deadline,
        position: Position,
    ) -> Result<Duration, StoreError> {
        self.postgres
            .read(deadline, &position, |position, connection| {
                Box::pin(lag(*position, connection))
            })
            .await
    }

    /// Finds the place before which every change can be read already.
    pub async fn latest_transition(&self, deadline: Deadline) -> Result<Position, StoreError> {
        self.postgres
            .read(deadline, &(), |(), connection| Box::pin(now(connection)))
            .await
    }
}

async fn page(
    position: Position,
    limit: u32,
    connection: &mut PgConnection,
) -> Result<TransitionRun, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/transition_feed_page.sql",
        position.transaction_id().to_string(),
        position.id(),
        i64::from(limit)
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "stage_transition",
        include_str!("sql/transition_feed_page.sql"),
    ))
    .await?;
    let last = rows.last();
    let position = last.map_or(position, |row| Position::new(row.transaction_id, row.id));
    let mut transitions = Vec::with_capacity(rows.len());
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
            customer_id: row.customer_id,
        };
        transitions.push(row.transition()?);
    }
    Ok(TransitionRun {
        transitions,
        position,
    })
}

async fn lag(position: Position, connection: &mut PgConnection) -> Result<Duration, StoreError> {
    let seconds = sqlx::query_file_scalar!(
        "src/store/sql/transition_feed_oldest_pending.sql",
        position.transaction_id().to_string(),
        position.id()
    )
    .fetch_optional(connection)
    .instrument(statement_span(
        "SELECT",
        "stage_transition",
        include_str!("sql/transition_feed_oldest_pending.sql"),
    ))
    .await?;
    Ok(Duration::from_secs_f64(seconds.unwrap_or(0.0)))
}

async fn now(connection: &mut PgConnection) -> Result<Position, StoreError> {
    let transaction_id = sqlx::query_file_scalar!("src/store/sql/transition_feed_now.sql")
        .fetch_one(connection)
        .instrument(statement_span("SELECT", "pg_current_snapshot", ""))
        .await?;
    Ok(Position::new(transaction_id, 0))
}
