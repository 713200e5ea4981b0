//! Table `event`.

use std::collections::{BTreeSet, HashMap};

use kernel::id::{CustomerId, EventId};
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::decode::{Place, column, time};
use crate::domain::book::Book;
use crate::domain::event::TimelineEvent;
use crate::domain::timeline::{MOST_PURCHASE_DAYS, Tally, Timeline};
use crate::domain::vocabulary::Numbered;

/// A place in a timeline that is read from the newest event to the oldest.
#[derive(Clone, Debug)]
pub struct EventPlace {
    /// When the last event that was read happened.
    pub event_time: Timestamp,
    /// Its id.
    pub event_id: String,
}

struct Row {
    customer_id: String,
    event_id: String,
    kind: i16,
    event_time: jiff_sqlx::Timestamp,
    subscription_id: Option<String>,
    amount_minor: Option<i64>,
    currency: Option<String>,
    quantity: i64,
    detail: String,
    survey_score: Option<i16>,
}

impl Row {
    fn decode(self) -> Result<TimelineEvent, StoreError> {
        let place = Place {
            table: "event",
            row: &self.event_id,
        };
        let score = self.survey_score.map(u8::try_from).transpose();
        Ok(TimelineEvent {
            customer_id: place.id("customer_id", &self.customer_id)?,
            event_id: place.id("event_id", &self.event_id)?,
            kind: place.word("kind", self.kind)?,
            event_time: self.event_time.to_jiff(),
            subscription_id: place
                .optional_id("subscription_id", self.subscription_id.as_deref())?,
            amount: place.money(self.amount_minor, self.currency.as_deref())?,
            quantity: u32::try_from(self.quantity).map_err(|_| place.inconsistent("quantity"))?,
            survey_score: score.map_err(|_| place.inconsistent("survey_score"))?,
            detail: self.detail,
        })
    }
}

/// Loads the named events; those that are not recorded are left out.
pub(super) async fn load(
    connection: &mut PgConnection,
    named: &BTreeSet<(CustomerId, EventId)>,
) -> Result<Vec<TimelineEvent>, StoreError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let text = include_str!("sql/event_load.sql");
    let rows = sqlx::query_file_as!(
        Row,
        "src/store/sql/event_load.sql",
        &column(named, |(customer, _)| customer.to_string()),
        &column(named, |(_, event)| event.to_string()),
    )
    .fetch_all(connection)
    .instrument(statement_span("SELECT", "event", text))
    .await?;
    rows.into_iter().map(Row::decode).collect()
}

/// Reads events of a customer from the newest to the oldest, after a place.
pub(super) async fn list(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    after: &EventPlace,
    limit: i64,
) -> Result<Vec<TimelineEvent>, StoreError> {
    let text = include_str!("sql/event_list.sql");
    let rows = sqlx::query_file_as!(
        Row,
        "src/store/sql/event_list.sql",
        customer_id.as_str(),
        time(after.event_time) as _,
        &after.event_id,
        limit,
    )
    .fetch_all(connection)
    .instrument(statement_span("SELECT", "event", text))
    .await?;
    rows.into_iter().map(Row::decode).collect()
}

/// Writes the new events of changed books.
pub(super) async fn save(
    connection: &mut PgConnection,
    changed: &[&Book],
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows: Vec<&TimelineEvent> = changed
        .iter()
        .flat_map(|book| {
            book.touched
                .events
                .iter()
                .filter_map(|id| book.events.get(id))
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = include_str!("sql/event_save.sql");
    sqlx::query_file!(
        "src/store/sql/event_save.sql",
        &column(&rows, |e| e.customer_id.to_string()),
        &column(&rows, |e| e.event_id.to_string()),
        &column(&rows, |e| e.kind.number()),
        &column(&rows, |e| time(e.event_time)) as _,
        &column(&rows, |e| e
            .subscription_id
            .as_ref()
            .map(ToString::to_string)) as _,
        &column(&rows, |e| e.amount.map(|a| a.minor)) as _,
        &column(&rows, |e| e.amount.map(|a| a.currency.to_string())) as _,
        &column(&rows, |e| i64::from(e.quantity)),
        &column(&rows, |e| e.detail.clone()),
        &column(&rows, |e| e.survey_score.map(i16::from)) as _,
        time(now) as _,
    )
    .execute(connection)
    .instrument(statement_span("INSERT", "event", text))
    .await?;
    Ok(())
}

/// Counts the timelines of customers; those without an event are left out.
pub(super) async fn timelines(
    connection: &mut PgConnection,
    customer_ids: &[String],
) -> Result<HashMap<String, Timeline>, StoreError> {
    let mut tallies = tallies(connection, customer_ids).await?;
    let mut days = purchase_days(connection, customer_ids).await?;
    let timelines = tallies.drain().map(|(customer_id, tallies)| {
        let (latest, count) = days.remove(&customer_id).unwrap_or_default();
        (customer_id, Timeline::from_tallies(tallies, latest, count))
    });
    Ok(timelines.collect())
}

async fn tallies(
    connection: &mut PgConnection,
    customer_ids: &[String],
) -> Result<HashMap<String, Vec<Tally>>, StoreError> {
    let text = include_str!("sql/event_tallies.sql");
    let rows = sqlx::query_file!("src/store/sql/event_tallies.sql", customer_ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "event", text))
        .await?;
    let mut tallies: HashMap<String, Vec<Tally>> = HashMap::new();
    for row in rows {
        let place = Place {
            table: "event",
            row: &row.customer_id,
        };
        let tally = Tally {
            kind: place.word("kind", row.kind)?,
            currency: place.currency(row.currency.as_deref())?,
            count: place.count("event_id", row.count)?,
            first_time: row.first_time.to_jiff(),
            last_time: row.last_time.to_jiff(),
            total_minor: row.total_minor,
        };
        tallies.entry(row.customer_id).or_default().push(tally);
    }
    Ok(tallies)
}

type Days = (Vec<i32>, u64);

async fn purchase_days(
    connection: &mut PgConnection,
    customer_ids: &[String],
) -> Result<HashMap<String, Days>, StoreError> {
    let most = i32::try_from(MOST_PURCHASE_DAYS).unwrap_or(i32::MAX);
    let text = include_str!("sql/event_purchase_days.sql");
    let rows = sqlx::query_file!("src/store/sql/event_purchase_days.sql", customer_ids, most)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "event", text))
        .await?;
    let days = rows.into_iter().map(|row| {
        let place = Place {
            table: "event",
            row: &row.customer_id,
        };
        let count = place.count("event_time", row.day_count)?;
        Ok((row.customer_id, (row.latest_days, count)))
    });
    days.collect()
}
