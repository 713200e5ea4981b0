//! Tables `account` and `account_owner`.

use std::collections::{BTreeMap, BTreeSet};

use kernel::id::{AccountId, CustomerId};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::decode::{Place, column, time};
use crate::domain::account::Account;
use crate::domain::book::Book;

/// The constraint that keeps an account id with one customer.
pub const OWNER: &str = "account_owner_pkey";

/// Reads all accounts of customers, oldest first.
pub(super) async fn read(
    connection: &mut PgConnection,
    customer_ids: &[String],
) -> Result<Vec<(CustomerId, Account)>, StoreError> {
    let text = include_str!("sql/account_load.sql");
    let rows = sqlx::query_file!("src/store/sql/account_load.sql", customer_ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "account", text))
        .await?;
    let decoded = rows.iter().map(|row| {
        let place = Place {
            table: "account",
            row: &row.account_id,
        };
        let account = Account {
            account_id: place.id("account_id", &row.account_id)?,
            business_line: place.id("business_line", &row.business_line)?,
            open_time: row.open_time.to_jiff(),
        };
        Ok((place.id("customer_id", &row.customer_id)?, account))
    });
    decoded.collect()
}

/// Reads whose the named accounts are; those that are nobody's are left out.
pub(super) async fn owners(
    connection: &mut PgConnection,
    named: &BTreeSet<(CustomerId, AccountId)>,
) -> Result<BTreeMap<AccountId, CustomerId>, StoreError> {
    if named.is_empty() {
        return Ok(BTreeMap::new());
    }
    let ids: Vec<String> = named
        .iter()
        .map(|(_, account_id)| account_id.to_string())
        .collect();
    let text = include_str!("sql/account_owners.sql");
    let rows = sqlx::query_file!("src/store/sql/account_owners.sql", &ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", "account_owner", text))
        .await?;
    let decoded = rows.iter().map(|row| {
        let place = Place {
            table: "account_owner",
            row: &row.account_id,
        };
        let account_id = place.id("account_id", &row.account_id)?;
        Ok((account_id, place.id("customer_id", &row.customer_id)?))
    });
    decoded.collect()
}

/// Writes the touched accounts of changed books.
pub(super) async fn save(
    connection: &mut PgConnection,
    changed: &[&Book],
) -> Result<(), StoreError> {
    let rows: Vec<(&CustomerId, &Account)> = changed
        .iter()
        .flat_map(|book| {
            let touched = book.touched.accounts.iter();
            touched.filter_map(|id| {
                book.accounts
                    .get(id)
                    .map(|account| (&book.customer_id, account))
            })
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let text = include_str!("sql/account_save.sql");
    sqlx::query_file!(
        "src/store/sql/account_save.sql",
        &column(&rows, |(id, _)| id.to_string()),
        &column(&rows, |(_, a)| a.account_id.to_string()),
        &column(&rows, |(_, a)| a.business_line.to_string()),
        &column(&rows, |(_, a)| time(a.open_time)) as _,
    )
    .execute(&mut *connection)
    .instrument(statement_span("INSERT", "account", text))
    .await?;
    claim(connection, &rows).await
}

/// Claims the ids of accounts, or reports that another customer has one: since the books were
/// loaded, or in this very write.
async fn claim(
    connection: &mut PgConnection,
    rows: &[(&CustomerId, &Account)],
) -> Result<(), StoreError> {
    let text = include_str!("sql/account_claim.sql");
    let claimed = sqlx::query_file!(
        "src/store/sql/account_claim.sql",
        &column(rows, |(id, _)| id.to_string()),
        &column(rows, |(_, a)| a.account_id.to_string()),
    )
    .execute(&mut *connection)
    .instrument(statement_span("INSERT", "account_owner", text))
    .await?;
    if claimed.rows_affected() == rows.len() as u64 {
        return Ok(());
    }
    let pairs = rows
        .iter()
        .map(|(id, a)| ((*id).clone(), a.account_id.clone()));
    let pairs: BTreeSet<_> = pairs.collect();
    let owners = owners(connection, &pairs).await?;
    if pairs
        .iter()
        .all(|(customer_id, id)| owners.get(id) == Some(customer_id))
    {
        return Ok(());
    }
    Err(StoreError::Conflict {
        constraint: OWNER.to_owned(),
    })
}
