//! Reading what a fit counts, page by page.

use std::collections::BTreeMap;

use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::Store;
use crate::domain::facts::ContractKind;
use crate::domain::tenure::observation::{Exposure, PurchaseHistory};

/// How many rows are read at once.
const PAGE_ROWS: i64 = 10_000;

/// Where a page ended: customer, then subscription or line. Empty before the first.
pub type PageKey = (String, String);

/// Some of the exposures, and where the next page begins; absent after the last.
pub type ExposurePage = (Vec<Exposure>, Option<PageKey>);

/// Some of the histories, and where the next page begins; absent after the last.
pub type HistoryPage = (Vec<PurchaseHistory>, Option<PageKey>);

impl Store {
    /// Reads when the observation of each line ends: the latest thing seen in its data.
    pub async fn observation_ends(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        self.postgres
            .background(&(), |(), connection| Box::pin(read_ends(connection)))
            .await
    }

    /// Reads the first day with a purchase of each line, counted from 1970-01-01.
    pub async fn first_purchase_days(&self) -> Result<BTreeMap<String, i32>, StoreError> {
        self.postgres
            .background(&(), |(), connection| Box::pin(read_first_days(connection)))
            .await
    }

    /// Counts the customers.
    pub async fn observed_customer_count(&self) -> Result<u64, StoreError> {
        let count = self
            .postgres
            .background(&(), |(), connection| Box::pin(count_customers(connection)))
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Counts the exposures and histories.
    pub async fn observation_count(&self) -> Result<u64, StoreError> {
        let count = self
            .postgres
            .background(&(), |(), connection| {
                Box::pin(async move {
                    let count = sqlx::query_file_scalar!("src/store/sql/observation_count.sql")
                        .fetch_one(connection)
                        .instrument(statement_span(
                            "SELECT",
                            "subscription_exposure",
                            include_str!("sql/observation_count.sql"),
                        ))
                        .await?;
                    Ok::<_, StoreError>(count)
                })
            })
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Reads the exposures after a key.
    pub async fn exposures(&self, after: &PageKey) -> Result<ExposurePage, StoreError> {
        self.postgres
            .background(after, |after, connection| {
                Box::pin(read_exposures(after, connection))
            })
            .await
    }

    /// Reads the histories after a key.
    pub async fn histories(&self, after: &PageKey) -> Result<HistoryPage, StoreError> {
        self.postgres
            .background(after, |after, connection| {
                Box::pin(read_histories(after, connection))
            })
            .await
    }
}

fn is_full(rows: usize) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows >= PAGE_ROWS)
}

async fn read_ends(
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, Timestamp>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/line_ends.sql")
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "observed_customer",
            include_str!("sql/line_ends.sql"),
        ))
        .await?;
    let ends = rows
        .into_iter()
        .map(|row| (row.business_line, row.last_seen_time.to_jiff()));
    Ok(ends.collect())
}

async fn read_first_days(
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, i32>, StoreError> {
    let rows = sqlx::query_file!("src/store/sql/line_first_days.sql")
        .fetch_all(connection)
        .instrument(statement_span(
            "SELECT",
            "purchase_history",
            include_str!("sql/line_first_days.sql"),
        ))
        .await?;
    let days = rows
        .into_iter()
        .map(|row| (row.business_line, row.first_day));
    Ok(days.collect())
}

async fn count_customers(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let count = sqlx::query_file_scalar!("src/store/sql/observed_customer_count.sql")
        .fetch_one(connection)
        .instrument(statement_span(
            "SELECT",
            "observed_customer",
            include_str!("sql/observed_customer_count.sql"),
        ))
        .await?;
    Ok(count)
}

async fn read_exposures(
    after: &PageKey,
    connection: &mut PgConnection,
) -> Result<ExposurePage, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/subscription_exposure_page.sql",
        &after.0,
        &after.1,
        PAGE_ROWS
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "subscription_exposure",
        include_str!("sql/subscription_exposure_page.sql"),
    ))
    .await?;
    let last = rows.last().filter(|_| is_full(rows.len()));
    let next = last.map(|row| (row.customer_id.clone(), row.subscription_id.clone()));
    let mut exposures = Vec::with_capacity(rows.len());
    for row in rows {
        let contract_kind = ContractKind::from_key(&row.contract_kind).ok_or_else(|| {
            StoreError::inconsistent("subscription_exposure", "contract_kind", &row.contract_kind)
        })?;
        exposures.push(Exposure {
            customer_id: row.customer_id,
            subscription_id: row.subscription_id,
            business_line: row.business_line,
            contract_kind,
            start_time: row.start_time.to_jiff(),
            end_time: row.end_time.map(jiff_sqlx::Timestamp::to_jiff),
            lives_on: row.lives_on,
        });
    }
    Ok((exposures, next))
}

async fn read_histories(
    after: &PageKey,
    connection: &mut PgConnection,
) -> Result<HistoryPage, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/purchase_history_page.sql",
        &after.0,
        &after.1,
        PAGE_ROWS
    )
    .fetch_all(connection)
    .instrument(statement_span(
        "SELECT",
        "purchase_history",
        include_str!("sql/purchase_history_page.sql"),
    ))
    .await?;
    let last = rows.last().filter(|_| is_full(rows.len()));
    let next = last.map(|row| (row.customer_id.clone(), row.business_line.clone()));
    let histories = rows.into_iter().map(|row| PurchaseHistory {
        business_line: row.business_line,
        purchase_days: row.purchase_days,
    });
    Ok((histories.collect(), next))
}
