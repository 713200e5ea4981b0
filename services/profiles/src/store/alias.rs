//! Table `customer_alias`: which ids are other names, and of whom.

use std::collections::BTreeSet;

use kernel::id::CustomerId;
use sqlx::PgConnection;
use storage::{StoreError, order_by_key, statement_span};
use tracing::Instrument;

use super::decode::Place;
use crate::domain::alias::Aliases;

const TABLE: &str = "customer_alias";

/// Locks the customers that a write names, under whatever names, until its transaction ends. Call it
/// first of all, before the transaction gets its id: see `order_by_key`.
pub(super) async fn lock(
    connection: &mut PgConnection,
    named: &BTreeSet<CustomerId>,
) -> Result<Aliases, StoreError> {
    let mut locked: BTreeSet<CustomerId> = BTreeSet::new();
    let mut wanted = named.clone();
    loop {
        let keys: Vec<&str> = wanted.iter().map(kernel::id::Id::as_str).collect();
        order_by_key(connection, &keys).await?;
        locked.append(&mut wanted);
        let aliases = read(connection, &locked).await?;
        // Whom an id stands for may have changed until we had their lock.
        let beyond = aliases.customers().filter(|id| !locked.contains(*id));
        wanted = beyond.cloned().collect();
        if wanted.is_empty() {
            return Ok(aliases);
        }
    }
}

/// Finds out whom ids stand for, without keeping it so.
pub(super) async fn look_up(
    connection: &mut PgConnection,
    named: &BTreeSet<CustomerId>,
) -> Result<Aliases, StoreError> {
    let aliases = read(connection, named).await?;
    let beyond: BTreeSet<CustomerId> = aliases.customers().cloned().collect();
    if beyond.is_subset(named) {
        return Ok(aliases);
    }
    read(connection, &beyond.union(named).cloned().collect()).await
}

/// Reads which of the customers are aliases, and the aliases of the others.
async fn read(
    connection: &mut PgConnection,
    customers: &BTreeSet<CustomerId>,
) -> Result<Aliases, StoreError> {
    let ids: Vec<String> = customers.iter().map(ToString::to_string).collect();
    let text = include_str!("sql/customer_alias_read.sql");
    let rows = sqlx::query_file!("src/store/sql/customer_alias_read.sql", &ids)
        .fetch_all(connection)
        .instrument(statement_span("SELECT", TABLE, text))
        .await?;
    let pairs: Vec<(CustomerId, CustomerId)> = rows
        .iter()
        .map(|row| {
            let place = Place {
                table: TABLE,
                row: &row.alias_customer_id,
            };
            let alias = place.id("alias_customer_id", &row.alias_customer_id)?;
            Ok((alias, place.id("customer_id", &row.customer_id)?))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Aliases::new(pairs))
}

/// Names the customer that an alias stands for; none for what is no alias.
pub(super) async fn stays(
    connection: &mut PgConnection,
    alias: &CustomerId,
) -> Result<Option<CustomerId>, StoreError> {
    let text = include_str!("sql/customer_alias_stays.sql");
    let found = sqlx::query_file_scalar!("src/store/sql/customer_alias_stays.sql", alias.as_str())
        .fetch_optional(connection)
        .instrument(statement_span("SELECT", TABLE, text))
        .await?;
    let place = Place {
        table: TABLE,
        row: alias.as_str(),
    };
    found.map(|id| place.id("customer_id", &id)).transpose()
}
