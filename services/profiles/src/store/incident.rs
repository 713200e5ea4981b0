//! Table `incident`.

use std::collections::{BTreeSet, HashMap};

use kernel::id::{CustomerId, IncidentId};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::decode::{Place, column, number, optional_time, time};
use crate::domain::book::Book;
use crate::domain::facts::IncidentHistory;
use crate::domain::incident::{Incident, IncidentCore, Resolution};
use crate::domain::vocabulary::Numbered;

struct Row {
    customer_id: String,
    incident_id: String,
    subscription_id: Option<String>,
    severity: i16,
    responsible_party: Option<i16>,
    category: String,
    open_time: jiff_sqlx::Timestamp,
    recovery_step: Option<i16>,
    promise_due_time: Option<jiff_sqlx::Timestamp>,
    promise_broken: bool,
    broken_promise_due_time: Option<jiff_sqlx::Timestamp>,
    resolve_time: Option<jiff_sqlx::Timestamp>,
    outcome: Option<String>,
}

/// Loads the open incidents of customers, and the resolved ones that are named.
pub(super) async fn load(
    connection: &mut PgConnection,
    customer_ids: &[String],
    named: &BTreeSet<(CustomerId, IncidentId)>,
) -> Result<Vec<(CustomerId, Incident)>, StoreError> {
    let text = include_str!("sql/incident_load.sql");
    let rows = sqlx::query_file_as!(
        Row,
        "src/store/sql/incident_load.sql",
        customer_ids,
        &column(named, |(customer, _)| customer.to_string()),
        &column(named, |(_, incident)| incident.to_string()),
    )
    .fetch_all(connection)
    .instrument(statement_span("SELECT", "incident", text))
    .await?;
    rows.into_iter().map(Row::decode).collect()
}

impl Row {
    fn decode(self) -> Result<(CustomerId, Incident), StoreError> {
        let place = Place {
            table: "incident",
            row: &self.incident_id,
        };
        let resolution = self
            .resolve_time
            .zip(self.outcome)
            .map(|(time, outcome)| Resolution {
                resolve_time: time.to_jiff(),
                outcome,
            });
        let core = IncidentCore {
            subscription_id: place
                .optional_id("subscription_id", self.subscription_id.as_deref())?,
            severity: place.word("severity", self.severity)?,
            responsible_party: place.optional_word("responsible_party", self.responsible_party)?,
            category: self.category,
            open_time: self.open_time.to_jiff(),
        };
        let incident = Incident {
            incident_id: place.id("incident_id", &self.incident_id)?,
            core,
            recovery_step: place.optional_word("recovery_step", self.recovery_step)?,
            promise_due_time: self.promise_due_time.map(jiff_sqlx::Timestamp::to_jiff),
            promise_broken: self.promise_broken,
            broken_promise_due_time: self
                .broken_promise_due_time
                .map(jiff_sqlx::Timestamp::to_jiff),
            resolution,
        };
        Ok((place.id("customer_id", &self.customer_id)?, incident))
    }
}

/// Writes the touched incidents of changed books.
pub(super) async fn save(
    connection: &mut PgConnection,
    changed: &[&Book],
) -> Result<(), StoreError> {
    let rows: Vec<(&CustomerId, &Incident)> = changed
        .iter()
        .flat_map(|book| {
            let touched = book.touched.incidents.iter();
            touched.filter_map(|id| book.incidents.get(id).map(|i| (&book.customer_id, i)))
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let resolutions: Vec<_> = rows.iter().map(|(_, i)| i.resolution.as_ref()).collect();
    let text = include_str!("sql/incident_save.sql");
    sqlx::query_file!(
        "src/store/sql/incident_save.sql",
        &column(&rows, |(id, _)| id.to_string()),
        &column(&rows, |(_, i)| i.incident_id.to_string()),
        &column(&rows, |(_, i)| i
            .core
            .subscription_id
            .as_ref()
            .map(ToString::to_string)) as _,
        &column(&rows, |(_, i)| i.core.severity.number()),
        &column(&rows, |(_, i)| number(i.core.responsible_party)) as _,
        &column(&rows, |(_, i)| i.core.category.clone()),
        &column(&rows, |(_, i)| time(i.core.open_time)) as _,
        &column(&rows, |(_, i)| number(i.recovery_step)) as _,
        &column(&rows, |(_, i)| optional_time(i.promise_due_time)) as _,
        &column(&rows, |(_, i)| i.promise_broken),
        &column(&rows, |(_, i)| optional_time(i.broken_promise_due_time)) as _,
        &column(&resolutions, |r| r.map(|r| time(r.resolve_time))) as _,
        &column(&resolutions, |r| r.map(|r| r.outcome.clone())) as _,
    )
    .execute(connection)
    .instrument(statement_span("INSERT", "incident", text))
    .await?;
    Ok(())
}

/// Counts the incidents of customers; those without one are left out.
pub(super) async fn histories(
    connection: &mut PgConnection,
    customer_ids: &[String],
) -> Result<HashMap<String, IncidentHistory>, StoreError> {
    let text = include_str!("sql/incident_history.sql");
    let rows = sqlx::query_file!("src/store/sql/incident_history.sql", customer_ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "incident", text))
        .await?;
    let histories = rows.into_iter().map(|row| {
        let history = IncidentHistory {
            count: u32::try_from(row.count).unwrap_or(u32::MAX),
            last_resolve_time: row.last_resolve_time.map(jiff_sqlx::Timestamp::to_jiff),
        };
        (row.customer_id, history)
    });
    Ok(histories.collect())
}
