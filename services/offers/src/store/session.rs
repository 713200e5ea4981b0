//! Sessions as rows: locking one for a change, saving the change, reading one.

use kernel::id::{ContactId, CustomerId, PresentedOfferId, SessionId, SubscriptionId};
use kernel::refusal::Refusal;
use kernel::time::Timestamp;
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::answer::{Change, HoldMove, OfferNow, SessionNow};
use crate::domain::history::Outcome;
use crate::domain::named::Named;
use crate::domain::progress::Progress;
use crate::domain::session::State;

use super::budget::{Moves, Settlement};
use super::statement;

/// Locks a session and its offers, and reads them with the clock of the database.
pub(super) async fn lock(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Option<SessionNow>, StoreError> {
    let row = sqlx::query!(
        "select contact_id, state, refusal_ends, refused, clock_timestamp() as \"now!\" from save_session \
         where customer_id = $1 and session_id = $2 for update",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    let Some(row) = row else { return Ok(None) };
    let offers = sqlx::query!(
        "select presented_offer_id, outcome, expires_at, hold_state, \
                exists (select from acceptance where acceptance.customer_id = offer.customer_id \
                    and acceptance.presented_offer_id = offer.presented_offer_id \
                    and acceptance.owed) as \"owed!\" \
         from presented_offer offer \
         where customer_id = $1 and session_id = $2 order by rank for update of offer",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "presented_offer"))
    .await?;
    let offers = offers
        .into_iter()
        .map(|offer| {
            Ok(OfferNow {
                presented_offer_id: PresentedOfferId::from_uuid(offer.presented_offer_id),
                outcome: outcome(&offer.outcome, offer.presented_offer_id)?,
                expires_at: offer.expires_at.to_jiff(),
                held: offer.hold_state == "held",
                owed: offer.owed,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Some(SessionNow {
        session_id,
        contact_id: contact(&row.contact_id, session_id)?,
        state: state(&row.state, session_id)?,
        refusal_ends: row.refusal_ends,
        refused: row.refused,
        offers,
        now: row.now.to_jiff(),
    }))
}

/// Saves what an answer changed: the offer with its hold, then the session.
pub(super) async fn save_answer(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    presented_offer_id: PresentedOfferId,
    change: Change,
) -> Result<(), StoreError> {
    let hold = match change.hold {
        HoldMove::Keep => None,
        HoldMove::Commit => Some("committed"),
        HoldMove::Release => Some("released"),
    };
    sqlx::query!(
        "update presented_offer set outcome = $3, answered_at = now(), \
             hold_state = case when hold_state = 'held' then coalesce($4, hold_state) else hold_state end, \
             settled_at = case when hold_state = 'held' and $4 is not null then now() else settled_at end \
         where customer_id = $1 and presented_offer_id = $2",
        customer_id.as_str(),
        presented_offer_id.as_uuid(),
        change.outcome.name(),
        hold,
    )
    .execute(&mut *connection)
    .instrument(statement("UPDATE", "presented_offer"))
    .await?;
    let after = Progress::of(change.state, change.refused);
    advance(connection, customer_id, session_id, after).await
}

/// Sets how far a session has come. A refusal stays, whatever the state.
pub(super) async fn advance(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    after: Progress,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update save_session set state = $3, refused = refused or $4, updated_at = now() \
         where customer_id = $1 and session_id = $2",
        customer_id.as_str(),
        session_id.as_uuid(),
        after.state.name(),
        after.refused,
    )
    .execute(&mut *connection)
    .instrument(statement("UPDATE", "save_session"))
    .await?;
    seal(connection, customer_id, session_id).await
}

/// Moves the head of the session's chain of events to where the session stands now.
async fn seal(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "select seal_session($1, $2)",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .execute(connection)
    .instrument(statement("UPDATE", "save_session"))
    .await?;
    Ok(())
}

/// Settles what the offer holds of budgets, as its hold was.
pub(super) async fn settle_answer(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    presented_offer_id: PresentedOfferId,
    hold: HoldMove,
) -> Result<(), StoreError> {
    let settlement = match hold {
        HoldMove::Keep => return Ok(()),
        HoldMove::Commit => Settlement::Commit,
        HoldMove::Release => Settlement::Release,
    };
    let offers = [(customer_id.clone(), presented_offer_id.as_uuid())];
    let mut moves = Moves::default();
    moves.settle(connection, &offers, settlement).await?;
    moves.apply(connection).await
}

/// Sets the state of a session. A refusal stays, also where only the state before told of it.
pub(super) async fn move_to(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    state: State,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update save_session set state = $3, updated_at = now(), \
             refused = refused or state in ('declined', 'cancel_reaffirmed') \
         where customer_id = $1 and session_id = $2",
        customer_id.as_str(),
        session_id.as_uuid(),
        state.name(),
    )
    .execute(&mut *connection)
    .instrument(statement("UPDATE", "save_session"))
    .await?;
    seal(connection, customer_id, session_id).await
}

/// Gives back every hold of a session, except on what was accepted and what is to be kept. Returns the
/// offers.
pub(super) async fn release_holds(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    keep: &[Uuid],
) -> Result<Vec<(CustomerId, Uuid)>, StoreError> {
    let released = sqlx::query_scalar!(
        "update presented_offer set hold_state = 'released', settled_at = now() \
         where customer_id = $1 and session_id = $2 and hold_state = 'held' \
           and presented_offer_id <> all ($3) \
         returning presented_offer_id",
        customer_id.as_str(),
        session_id.as_uuid(),
        keep,
    )
    .fetch_all(connection)
    .instrument(statement("UPDATE", "presented_offer"))
    .await?;
    Ok(of_customer(customer_id, released))
}

/// Names offers as budgets do.
pub(super) fn of_customer(customer_id: &CustomerId, offers: Vec<Uuid>) -> Vec<(CustomerId, Uuid)> {
    let offers = offers.into_iter();
    offers.map(|offer| (customer_id.clone(), offer)).collect()
}

/// The same as two columns for a statement.
pub(super) fn columns<'o>(
    offers: impl IntoIterator<Item = &'o (CustomerId, Uuid)>,
) -> (Vec<&'o str>, Vec<Uuid>) {
    let offers = offers.into_iter();
    offers
        .map(|(customer, id)| (customer.as_str(), *id))
        .unzip()
}

/// Appends an event of each offer to its session, whose lock is held.
pub(super) async fn append_events_of_offers(
    connection: &mut PgConnection,
    kind: &str,
    offers: &[(CustomerId, Uuid)],
) -> Result<(), StoreError> {
    if offers.is_empty() {
        return Ok(());
    }
    let (customers, ids) = columns(offers);
    sqlx::query!(
        "select append_session_event(offer.customer_id, offer.session_id, $3, null, \
                    offer.presented_offer_id::text) as \"told: ()\" \
         from unnest($1::text[], $2::uuid[]) as told (customer_id, presented_offer_id) \
         join presented_offer offer using (customer_id, presented_offer_id)",
        &customers as &[&str],
        &ids,
        kind,
    )
    .fetch_all(connection)
    .instrument(statement("INSERT", "session_event"))
    .await?;
    Ok(())
}

/// Appends an event after the last one of the session. The session's lock keeps the order.
pub(super) async fn append_event(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    kind: &str,
    agent_id: Option<&str>,
    detail: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "select append_session_event($1, $2, $3, $4, $5)",
        customer_id.as_str(),
        session_id.as_uuid(),
        kind,
        agent_id,
        detail,
    )
    .execute(connection)
    .instrument(statement("INSERT", "session_event"))
    .await?;
    Ok(())
}

/// Finds the session of a contact about a subscription and locks it.
pub(super) async fn lock_by_contact(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    contact_id: &ContactId,
    subscription_id: &SubscriptionId,
) -> Result<Option<SessionId>, StoreError> {
    let found = sqlx::query_scalar!(
        "select session_id from save_session \
         where customer_id = $1 and contact_id = $2 and subscription_id = $3 for update",
        customer_id.as_str(),
        contact_id.as_str(),
        subscription_id.as_str(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    Ok(found.map(SessionId::from_uuid))
}

/// Reads the state that a row names.
pub(super) fn state(name: &str, session_id: SessionId) -> Result<State, StoreError> {
    State::from_name(name)
        .ok_or_else(|| StoreError::inconsistent("save_session", "state", session_id))
}

/// Reads the outcome that a row names.
pub(super) fn outcome(name: &str, row: Uuid) -> Result<Outcome, StoreError> {
    Outcome::from_name(name)
        .ok_or_else(|| StoreError::inconsistent("presented_offer", "outcome", row))
}

/// Reads the subscription that a session's row names.
pub(super) fn subscription(text: &str, session_id: Uuid) -> Result<SubscriptionId, StoreError> {
    SubscriptionId::parse(text)
        .map_err(|_| StoreError::inconsistent("save_session", "subscription_id", session_id))
}

/// Reads the contact that a row names.
pub(super) fn contact(text: &str, session_id: SessionId) -> Result<ContactId, StoreError> {
    ContactId::parse(text)
        .map_err(|_| StoreError::inconsistent("save_session", "contact_id", session_id))
}

/// Turns an instant into what sqlx binds.
pub(super) fn bind(instant: Timestamp) -> jiff_sqlx::Timestamp {
    jiff_sqlx::ToSqlx::to_sqlx(instant)
}

/// The refusal of a request id that came with another body.
pub fn request_id_reused(request_id: &str) -> Refusal {
    Refusal::refused(
        "REQUEST_ID_REUSED",
        "the request id was used with another body: use a new one for a new request",
    )
    .with("request_id", request_id)
}

/// The refusal of a session that is not there.
pub fn session_not_found(session_id: SessionId) -> Refusal {
    Refusal::not_found(
        "SESSION_NOT_FOUND",
        "the customer has no such session: check both ids",
    )
    .with("session_id", session_id)
}
