//! Giving back to budgets when a customer leaves, or an offer runs out. Neither waits for anybody:
//! budgets that are busy get theirs a moment later.

use kernel::id::CustomerId;
use sqlx::PgConnection;
use storage::{StoreError, unhurried, write};
use tracing::Instrument;
use uuid::Uuid;

use super::super::session::columns;
use super::super::{Store, discretion, statement};
use super::{Moves, Settlement};

/// Gives back what was held, and what was spent on offers that are undone; whatever stands in the
/// way of that does not stand in the way of leaving.
pub(in crate::store) async fn give_back(
    connection: &mut PgConnection,
    released: &[(CustomerId, Uuid)],
    undone: &[(CustomerId, Uuid)],
) -> Result<(), StoreError> {
    if released.is_empty() && undone.is_empty() {
        return Ok(());
    }
    give_back_as(connection, released, undone, Settlement::Release).await
}

/// Gives back what ran out, likewise.
pub(in crate::store) async fn give_back_expired(
    connection: &mut PgConnection,
    expired: &[(CustomerId, Uuid)],
) -> Result<(), StoreError> {
    if expired.is_empty() {
        return Ok(());
    }
    give_back_as(connection, expired, &[], Settlement::Expire).await
}

async fn give_back_as(
    connection: &mut PgConnection,
    held: &[(CustomerId, Uuid)],
    undone: &[(CustomerId, Uuid)],
    settlement: Settlement,
) -> Result<(), StoreError> {
    run(connection, "savepoint budgets").await?;
    let done = match lock_what_is_free(connection, held, undone).await {
        Ok(()) => settle(connection, held, undone, settlement).await,
        Err(busy) => Err(busy),
    };
    let Err(error) = done else {
        return Ok(());
    };
    tracing::info!(%error, "a budget or a pool is busy: what it gets back is noted for later");
    run(connection, "rollback to savepoint budgets").await?;
    note(connection, held, false).await?;
    note(connection, undone, true).await
}

/// Locks the pools and the parts of budgets that get something back, or fails at once where somebody
/// else has one of them: nothing that follows waits for anybody.
async fn lock_what_is_free(
    connection: &mut PgConnection,
    held: &[(CustomerId, Uuid)],
    undone: &[(CustomerId, Uuid)],
) -> Result<(), StoreError> {
    if !undone.is_empty() {
        discretion::lock_what_is_free(connection, undone).await?;
    }
    let (customers, ids) = columns(held.iter().chain(undone));
    sqlx::query!(
        "select bucket.bucket \
         from unnest($1::text[], $2::uuid[]) as offer (customer_id, presented_offer_id) \
         join budget_hold hold using (customer_id, presented_offer_id) \
         join budget_bucket bucket on bucket.budget_key = hold.budget_key \
              and bucket.window_start = hold.window_start and bucket.bucket = hold.bucket \
         where hold.state in ('held', 'committed') \
         order by bucket.budget_key, bucket.window_start, bucket.bucket \
         for update of bucket nowait",
        &customers as &[&str],
        &ids,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "budget_bucket"))
    .await?;
    Ok(())
}

impl Store {
    /// Gives back up to `limit` returns that were noted for later. Returns how many.
    pub async fn return_to_budgets(&self, limit: i64) -> Result<u64, StoreError> {
        let deadline = unhurried(&self.postgres);
        write(&self.postgres, deadline, limit, |limit, connection| {
            Box::pin(return_noted(connection, *limit))
        })
        .await
    }
}

async fn settle(
    connection: &mut PgConnection,
    released: &[(CustomerId, Uuid)],
    undone: &[(CustomerId, Uuid)],
    settlement: Settlement,
) -> Result<(), StoreError> {
    discretion::give_back(connection, undone).await?;
    let mut moves = Moves::default();
    moves.settle(connection, released, settlement).await?;
    moves.settle(connection, undone, Settlement::Refund).await?;
    moves.apply(connection).await
}

async fn note(
    connection: &mut PgConnection,
    offers: &[(CustomerId, Uuid)],
    refund: bool,
) -> Result<(), StoreError> {
    let (customers, ids) = columns(offers);
    sqlx::query!(
        "insert into budget_return (customer_id, presented_offer_id, refund, noted_at) \
         select customer_id, presented_offer_id, $3, now() \
         from unnest($1::text[], $2::uuid[]) as offer (customer_id, presented_offer_id) \
         on conflict on constraint budget_return_pkey do nothing",
        &customers as &[&str],
        &ids,
        refund,
    )
    .execute(connection)
    .instrument(statement("INSERT", "budget_return"))
    .await?;
    Ok(())
}

async fn return_noted(connection: &mut PgConnection, limit: i64) -> Result<u64, StoreError> {
    let noted = sqlx::query!(
        "delete from budget_return noted using ( \
             select customer_id, presented_offer_id from budget_return \
             order by noted_at limit $1 for update skip locked) as due \
         where noted.customer_id = due.customer_id \
           and noted.presented_offer_id = due.presented_offer_id \
         returning noted.customer_id, noted.presented_offer_id, noted.refund",
        limit,
    )
    .fetch_all(&mut *connection)
    .instrument(statement("DELETE", "budget_return"))
    .await?;
    let (mut released, mut undone) = (Vec::new(), Vec::new());
    for row in noted {
        let customer = CustomerId::parse(&row.customer_id).map_err(|_| {
            StoreError::inconsistent("budget_return", "customer_id", row.presented_offer_id)
        })?;
        let offers = if row.refund {
            &mut undone
        } else {
            &mut released
        };
        offers.push((customer, row.presented_offer_id));
    }
    settle(connection, &released, &undone, Settlement::Release).await?;
    Ok(u64::try_from(released.len() + undone.len()).unwrap_or(u64::MAX))
}

async fn run(connection: &mut PgConnection, sql: &'static str) -> Result<(), StoreError> {
    sqlx::raw_sql(sql)
        .execute(connection)
        .instrument(statement("TRANSACTION", "budget_bucket"))
        .await?;
    Ok(())
}
