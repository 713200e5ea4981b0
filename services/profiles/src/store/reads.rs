//! Reads that are not on the hot path.

use kernel::id::CustomerId;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::decode::{Place, time};
use super::{EventPlace, Store, account, alias, consent, customer, event, subscription};
use crate::domain::account::Account;
use crate::domain::consent::Consent;
use crate::domain::customer::{Customer, Version};
use crate::domain::event::TimelineEvent;
use crate::domain::subscription::Subscription;

/// What a customer has, at a revision or a later one.
#[derive(Clone, Debug)]
pub struct Holdings {
    /// The customer, which may stay for the id that was asked with.
    pub customer_id: CustomerId,
    /// How often and when the customer was written.
    pub version: Version,
    /// The accounts, oldest first.
    pub accounts: Vec<Account>,
    /// The subscriptions, oldest first.
    pub subscriptions: Vec<Subscription>,
}

impl Store {
    /// Reads a customer.
    pub async fn customer(
        &self,
        customer_id: &CustomerId,
        deadline: Deadline,
    ) -> Result<Option<(Customer, Version)>, StoreError> {
        self.postgres
            .read(deadline, customer_id, |customer_id, connection| {
                Box::pin(one_customer(connection, customer_id))
            })
            .await
    }

    /// Reads what a customer has. The revision is read first: what is shown is at least that new.
    pub async fn holdings(
        &self,
        customer_id: &CustomerId,
        deadline: Deadline,
    ) -> Result<Option<Holdings>, StoreError> {
        self.postgres
            .read(deadline, customer_id, |customer_id, connection| {
                Box::pin(holdings(connection, customer_id))
            })
            .await
    }

    /// Reads events of a customer from the newest to the oldest, after a place; none for a
    /// customer that is not recorded.
    pub async fn events(
        &self,
        customer_id: &CustomerId,
        after: &EventPlace,
        limit: u32,
        deadline: Deadline,
    ) -> Result<Option<Vec<TimelineEvent>>, StoreError> {
        let question = (customer_id, after, i64::from(limit));
        self.postgres
            .read(
                deadline,
                &question,
                |&(customer_id, after, limit), connection| {
                    Box::pin(async move {
                        let found = event::list(connection, customer_id, after, limit).await?;
                        if !found.is_empty() {
                            return Ok(Some(found));
                        }
                        match one_customer(connection, customer_id).await? {
                            None => Ok(None),
                            Some((stays, _)) if stays.customer_id == *customer_id => {
                                Ok(Some(found))
                            }
                            Some((stays, _)) => {
                                let id = &stays.customer_id;
                                event::list(connection, id, after, limit).await.map(Some)
                            }
                        }
                    })
                },
            )
            .await
    }

    /// Reads what a customer said about being contacted, newest first; none for a customer that
    /// is not recorded.
    pub async fn consents(
        &self,
        customer_id: &CustomerId,
        limit: u32,
        deadline: Deadline,
    ) -> Result<Option<Vec<Consent>>, StoreError> {
        let question = (customer_id, i64::from(limit));
        self.postgres
            .read(deadline, &question, |&(customer_id, limit), connection| {
                Box::pin(async move {
                    let said = consent::list(connection, customer_id, limit).await?;
                    if !said.is_empty() {
                        return Ok(Some(said));
                    }
                    match one_customer(connection, customer_id).await? {
                        None => Ok(None),
                        Some((stays, _)) if stays.customer_id == *customer_id => Ok(Some(said)),
                        Some((stays, _)) => {
                            let id = &stays.customer_id;
                            consent::list(connection, id, limit).await.map(Some)
                        }
                    }
                })
            })
            .await
    }

    /// Finds customers with a subscription whose end has come and is not noted yet.
    pub async fn due_ends(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<CustomerId>, StoreError> {
        self.postgres
            .background(&(now, i64::from(limit)), |&(now, limit), connection| {
                Box::pin(due_ends(connection, now, limit))
            })
            .await
    }
}

/// Reads a customer by any of their ids.
async fn one_customer(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
) -> Result<Option<(Customer, Version)>, StoreError> {
    let ids = [customer_id.to_string()];
    if let Some(found) = customer::read(connection, &ids).await?.pop() {
        return Ok(Some(found));
    }
    let Some(stays) = alias::stays(connection, customer_id).await? else {
        return Ok(None);
    };
    let ids = [stays.to_string()];
    Ok(customer::read(connection, &ids).await?.pop())
}

async fn holdings(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
) -> Result<Option<Holdings>, StoreError> {
    let Some((customer, version)) = one_customer(connection, customer_id).await? else {
        return Ok(None);
    };
    let ids = [customer.customer_id.to_string()];
    let accounts = account::read(connection, &ids).await?;
    let subscriptions = subscription::read(connection, &ids).await?;
    Ok(Some(Holdings {
        customer_id: customer.customer_id,
        version,
        accounts: accounts.into_iter().map(|(_, account)| account).collect(),
        subscriptions: subscriptions.into_iter().map(|(_, one)| one).collect(),
    }))
}

async fn due_ends(
    connection: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<CustomerId>, StoreError> {
    let text = include_str!("sql/subscription_due_ends.sql");
    let ids = sqlx::query_file_scalar!(
        "src/store/sql/subscription_due_ends.sql",
        time(now) as _,
        limit,
    )
    .fetch_all(connection)
    .instrument(statement_span("SELECT", "subscription", text))
    .await?;
    let decoded = ids.iter().map(|id| {
        let place = Place {
            table: "subscription",
            row: id,
        };
        place.id("customer_id", id)
    });
    decoded.collect()
}
