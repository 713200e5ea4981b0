//! The ids under which one person is known: what counts, counts under all of them.

use std::collections::HashMap;

use kernel::id::{ContactId, CustomerId, SessionId, SubscriptionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{StoreError, order_by_key, unhurried};
use tracing::Instrument;

use crate::domain::customer::Customer;

use super::{Store, statement};

const TABLE: &str = "customer_identity";

impl Store {
    /// Learns that an id is another name of a customer; learning it again changes nothing.
    pub async fn learn_identity(
        &self,
        alias: &CustomerId,
        stays: &CustomerId,
    ) -> Result<(), StoreError> {
        let pair = (alias.clone(), stays.clone());
        let deadline = unhurried(&self.postgres);
        storage::write(
            &self.postgres,
            deadline,
            pair,
            |(alias, stays), connection| {
                Box::pin(async move {
                    order_by_key(connection, &[alias.as_str(), stays.as_str()]).await?;
                    learn(connection, alias, stays).await
                })
            },
        )
        .await
    }

    /// Finds the id under which the desk opened a session, given another id of the same customer.
    pub async fn opened_under(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Option<CustomerId>, StoreError> {
        let key = (customer_id.clone(), session_id);
        self.postgres
            .read(deadline, &key, |(customer_id, session_id), connection| {
                Box::pin(opened_under(connection, customer_id, *session_id))
            })
            .await
    }
}

async fn learn(
    connection: &mut PgConnection,
    alias: &CustomerId,
    stays: &CustomerId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "select learn_identity($1, $2)",
        alias.as_str(),
        stays.as_str(),
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    Ok(())
}

/// Learns what profiles said of a customer: the feed may be behind.
pub(super) async fn learn_of(
    connection: &mut PgConnection,
    customer: &Customer,
) -> Result<(), StoreError> {
    if customer.merged_customer_ids.is_empty() {
        return Ok(());
    }
    // The follower locks them before it writes them, too.
    let ids = customer.merged_customer_ids.iter();
    let ids: Vec<&str> = ids
        .chain([&customer.customer_id])
        .map(CustomerId::as_str)
        .collect();
    order_by_key(connection, &ids).await?;
    for alias in &customer.merged_customer_ids {
        learn(connection, alias, &customer.customer_id).await?;
    }
    Ok(())
}

/// Locks a customer under all of their ids until the transaction ends, and names these: what is read
/// and written for one of them waits for whoever does the same for another.
pub(super) async fn lock_person(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
) -> Result<Vec<String>, StoreError> {
    let mut locked: Vec<String> = Vec::new();
    loop {
        let ids = identities(connection, customer_id).await?;
        if ids.iter().all(|id| locked.contains(id)) {
            return Ok(ids);
        }
        // Sorted among themselves; who learns of one more meanwhile may collide, and tries again.
        let keys: Vec<&str> = ids.iter().map(String::as_str).collect();
        order_by_key(connection, &keys).await?;
        locked = ids;
    }
}

async fn identities(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
) -> Result<Vec<String>, StoreError> {
    let ids = sqlx::query_scalar!("select identities_of($1) as \"ids!\"", customer_id.as_str())
        .fetch_one(connection)
        .instrument(statement("SELECT", TABLE))
        .await?;
    Ok(ids)
}

/// Finds, of many customers, those that have other ids, with all of these.
pub(super) async fn others_of(
    connection: &mut PgConnection,
    customers: &[String],
) -> Result<HashMap<String, Vec<String>>, StoreError> {
    let rows = sqlx::query!(
        "select asked.customer_id as \"customer_id!\", known.ids as \"ids!\" \
         from unnest($1::text[]) as asked (customer_id) \
         cross join lateral identities_of(asked.customer_id) as known (ids) \
         where cardinality(known.ids) > 1",
        customers,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.customer_id, row.ids))
        .collect())
}

/// Names the id under which a customer goes on.
pub(super) async fn stays(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
) -> Result<String, StoreError> {
    let stays = sqlx::query_scalar!("select stays_of($1) as \"stays!\"", customer_id.as_str())
        .fetch_one(connection)
        .instrument(statement("SELECT", TABLE))
        .await?;
    Ok(stays)
}

async fn opened_under(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Option<CustomerId>, StoreError> {
    let found = sqlx::query_scalar!(
        "select customer_id from save_session \
         where customer_id = any (identities_of($1)) and session_id = $2",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    found.map(|id| parse(&id, session_id)).transpose()
}

/// Finds the id under which the desk spoke with a customer on a contact about a subscription.
pub(super) async fn spoke_under(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    contact_id: &ContactId,
    subscription_id: &SubscriptionId,
) -> Result<Option<CustomerId>, StoreError> {
    let found = sqlx::query!(
        "select customer_id, session_id from save_session \
         where customer_id = any (identities_of($1)) and contact_id = $2 \
           and subscription_id = $3 \
         order by customer_id <> $1, session_id limit 1",
        customer_id.as_str(),
        contact_id.as_str(),
        subscription_id.as_str(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    found
        .map(|row| parse(&row.customer_id, SessionId::from_uuid(row.session_id)))
        .transpose()
}

fn parse(id: &str, session_id: SessionId) -> Result<CustomerId, StoreError> {
    CustomerId::parse(id)
        .map_err(|_| StoreError::inconsistent("save_session", "customer_id", session_id))
}
