//! Leaving undoes what the customer accepted on other contacts about the same subscription, too. It
//! waits for nobody: what somebody is busy with is noted, and undone as soon as nobody is.

use kernel::id::{CustomerId, PresentedOfferId, SessionId, SubscriptionId};
use sqlx::PgConnection;
use storage::{StoreError, unhurried, write};
use tracing::Instrument;
use uuid::Uuid;

use super::budget::give_back;
use super::session::append_events_of_offers;
use super::{Store, statement};

/// The kind of the event of an acceptance that was undone.
const UNDONE: &str = "acceptance_undone";
/// Undoes what waits to be carried out, except what is owed, and notes what it cannot have. Returns
/// the offers whose cost goes back.
pub(super) async fn undo(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    subscription_id: &SubscriptionId,
    own: SessionId,
) -> Result<Vec<(CustomerId, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        "with due as ( \
             select acceptance.customer_id, acceptance.presented_offer_id, session.session_id \
             from acceptance \
             join presented_offer offer using (customer_id, presented_offer_id) \
             join save_session session using (customer_id, session_id) \
             where acceptance.customer_id = any (identities_of($1)) \
               and session.subscription_id = $2 and session.session_id <> $3 and not acceptance.owed \
               and (acceptance.fulfilment = 'requested' or acceptance.fulfilment = 'in_progress' \
                    and acceptance.lease_expires_at <= clock_timestamp()) \
             order by acceptance.presented_offer_id \
             for update of acceptance, offer, session skip locked \
         ), undone as ( \
             update acceptance set fulfilment = 'rolled_back' from due \
             where acceptance.customer_id = due.customer_id \
               and acceptance.presented_offer_id = due.presented_offer_id \
         ), released as ( \
             update presented_offer offer set hold_state = 'released', settled_at = now() from due \
             where offer.customer_id = due.customer_id \
               and offer.presented_offer_id = due.presented_offer_id \
               and offer.hold_state = 'committed' \
         ) \
         select customer_id, presented_offer_id from due",
        customer_id.as_str(),
        subscription_id.as_str(),
        own.as_uuid(),
    )
    .fetch_all(&mut *connection)
    .instrument(statement("UPDATE", "acceptance"))
    .await?;
    let undone = rows
        .into_iter()
        .map(|row| offer(&row.customer_id, row.presented_offer_id))
        .collect::<Result<Vec<_>, StoreError>>()?;
    append_events_of_offers(connection, UNDONE, &undone).await?;
    note(connection, customer_id, subscription_id, own).await?;
    Ok(undone)
}

/// Notes what somebody is busy with, and what failed and may be tried again.
async fn note(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    subscription_id: &SubscriptionId,
    own: SessionId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into acceptance_to_undo (customer_id, presented_offer_id, noted_at) \
         select acceptance.customer_id, acceptance.presented_offer_id, now() \
         from acceptance \
         join presented_offer offer using (customer_id, presented_offer_id) \
         join save_session session using (customer_id, session_id) \
         where acceptance.customer_id = any (identities_of($1)) \
           and session.subscription_id = $2 and session.session_id <> $3 and not acceptance.owed \
           and acceptance.fulfilment in ('requested', 'in_progress', 'failed') \
         on conflict on constraint acceptance_to_undo_pkey do nothing",
        customer_id.as_str(),
        subscription_id.as_str(),
        own.as_uuid(),
    )
    .execute(connection)
    .instrument(statement("INSERT", "acceptance_to_undo"))
    .await?;
    Ok(())
}

/// Forgets the notes on what had failed: who stays after all may have it tried again. What waited to
/// be carried out when they left is undone all the same.
pub(super) async fn forget_failed(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    subscription_id: &SubscriptionId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from acceptance_to_undo noted \
         using acceptance, presented_offer offer, save_session session \
         where noted.customer_id = any (identities_of($1)) \
           and acceptance.customer_id = noted.customer_id \
           and acceptance.presented_offer_id = noted.presented_offer_id \
           and acceptance.fulfilment = 'failed' \
           and offer.customer_id = noted.customer_id \
           and offer.presented_offer_id = noted.presented_offer_id \
           and session.customer_id = noted.customer_id and session.session_id = offer.session_id \
           and session.subscription_id = $2",
        customer_id.as_str(),
        subscription_id.as_str(),
    )
    .execute(connection)
    .instrument(statement("DELETE", "acceptance_to_undo"))
    .await?;
    Ok(())
}

/// Tells whether the customer left on another contact since they accepted an offer.
pub(super) async fn is_noted(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    presented_offer_id: PresentedOfferId,
) -> Result<bool, StoreError> {
    let noted = sqlx::query_scalar!(
        "select exists (select from acceptance_to_undo \
             where customer_id = $1 and presented_offer_id = $2) as \"noted!\"",
        customer_id.as_str(),
        presented_offer_id.as_uuid(),
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "acceptance_to_undo"))
    .await?;
    Ok(noted)
}

impl Store {
    /// Undoes up to `limit` acceptances that were noted and nobody is busy with any more. Returns how
    /// many.
    pub async fn undo_noted(&self, limit: i64) -> Result<u64, StoreError> {
        let deadline = unhurried(&self.postgres);
        write(&self.postgres, deadline, limit, |limit, connection| {
            Box::pin(undo_noted(connection, *limit))
        })
        .await
    }
}

async fn undo_noted(connection: &mut PgConnection, limit: i64) -> Result<u64, StoreError> {
    let rows = sqlx::query!(
        "with due as ( \
             select noted.customer_id, noted.presented_offer_id \
             from acceptance_to_undo noted \
             join acceptance using (customer_id, presented_offer_id) \
             join presented_offer offer using (customer_id, presented_offer_id) \
             join save_session session using (customer_id, session_id) \
             where acceptance.fulfilment = 'requested' or acceptance.fulfilment = 'in_progress' \
                   and acceptance.lease_expires_at <= clock_timestamp() \
             order by noted.noted_at limit $1 \
             for update of noted, acceptance, offer, session skip locked \
         ), undone as ( \
             update acceptance set fulfilment = 'rolled_back' from due \
             where acceptance.customer_id = due.customer_id \
               and acceptance.presented_offer_id = due.presented_offer_id \
         ), released as ( \
             update presented_offer offer set hold_state = 'released', settled_at = now() from due \
             where offer.customer_id = due.customer_id \
               and offer.presented_offer_id = due.presented_offer_id \
               and offer.hold_state = 'committed' \
         ) \
         select customer_id, presented_offer_id from due",
        limit,
    )
    .fetch_all(&mut *connection)
    .instrument(statement("UPDATE", "acceptance"))
    .await?;
    let undone = rows
        .into_iter()
        .map(|row| offer(&row.customer_id, row.presented_offer_id))
        .collect::<Result<Vec<_>, StoreError>>()?;
    append_events_of_offers(connection, UNDONE, &undone).await?;
    forget_settled(connection, limit).await?;
    give_back(connection, &[], &undone).await?;
    Ok(u64::try_from(undone.len()).unwrap_or(u64::MAX))
}

fn offer(customer_id: &str, id: Uuid) -> Result<(CustomerId, Uuid), StoreError> {
    let customer = CustomerId::parse(customer_id)
        .map_err(|_| StoreError::inconsistent("acceptance", "customer_id", id))?;
    Ok((customer, id))
}

/// What was carried out, or is undone by now, needs no note.
async fn forget_settled(connection: &mut PgConnection, limit: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "delete from acceptance_to_undo noted using ( \
             select noted.customer_id, noted.presented_offer_id from acceptance_to_undo noted \
             join acceptance using (customer_id, presented_offer_id) \
             where acceptance.fulfilment in ('completed', 'rolled_back') \
             limit $1 for update of noted skip locked) as settled \
         where noted.customer_id = settled.customer_id \
           and noted.presented_offer_id = settled.presented_offer_id",
        limit,
    )
    .execute(connection)
    .instrument(statement("DELETE", "acceptance_to_undo"))
    .await?;
    Ok(())
}
