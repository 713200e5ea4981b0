//! Table `customer`.

use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::decode::{Place, column, number, time};
use crate::domain::book::Book;
use crate::domain::customer::{Customer, Version};
use crate::domain::personal::Personal;

struct Row {
    customer_id: String,
    revision: i64,
    create_time: jiff_sqlx::Timestamp,
    update_time: jiff_sqlx::Timestamp,
    kind: Option<i16>,
    display_name: String,
    email: String,
    phone: String,
    jurisdiction: String,
    language: String,
    deceased: bool,
    vulnerable: bool,
    do_not_offer: bool,
    time_zone: String,
}

/// Reads customers; those that are not recorded are left out.
pub(super) async fn read(
    connection: &mut PgConnection,
    customer_ids: &[String],
) -> Result<Vec<(Customer, Version)>, StoreError> {
    let text = include_str!("sql/customer_read.sql");
    let rows = sqlx::query_file_as!(Row, "src/store/sql/customer_read.sql", customer_ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "customer", text))
        .await?;
    rows.into_iter().map(Row::decode).collect()
}

impl Row {
    fn decode(self) -> Result<(Customer, Version), StoreError> {
        let place = Place {
            table: "customer",
            row: &self.customer_id,
        };
        let version = Version {
            revision: place.count("revision", self.revision)?,
            create_time: self.create_time.to_jiff(),
            update_time: self.update_time.to_jiff(),
        };
        let customer = Customer {
            customer_id: place.id("customer_id", &self.customer_id)?,
            kind: place.optional_word("kind", self.kind)?,
            display_name: Personal::new(self.display_name),
            email: Personal::new(self.email),
            phone: Personal::new(self.phone),
            jurisdiction: self.jurisdiction,
            language: self.language,
            deceased: self.deceased,
            vulnerable: self.vulnerable,
            do_not_offer: self.do_not_offer,
            time_zone: self.time_zone,
        };
        Ok((customer, version))
    }
}

/// Writes the customers of changed books, with their new revisions.
pub(super) async fn save(
    connection: &mut PgConnection,
    changed: &[&Book],
) -> Result<(), StoreError> {
    let rows: Vec<(&Customer, Version)> = changed
        .iter()
        .filter_map(|book| {
            book.customer
                .as_ref()
                .map(|customer| (customer, book.version))
        })
        .collect();
    let text = include_str!("sql/customer_save.sql");
    let saved = sqlx::query_file!(
        "src/store/sql/customer_save.sql",
        &column(&rows, |(c, _)| c.customer_id.to_string()),
        &column(&rows, |(_, v)| v.revision.cast_signed()),
        &column(&rows, |(_, v)| time(v.create_time)) as _,
        &column(&rows, |(_, v)| time(v.update_time)) as _,
        &column(&rows, |(c, _)| number(c.kind)) as _,
        &column(&rows, |(c, _)| c.display_name.expose().to_owned()),
        &column(&rows, |(c, _)| c.email.expose().to_owned()),
        &column(&rows, |(c, _)| c.phone.expose().to_owned()),
        &column(&rows, |(c, _)| c.jurisdiction.clone()),
        &column(&rows, |(c, _)| c.language.clone()),
        &column(&rows, |(c, _)| c.deceased),
        &column(&rows, |(c, _)| c.vulnerable),
        &column(&rows, |(c, _)| c.do_not_offer),
        &column(&rows, |(c, _)| c.time_zone.clone()),
    )
    .execute(connection)
    .instrument(statement_span("INSERT", "customer", text))
    .await?;
    if saved.rows_affected() == rows.len() as u64 {
        return Ok(());
    }
    let first = rows
        .first()
        .map_or("", |(customer, _)| customer.customer_id.as_str());
    Err(StoreError::inconsistent("customer", "revision", first))
}
