//! Table `subscription`.

use std::collections::BTreeMap;

use kernel::id::CustomerId;
use sqlx::PgConnection;
use sqlx::types::Json;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::decode::{Place, column, number, optional_time, time};
use crate::domain::book::Book;
use crate::domain::subscription::{End, StatedReason, Subscription};
use crate::domain::vocabulary::Numbered;

struct Row {
    customer_id: String,
    subscription_id: String,
    account_id: String,
    product: String,
    relationship: Option<i16>,
    contract_kind: Option<i16>,
    standing: i16,
    start_time: jiff_sqlx::Timestamp,
    commitment_end_time: Option<jiff_sqlx::Timestamp>,
    service_end_time: Option<jiff_sqlx::Timestamp>,
    billing_end_time: Option<jiff_sqlx::Timestamp>,
    end_reason: Option<i16>,
    stated_reason: String,
    reason_category: String,
    end_reached: bool,
    price_minor: Option<i64>,
    currency: Option<String>,
    attributes: Json<BTreeMap<String, String>>,
}

/// Reads all subscriptions of customers, oldest first.
pub(super) async fn read(
    connection: &mut PgConnection,
    customer_ids: &[String],
) -> Result<Vec<(CustomerId, Subscription)>, StoreError> {
    let text = include_str!("sql/subscription_load.sql");
    let rows = sqlx::query_file_as!(Row, "src/store/sql/subscription_load.sql", customer_ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "subscription", text))
        .await?;
    rows.into_iter().map(Row::decode).collect()
}

impl Row {
    fn decode(self) -> Result<(CustomerId, Subscription), StoreError> {
        let place = Place {
            table: "subscription",
            row: &self.subscription_id,
        };
        let code = self.currency.as_deref();
        let subscription = Subscription {
            account_id: place.id("account_id", &self.account_id)?,
            subscription_id: place.id("subscription_id", &self.subscription_id)?,
            relationship: place.optional_word("relationship", self.relationship)?,
            contract_kind: place.optional_word("contract_kind", self.contract_kind)?,
            standing: place.word("standing", self.standing)?,
            start_time: self.start_time.to_jiff(),
            commitment_end_time: self.commitment_end_time.map(jiff_sqlx::Timestamp::to_jiff),
            end: self.end(place)?,
            monthly_price: place.money(self.price_minor, code)?,
            currency: place.currency(code)?,
            product: self.product,
            attributes: self.attributes.0,
        };
        let place = Place {
            table: "subscription",
            row: subscription.subscription_id.as_str(),
        };
        Ok((place.id("customer_id", &self.customer_id)?, subscription))
    }

    fn end(&self, place: Place<'_>) -> Result<Option<End>, StoreError> {
        let Some(service_end_time) = self.service_end_time else {
            return Ok(None);
        };
        Ok(Some(End {
            service_end_time: service_end_time.to_jiff(),
            billing_end_time: self.billing_end_time.map(jiff_sqlx::Timestamp::to_jiff),
            reason: place.optional_word("end_reason", self.end_reason)?,
            stated: StatedReason {
                key: self.stated_reason.clone(),
                category: self.reason_category.clone(),
            },
            reached: self.end_reached,
        }))
    }
}

/// Writes the touched subscriptions of changed books.
pub(super) async fn save(
    connection: &mut PgConnection,
    changed: &[&Book],
) -> Result<(), StoreError> {
    let rows: Vec<(&CustomerId, &Subscription)> = changed
        .iter()
        .flat_map(|book| {
            let touched = book.touched.subscriptions.iter();
            touched.filter_map(|id| book.subscriptions.get(id).map(|s| (&book.customer_id, s)))
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let ends: Vec<Option<&End>> = rows.iter().map(|(_, s)| s.end.as_ref()).collect();
    let text = include_str!("sql/subscription_save.sql");
    sqlx::query_file!(
        "src/store/sql/subscription_save.sql",
        &column(&rows, |(id, _)| id.to_string()),
        &column(&rows, |(_, s)| s.subscription_id.to_string()),
        &column(&rows, |(_, s)| s.account_id.to_string()),
        &column(&rows, |(_, s)| s.product.clone()),
        &column(&rows, |(_, s)| number(s.relationship)) as _,
        &column(&rows, |(_, s)| number(s.contract_kind)) as _,
        &column(&rows, |(_, s)| s.standing.number()),
        &column(&rows, |(_, s)| time(s.start_time)) as _,
        &column(&rows, |(_, s)| optional_time(s.commitment_end_time)) as _,
        &column(&ends, |end| end.map(|e| time(e.service_end_time))) as _,
        &column(&ends, |end| optional_time(
            end.and_then(|e| e.billing_end_time)
        )) as _,
        &column(&ends, |end| number(end.and_then(|e| e.reason))) as _,
        &column(&ends, |end| end.is_some_and(|e| e.reached)),
        &column(&rows, |(_, s)| s.monthly_price.map(|p| p.minor)) as _,
        &column(&rows, |(_, s)| s.currency.map(|c| c.to_string())) as _,
        &column(&rows, |(_, s)| Json(&s.attributes)) as _,
        &column(&ends, |end| said(*end, |stated| &stated.key)),
        &column(&ends, |end| said(*end, |stated| &stated.category)),
    )
    .execute(connection)
    .instrument(statement_span("INSERT", "subscription", text))
    .await?;
    Ok(())
}

fn said(end: Option<&End>, part: impl Fn(&StatedReason) -> &String) -> String {
    end.map(|end| part(&end.stated).clone()).unwrap_or_default()
}
