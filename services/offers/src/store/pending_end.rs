//! Accepting an offer once the end is set clears that end: in the transaction of the acceptance the
//! cancellation is revoked and the order to reinstate the subscription follows the one to end it.

use kernel::id::{CustomerId, SessionId, SubscriptionId};
use kernel::refusal::Refusal;
use sqlx::PgConnection;
use storage::{StoreError, outbox};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::answer::SessionNow;
use crate::domain::customer::Subscription;
use crate::domain::exit::{ReinstateSubscription, SubscriptionOrder};
use crate::domain::follow_up::WithdrawCare;
use crate::domain::request::Occasion;
use crate::domain::session::State;

use super::cancellation::read_confirmed;
use super::delivery::SUBSCRIPTION_ORDER;
use super::identity::stays;
use super::response::NewResponse;
use super::session::{append_event, lock};
use super::undo_elsewhere::forget_failed;
use super::{departure, json, statement};

/// The kind of the event of a cancellation that an acceptance undid.
const CANCEL_REVOKED: &str = "cancel_revoked";

/// A cancellation that was revoked, and the session it was confirmed in.
pub(super) struct Revoked {
    /// The id under which it was confirmed.
    pub(super) under: CustomerId,
    /// The session in which it was.
    pub(super) session_id: SessionId,
    /// The cancellation.
    pub(super) cancellation_id: Uuid,
}

/// Clears whatever would end the subscription that the offer was accepted for, if anything would.
pub(super) async fn clear(
    connection: &mut PgConnection,
    new: &NewResponse,
    session: &SessionNow,
) -> Result<(), StoreError> {
    // What is owed is no reason to stay.
    if new.is_owed() {
        return Ok(());
    }
    let record = new.made()?;
    let subscription_id = &record.request.subscription_id;
    // What was given on another occasion is taken by those, too, who leave all the same.
    let about_staying = matches!(
        record.request.occasion,
        Occasion::CancelCall | Occasion::WinBack
    );
    if !about_staying && session.state != State::CancelRecorded {
        return Ok(());
    }
    let revoked = revoke(connection, &new.customer_id, subscription_id).await?;
    // One that stands by now has had its end; another contact may have revoked it before.
    let standing = read_confirmed(connection, &new.customer_id, new.session_id).await?;
    if standing.is_some() {
        return Err(StoreError::rejected(subscription_ended(subscription_id)));
    }
    if !revoked.is_empty() {
        forget_failed(connection, &new.customer_id, subscription_id).await?;
    }
    let agent = new.agent_id.as_ref().map(kernel::id::Id::as_str);
    for one in &revoked {
        // The events of another session have their order from its lock.
        if one.session_id != new.session_id {
            lock(connection, &one.under, one.session_id).await?;
        }
        append_revoked(connection, one, agent).await?;
    }
    let customer = record.customer.as_ref();
    let known_to_profiles = customer
        .and_then(|customer| customer.subscription(subscription_id))
        .is_some_and(Subscription::end_is_pending);
    if revoked.is_empty() && !known_to_profiles {
        return Ok(());
    }
    let acceptance = new.acceptance_id.to_string();
    order_to_go_on(connection, &new.customer_id, subscription_id, acceptance).await
}

/// Orders that a subscription goes on, and that what was due to whoever left is taken back. `cause` is
/// the id of what asks for it.
pub(super) async fn order_to_go_on(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    subscription_id: &SubscriptionId,
    cause: String,
) -> Result<(), StoreError> {
    let order = SubscriptionOrder::Reinstate(ReinstateSubscription {
        acceptance_id: cause.clone(),
        customer_id: customer_id.clone(),
        subscription_id: subscription_id.clone(),
    });
    let payload = json("outbox", "payload", &order)?;
    let key = stays(connection, customer_id).await?;
    let message = outbox::Message {
        topic: SUBSCRIPTION_ORDER,
        key: &key,
        payload: payload.as_bytes(),
    };
    outbox::enqueue(connection, &[message]).await?;
    let person = CustomerId::parse(&key)
        .map_err(|_| StoreError::inconsistent("customer_identity", "stays", &cause))?;
    let order = WithdrawCare {
        cause,
        customer_id: customer_id.clone(),
        subscription_id: subscription_id.clone(),
    };
    departure::withdraw(connection, &person, order).await
}

/// Tells in the session of a cancellation that it was revoked.
pub(super) async fn append_revoked(
    connection: &mut PgConnection,
    one: &Revoked,
    agent_id: Option<&str>,
) -> Result<(), StoreError> {
    let id = one.cancellation_id.to_string();
    let (under, session_id) = (&one.under, one.session_id);
    append_event(connection, under, session_id, CANCEL_REVOKED, agent_id, &id).await
}

/// Revokes the cancellations of a subscription whose end has not come.
pub(super) async fn revoke(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    subscription_id: &SubscriptionId,
) -> Result<Vec<Revoked>, StoreError> {
    let rows = sqlx::query!(
        "update cancellation set revoked_at = now() \
         where customer_id = any (identities_of($1)) and subscription_id = $2 \
           and revoked_at is null and service_end_at > clock_timestamp() \
         returning customer_id, session_id, cancellation_id",
        customer_id.as_str(),
        subscription_id.as_str(),
    )
    .fetch_all(connection)
    .instrument(statement("UPDATE", "cancellation"))
    .await?;
    let revoked = rows.into_iter().map(|row| {
        let id = row.cancellation_id;
        Ok(Revoked {
            under: CustomerId::parse(&row.customer_id)
                .map_err(|_| StoreError::inconsistent("cancellation", "customer_id", id))?,
            session_id: SessionId::from_uuid(row.session_id),
            cancellation_id: id,
        })
    });
    revoked.collect()
}

pub(super) fn subscription_ended(subscription_id: &SubscriptionId) -> Refusal {
    Refusal::refused(
        "SUBSCRIPTION_ENDED",
        "the subscription has ended, so that nothing can be kept or taken back: coming back begins a \
         new lifetime with a new subscription at profiles",
    )
    .with("subscription_id", subscription_id)
}
