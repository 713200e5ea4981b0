//! What time does by itself: holds expire, forgotten sessions close. In bounded batches, skipping
//! rows that somebody else is busy with.

use kernel::id::CustomerId;
use sqlx::PgConnection;
use storage::{StoreError, unhurried, write};
use tracing::Instrument;

use super::budget::give_back_expired;
use super::session::append_events_of_offers;
use super::{Store, statement};

impl Store {
    /// Expires up to `limit` offers whose time ran out, each hold once. Returns how many.
    pub async fn expire_offers(&self, limit: i64) -> Result<u64, StoreError> {
        let deadline = unhurried(&self.postgres);
        write(&self.postgres, deadline, limit, |limit, connection| {
            Box::pin(expire(connection, *limit))
        })
        .await
    }

    /// Closes up to `limit` sessions that nobody came back to for `idle_seconds`. Returns how many.
    pub async fn abandon_sessions(&self, idle_seconds: i64, limit: i64) -> Result<u64, StoreError> {
        self.postgres
            .background(
                &(idle_seconds, limit),
                |(idle_seconds, limit), connection| {
                    Box::pin(abandon(connection, *idle_seconds, *limit))
                },
            )
            .await
    }
}

async fn expire(connection: &mut PgConnection, limit: i64) -> Result<u64, StoreError> {
    let expired = sqlx::query!(
        "with due as ( \
             select customer_id, session_id, presented_offer_id, offer.outcome \
             from presented_offer offer join save_session session using (customer_id, session_id) \
             where outcome in ('decided', 'presented') and expires_at <= now() \
             order by expires_at limit $1 for update of offer, session skip locked \
         ) \
         update presented_offer offer set outcome = 'expired', answered_at = now(), \
             hold_state = case when hold_state = 'held' then 'expired' else hold_state end, \
             settled_at = case when hold_state = 'held' then now() else settled_at end \
         from due \
         where offer.customer_id = due.customer_id \
           and offer.presented_offer_id = due.presented_offer_id \
         returning offer.customer_id, offer.presented_offer_id, \
                   due.outcome = 'presented' as \"heard!\"",
        limit,
    )
    .fetch_all(&mut *connection)
    .instrument(statement("UPDATE", "presented_offer"))
    .await?;
    // An offer that nobody heard of leaves no event: that it was not answered says it all.
    let (mut offers, mut heard) = (Vec::new(), Vec::new());
    for row in expired {
        let id = row.presented_offer_id;
        let customer = CustomerId::parse(&row.customer_id)
            .map_err(|_| StoreError::inconsistent("presented_offer", "customer_id", id))?;
        if row.heard {
            heard.push((customer.clone(), id));
        }
        offers.push((customer, id));
    }
    append_events_of_offers(connection, "expired", &heard).await?;
    // The sessions are locked, and nobody who leaves waits for a budget.
    give_back_expired(connection, &offers).await?;
    Ok(u64::try_from(offers.len()).unwrap_or(u64::MAX))
}

async fn abandon(
    connection: &mut PgConnection,
    idle_seconds: i64,
    limit: i64,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "with due as ( \
             select customer_id, session_id from save_session \
             where state in ('opened', 'intent_stated', 'disclosed', 'permission_asked', \
                             'offered', 'declined', 'cancel_reaffirmed') \
               and updated_at < now() - make_interval(secs => $1::bigint::double precision) \
             order by updated_at limit $2 for update skip locked \
         ) \
         select abandon_session(customer_id, session_id) from due",
        idle_seconds,
        limit,
    )
    .fetch_all(connection)
    .instrument(statement("UPDATE", "save_session"))
    .await?;
    Ok(u64::try_from(done.len()).unwrap_or(u64::MAX))
}
