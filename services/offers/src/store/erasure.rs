//! Erasing a person from the desk: nothing leads to them any more, and everything still adds up.

use kernel::id::{CustomerId, PresentedOfferId};
use sqlx::PgConnection;
use storage::{StoreError, unhurried, write};
use tracing::Instrument;
use uuid::Uuid;

use super::budget::give_back;
use super::identity::lock_person;
use super::outcome::settle_before_erasing;
use super::{Store, statement};
use crate::domain::fulfilment::LeaseId;

/// The tables whose rows go on under a pseudonym. A new table with a column `customer_id` belongs here
/// or to [`FORGOTTEN`], and what is said in it has to be blanked by the function `erase_customer`.
///
/// What stays in these rows says nothing of a person: amounts, times, keys of the catalogue, and keys of
/// the reason tree in `call_outcome`, each shared by many, under a pseudonym that is drawn at random and
/// kept nowhere else.
pub const REKEYED: [&str; 14] = [
    "acceptance",
    "acceptance_to_undo",
    "budget_entry",
    "budget_hold",
    "budget_return",
    "call_outcome",
    "cancellation",
    "decision",
    "departure",
    "exit_satisfaction",
    "presented_offer",
    "promise_task",
    "save_session",
    "session_event",
];

/// The tables whose rows go.
pub const FORGOTTEN: [&str; 4] = [
    "call_to_measure",
    "customer_identity",
    "erasure_owed",
    "suppression",
];

impl Store {
    /// Erases a person under all their ids; doing it again changes nothing.
    pub async fn erase_customer(&self, customer_id: &CustomerId) -> Result<(), StoreError> {
        let customer_id = customer_id.clone();
        write(
            &self.postgres,
            unhurried(&self.postgres),
            customer_id,
            |customer_id, connection| Box::pin(erase(connection, customer_id)),
        )
        .await
    }
}

async fn erase(connection: &mut PgConnection, customer_id: &CustomerId) -> Result<(), StoreError> {
    let ids = lock_person(connection, customer_id).await?;
    lock_sessions(connection, &ids).await?;
    settle_before_erasing(connection, &ids).await?;
    let mut undone = undo(connection, &ids).await?;
    note_leased(connection, &ids).await?;
    undone.extend(release_tasks(connection, &ids).await?);
    give_back(connection, &[], &undone).await?;
    let rekeyed = REKEYED.map(str::to_owned);
    let forgotten = FORGOTTEN.map(str::to_owned);
    for id in &ids {
        sqlx::query!(
            "select erase_customer($1, $2, $3)",
            id,
            &rekeyed[..],
            &forgotten[..],
        )
        .execute(&mut *connection)
        .instrument(statement("UPDATE", "save_session"))
        .await?;
    }
    Ok(())
}

/// In the order in which everybody locks: sessions first.
async fn lock_sessions(connection: &mut PgConnection, ids: &[String]) -> Result<(), StoreError> {
    sqlx::query!(
        "select session_id from save_session where customer_id = any ($1) \
         order by customer_id, session_id for update",
        ids,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    Ok(())
}

/// What waits to be carried out has nobody to be carried out for. What somebody has a running lease on
/// may be given by now, and is left to them.
async fn undo(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<Vec<(CustomerId, Uuid)>, StoreError> {
    let undone = sqlx::query!(
        "with undone as ( \
             update acceptance set fulfilment = 'rolled_back' \
             where customer_id = any ($1) \
               and (fulfilment = 'requested' or fulfilment = 'in_progress' \
                    and lease_expires_at <= clock_timestamp()) \
             returning customer_id, presented_offer_id \
         ) \
         update presented_offer offer set hold_state = 'released', settled_at = now() from undone \
         where offer.customer_id = undone.customer_id \
           and offer.presented_offer_id = undone.presented_offer_id \
           and offer.hold_state = 'committed' \
         returning offer.customer_id, offer.presented_offer_id",
        ids,
    )
    .fetch_all(connection)
    .instrument(statement("UPDATE", "acceptance"))
    .await?;
    let offers = undone.into_iter();
    offers
        .map(|row| named(&row.customer_id, row.presented_offer_id))
        .collect()
}

/// What somebody is busy with is undone once their lease runs out, unless they report on it until then.
/// It is found by the notes, which go on under the pseudonym as it does.
async fn note_leased(connection: &mut PgConnection, ids: &[String]) -> Result<(), StoreError> {
    sqlx::query!(
        "with settled as ( \
             delete from acceptance_to_undo where customer_id = any ($1) \
         ) \
         insert into acceptance_to_undo (customer_id, presented_offer_id, noted_at) \
         select customer_id, presented_offer_id, now() from acceptance \
         where customer_id = any ($1) and fulfilment = 'in_progress' \
         on conflict on constraint acceptance_to_undo_pkey do nothing",
        ids,
    )
    .execute(connection)
    .instrument(statement("INSERT", "acceptance_to_undo"))
    .await?;
    Ok(())
}

/// Nobody is there to make a broken promise good for; who granted it gets back what they may grant.
async fn release_tasks(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<Vec<(CustomerId, Uuid)>, StoreError> {
    let released = sqlx::query!(
        "update promise_task \
         set resolution = 'customer_released', closed_at = now(), closed_by = 'erasure' \
         where customer_id = any ($1) and resolution is null \
         returning customer_id, presented_offer_id",
        ids,
    )
    .fetch_all(connection)
    .instrument(statement("UPDATE", "promise_task"))
    .await?;
    let offers = released.into_iter();
    offers
        .map(|row| named(&row.customer_id, row.presented_offer_id))
        .collect()
}

fn named(customer_id: &str, id: Uuid) -> Result<(CustomerId, Uuid), StoreError> {
    let customer = CustomerId::parse(customer_id)
        .map_err(|_| StoreError::inconsistent("acceptance", "customer_id", id))?;
    Ok((customer, id))
}

/// Finds under which pseudonym goes on what somebody leased before its customer was erased.
pub(super) async fn pseudonym_of(
    connection: &mut PgConnection,
    presented_offer_id: PresentedOfferId,
    lease_id: LeaseId,
) -> Result<Option<CustomerId>, StoreError> {
    let found = sqlx::query_scalar!(
        "select acceptance.customer_id from acceptance \
         join presented_offer offer using (customer_id, presented_offer_id) \
         join save_session session using (customer_id, session_id) \
         where acceptance.fulfilment = 'in_progress' and acceptance.lease_id = $2 \
           and acceptance.presented_offer_id = $1 and session.erased_at is not null",
        presented_offer_id.as_uuid(),
        lease_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "acceptance"))
    .await?;
    let id = presented_offer_id.as_uuid();
    found.map(|found| Ok(named(&found, id)?.0)).transpose()
}
