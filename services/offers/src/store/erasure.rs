//! Erasing a person from the desk: nothing leads to them any more, and everything still adds up.

use std::time::Duration;

use kernel::id::CustomerId;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{StoreError, write};
use tracing::Instrument;
use uuid::Uuid;

use super::budget::give_back;
use super::identity::lock_person;
use super::{Store, statement};

/// The tables whose rows go on under a pseudonym. A new table with a column `customer_id` belongs here
/// or to [`FORGOTTEN`], and what is said in it has to be blanked by the function `erase_customer`.
pub const REKEYED: [&str; 11] = [
    "acceptance",
    "budget_entry",
    "budget_hold",
    "budget_return",
    "call_outcome",
    "cancellation",
    "decision",
    "presented_offer",
    "promise_task",
    "save_session",
    "session_event",
];

/// The tables whose rows go.
pub const FORGOTTEN: [&str; 4] = [
    "acceptance_to_undo",
    "call_to_measure",
    "customer_identity",
    "suppression",
];

/// How long erasing one person may take.
const ERASE_AT_MOST: Duration = Duration::from_secs(20);

impl Store {
    /// Erases a person under all their ids; doing it again changes nothing.
    pub async fn erase_customer(&self, customer_id: &CustomerId) -> Result<(), StoreError> {
        let deadline = Deadline::within(ERASE_AT_MOST);
        let customer_id = customer_id.clone();
        write(
            &self.postgres,
            deadline,
            customer_id,
            |customer_id, connection| Box::pin(erase(connection, customer_id)),
        )
        .await
    }
}

async fn erase(connection: &mut PgConnection, customer_id: &CustomerId) -> Result<(), StoreError> {
    let ids = lock_person(connection, customer_id).await?;
    lock_sessions(connection, &ids).await?;
    let undone = undo(connection, &ids).await?;
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

/// What waits to be carried out has nobody to be carried out for.
async fn undo(
    connection: &mut PgConnection,
    ids: &[String],
) -> Result<Vec<(CustomerId, Uuid)>, StoreError> {
    let undone = sqlx::query!(
        "with undone as ( \
             update acceptance set fulfilment = 'rolled_back' \
             where customer_id = any ($1) and fulfilment in ('requested', 'in_progress') \
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
    undone
        .into_iter()
        .map(|row| {
            let id = row.presented_offer_id;
            let customer = CustomerId::parse(&row.customer_id)
                .map_err(|_| StoreError::inconsistent("acceptance", "customer_id", id))?;
            Ok((customer, id))
        })
        .collect()
}
