//! Table `consent`.

use std::collections::BTreeSet;

use kernel::id::CustomerId;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::decode::{Place, column, time};
use crate::domain::book::Book;
use crate::domain::consent::{Consent, Statement};
use crate::domain::vocabulary::Numbered;

struct Row {
    customer_id: String,
    channel: i16,
    record_time: jiff_sqlx::Timestamp,
    state: i16,
    source: String,
}

impl Row {
    fn decode(self) -> Result<Consent, StoreError> {
        let place = Place {
            table: "consent",
            row: &self.customer_id,
        };
        Ok(Consent {
            customer_id: place.id("customer_id", &self.customer_id)?,
            statement: Statement {
                channel: place.word("channel", self.channel)?,
                record_time: self.record_time.to_jiff(),
                state: place.word("state", self.state)?,
            },
            source: self.source,
        })
    }
}

/// Loads the statements of customers that count, and those that are named.
pub(super) async fn load(
    connection: &mut PgConnection,
    customer_ids: &[String],
    named: &BTreeSet<(CustomerId, Statement)>,
) -> Result<Vec<Consent>, StoreError> {
    let text = include_str!("sql/consent_load.sql");
    let rows = sqlx::query_file_as!(
        Row,
        "src/store/sql/consent_load.sql",
        customer_ids,
        &column(named, |(id, _)| id.to_string()),
        &column(named, |(_, s)| s.channel.number()),
        &column(named, |(_, s)| time(s.record_time)) as _,
        &column(named, |(_, s)| s.state.number()),
    )
    .fetch_all(connection)
    .instrument(statement_span("SELECT", "consent", text))
    .await?;
    rows.into_iter().map(Row::decode).collect()
}

/// Reads what a customer said, newest first.
pub(super) async fn list(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    limit: i64,
) -> Result<Vec<Consent>, StoreError> {
    let text = include_str!("sql/consent_list.sql");
    let rows = sqlx::query_file_as!(
        Row,
        "src/store/sql/consent_list.sql",
        customer_id.as_str(),
        limit
    )
    .fetch_all(connection)
    .instrument(statement_span("SELECT", "consent", text))
    .await?;
    rows.into_iter().map(Row::decode).collect()
}

/// Writes the new statements of changed books.
pub(super) async fn save(
    connection: &mut PgConnection,
    changed: &[&Book],
) -> Result<(), StoreError> {
    let rows: Vec<(&CustomerId, &Statement, &String)> = changed
        .iter()
        .flat_map(|book| {
            let touched = book.touched.statements.iter();
            touched.filter_map(|said| {
                let source = book.statements.get(said)?;
                Some((&book.customer_id, said, source))
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = include_str!("sql/consent_save.sql");
    sqlx::query_file!(
        "src/store/sql/consent_save.sql",
        &column(&rows, |(id, ..)| id.to_string()),
        &column(&rows, |(_, said, _)| said.channel.number()),
        &column(&rows, |(_, said, _)| time(said.record_time)) as _,
        &column(&rows, |(_, said, _)| said.state.number()),
        &column(&rows, |(.., source)| (*source).clone()),
    )
    .execute(connection)
    .instrument(statement_span("INSERT", "consent", text))
    .await?;
    Ok(())
}
