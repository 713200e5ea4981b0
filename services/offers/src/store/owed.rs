//! What is owed for something that went wrong: leaving takes none of it, and it is had once.

use kernel::id::{CustomerId, PresentedOfferId, SessionId};
use kernel::refusal::Refusal;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::cancellation::read_confirmed;
use super::response::NewResponse;
use super::statement;
use super::undo_elsewhere::is_noted;
use super::view::records;

/// Names the offers of a session that are owed, whatever became of them.
pub(super) async fn of_session(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Vec<Uuid> {
    // Records that cannot be read keep nobody from leaving.
    let records = records(connection, customer_id, session_id).await;
    let records = records.unwrap_or_default();
    let offers = records.iter().flat_map(|record| {
        let ids = record.presented_offer_ids.iter();
        ids.zip(&record.decision.offers)
    });
    offers
        .filter(|(_, promise)| promise.owed)
        .map(|(id, _)| id.as_uuid())
        .collect()
}

/// Refuses to accept what the customer has accepted since it was decided that it is owed: several
/// contacts may have been told of the same.
pub(super) async fn may_be_accepted(
    connection: &mut PgConnection,
    new: &NewResponse,
) -> Result<(), StoreError> {
    if !new.is_owed() {
        return Ok(());
    }
    not_had_elsewhere(connection, &new.customer_id, new.presented_offer_id).await
}

/// Refuses to carry out again what failed and is owed, where the customer has it by now from another
/// contact.
pub(super) async fn may_be_retried(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    presented_offer_id: PresentedOfferId,
) -> Result<(), StoreError> {
    let owed = sqlx::query_scalar!(
        "select owed from acceptance where customer_id = $1 and presented_offer_id = $2",
        customer_id.as_str(),
        presented_offer_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "acceptance"))
    .await?;
    if owed != Some(true) {
        return Ok(());
    }
    not_had_elsewhere(connection, customer_id, presented_offer_id).await
}

/// The lock on the customer, which is held already, lets one after the other look and write.
async fn not_had_elsewhere(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    presented_offer_id: PresentedOfferId,
) -> Result<(), StoreError> {
    let had = sqlx::query!(
        "select had.presented_offer_id, had.offer_key \
         from presented_offer owed \
         join save_session session on session.customer_id = owed.customer_id \
              and session.session_id = owed.session_id \
         join presented_offer had on had.customer_id = any (identities_of($1)) \
              and had.offer_key = owed.offer_key \
              and had.presented_offer_id <> owed.presented_offer_id \
         join save_session elsewhere on elsewhere.customer_id = had.customer_id \
              and elsewhere.session_id = had.session_id \
              and elsewhere.subscription_id = session.subscription_id \
         join acceptance on acceptance.customer_id = had.customer_id \
              and acceptance.presented_offer_id = had.presented_offer_id \
         where owed.customer_id = $1 and owed.presented_offer_id = $2 \
           and acceptance.accepted_at >= owed.decided_at \
           and not acceptance_is_undone(had.customer_id, had.presented_offer_id) \
         order by acceptance.accepted_at limit 1",
        customer_id.as_str(),
        presented_offer_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "acceptance"))
    .await?;
    match had {
        Some(had) => Err(StoreError::rejected(already_accepted(
            &had.offer_key,
            PresentedOfferId::from_uuid(had.presented_offer_id),
        ))),
        None => Ok(()),
    }
}

/// Tells whether the customer left, and with that what they had accepted. What is owed does not go with
/// them: it is carried out, and tried again where that failed.
pub(super) async fn is_forgone(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    presented_offer_id: PresentedOfferId,
) -> Result<bool, StoreError> {
    let owed = sqlx::query_scalar!(
        "select owed from acceptance where customer_id = $1 and presented_offer_id = $2",
        customer_id.as_str(),
        presented_offer_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "acceptance"))
    .await?;
    if owed == Some(true) {
        return Ok(false);
    }
    let standing = read_confirmed(connection, customer_id, session_id).await?;
    Ok(standing.is_some() || is_noted(connection, customer_id, presented_offer_id).await?)
}

fn already_accepted(offer_key: &str, accepted: PresentedOfferId) -> Refusal {
    Refusal::refused(
        "OWED_ALREADY_ACCEPTED",
        "the customer accepted this already and gets it once: tell them that it is on its way, and \
         record nothing here",
    )
    .with("offer_key", offer_key)
    .with("presented_offer_id", accepted)
}
