//! What agents may give away a day: drawn with an acceptance, given back when it is undone.

use kernel::id::CustomerId;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::grant::{Draw, pool_exhausted};

use super::session::columns;
use super::statement;

/// Draws from an agent's pool of today, or refuses. The row is the lock: of two acceptances at once
/// the second sees what the first has left.
pub(super) async fn draw(connection: &mut PgConnection, draw: &Draw) -> Result<(), StoreError> {
    // What is more than the whole pool would pass as the first of the day otherwise.
    if draw.cost.minor > draw.pool.minor {
        return Err(StoreError::rejected(pool_exhausted(draw)));
    }
    let drawn = sqlx::query!(
        "insert into agent_discretion (agent_id, day, currency, granted_minor) \
         values ($1, (now() at time zone 'UTC')::date, $2, $3) \
         on conflict on constraint agent_discretion_pkey do update \
             set granted_minor = agent_discretion.granted_minor + excluded.granted_minor \
             where agent_discretion.granted_minor + excluded.granted_minor <= $4",
        draw.agent_id.as_str(),
        draw.cost.currency.code(),
        draw.cost.minor,
        draw.pool.minor,
    )
    .execute(connection)
    .instrument(statement("INSERT", "agent_discretion"))
    .await?;
    if drawn.rows_affected() == 1 {
        return Ok(());
    }
    Err(StoreError::rejected(pool_exhausted(draw)))
}

/// Gives back what acceptances drew that were undone.
pub(super) async fn give_back(
    connection: &mut PgConnection,
    undone: &[(CustomerId, Uuid)],
) -> Result<(), StoreError> {
    if undone.is_empty() {
        return Ok(());
    }
    let (customers, ids) = columns(undone);
    sqlx::query!(
        "with given as ( \
             select acceptance.discretion_agent_id, offer.currency, \
                    (acceptance.accepted_at at time zone 'UTC')::date as day, \
                    sum(acceptance.discretion_minor)::bigint as minor \
             from unnest($1::text[], $2::uuid[]) as undone (customer_id, presented_offer_id) \
             join acceptance using (customer_id, presented_offer_id) \
             join presented_offer offer using (customer_id, presented_offer_id) \
             where acceptance.discretion_minor > 0 group by 1, 2, 3 \
         ) \
         update agent_discretion pool \
         set granted_minor = greatest(pool.granted_minor - given.minor, 0) from given \
         where pool.agent_id = given.discretion_agent_id and pool.day = given.day \
           and pool.currency = given.currency",
        &customers as &[&str],
        &ids,
    )
    .execute(connection)
    .instrument(statement("UPDATE", "agent_discretion"))
    .await?;
    Ok(())
}

/// Locks the pools that acceptances were drawn from, or fails at once where somebody else has one.
pub(super) async fn lock_what_is_free(
    connection: &mut PgConnection,
    undone: &[(CustomerId, Uuid)],
) -> Result<(), StoreError> {
    let (customers, ids) = columns(undone);
    sqlx::query!(
        "select pool.agent_id \
         from unnest($1::text[], $2::uuid[]) as undone (customer_id, presented_offer_id) \
         join acceptance using (customer_id, presented_offer_id) \
         join presented_offer offer using (customer_id, presented_offer_id) \
         join agent_discretion pool on pool.agent_id = acceptance.discretion_agent_id \
              and pool.day = (acceptance.accepted_at at time zone 'UTC')::date \
              and pool.currency = offer.currency \
         where acceptance.discretion_minor > 0 \
         order by pool.agent_id, pool.day, pool.currency for update of pool nowait",
        &customers as &[&str],
        &ids,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "agent_discretion"))
    .await?;
    Ok(())
}
