//! Leaving, in one transaction: the session, the acknowledgement, the holds given back, and the
//! order to end the subscription put into the outbox. Nothing here asks anybody else.

use std::sync::Arc;

use kernel::id::{
    AgentId, CancellationId, ContactId, CustomerId, RequestId, SessionId, SubscriptionId,
};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, outbox, write};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::catalogue::Catalogue;
use crate::domain::exit::{
    AcknowledgedContent, DatesSource, EndDates, EndSubscription, SubscriptionOrder,
};
use crate::domain::exit_plan::{ExitPlan, ExitType};
use crate::domain::follow_up::Leaver;
use crate::domain::keep_in_touch::Choices;
use crate::domain::named::Named;
use crate::domain::session::State;

use super::budget::give_back;
use super::delivery::SUBSCRIPTION_ORDER;
use super::exit::{self, ChosenColumns, Planned};
use super::identity::{lock_person, spoke_under, stays};
use super::session::{
    append_event, bind, lock_by_contact, move_to, of_customer, release_holds, request_id_reused,
};
use super::{Store, departure, json, owed, statement, undo_elsewhere};

const METHOD: &str = "ConfirmCancellation";

/// The topic of the order to end a subscription.
pub(super) const END_SUBSCRIPTION: &str = "end_subscription";

/// A cancellation to confirm.
#[derive(Clone, Debug)]
pub struct NewCancellation {
    /// Makes a retry safe; contact and subscription do so too.
    pub request: Option<(RequestId, BodyHash)>,
    /// The customer.
    pub customer_id: CustomerId,
    /// What they leave.
    pub subscription_id: SubscriptionId,
    /// The contact.
    pub contact_id: ContactId,
    /// The reason, if one was given.
    pub reason: Option<String>,
    /// The day the customer wants.
    pub requested_end_at: Option<Timestamp>,
    /// The agent.
    pub agent_id: Option<AgentId>,
    /// The id of the session, should there be none.
    pub session_id: SessionId,
    /// The id of the acknowledgement.
    pub cancellation_id: CancellationId,
    /// When it is acknowledged.
    pub now: Timestamp,
    /// What the customer chose about hearing from the company later.
    pub choices: Choices,
    /// The reasons, for how each ends.
    pub catalogue: Arc<Catalogue>,
}

/// A confirmed cancellation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// The session.
    pub session_id: SessionId,
    /// The acknowledgement.
    pub cancellation_id: CancellationId,
    /// When it was acknowledged.
    pub acknowledged_at: Timestamp,
    /// The two end dates.
    pub dates: EndDates,
    /// How it ends.
    pub plan: ExitPlan,
    /// The SHA-256 of the acknowledged content.
    pub hash: Vec<u8>,
    /// It had been confirmed before.
    pub replayed: bool,
}

impl Store {
    /// Confirms a cancellation, once for each contact and subscription.
    pub async fn confirm_cancellation(
        &self,
        new: NewCancellation,
        deadline: Deadline,
    ) -> Result<Confirmed, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(confirm(connection, new))
        })
        .await
    }
}

async fn confirm(
    connection: &mut PgConnection,
    new: &NewCancellation,
) -> Result<Confirmed, StoreError> {
    let claim = begin(connection, new).await?;
    if let Claim::Answered(confirmed) = claim {
        return Ok(*confirmed);
    }
    let ids = lock_person(connection, &new.customer_id).await?;
    let begun = begun_under_another_id(connection, new, &ids).await?;
    let new = begun.as_ref().unwrap_or(new);
    let session_id = find_or_open(connection, new).await?;
    if let Some(confirmed) = read_confirmed(connection, &new.customer_id, session_id).await? {
        // Who has left already is not kept from it by being told.
        if let Claim::Taken(id) = claim {
            return Err(StoreError::rejected(request_id_reused(id.as_str())));
        }
        finish(connection, &claim, &confirmed).await?;
        return Ok(Confirmed {
            replayed: true,
            ..confirmed
        });
    }
    let planned = exit::plan(connection, new, session_id).await?;
    let (plan, dates) = (planned.plan, planned.dates);
    let confirmed = Confirmed {
        session_id,
        cancellation_id: new.cancellation_id,
        acknowledged_at: new.now,
        dates,
        plan,
        hash: hash(new, dates),
        replayed: false,
    };
    record(connection, new, &planned, &confirmed, &ids).await?;
    finish(connection, &claim, &confirmed).await?;
    Ok(confirmed)
}

/// The same, for the id of the customer under which the contact began, if that is another one.
async fn begun_under_another_id(
    connection: &mut PgConnection,
    new: &NewCancellation,
    ids: &[String],
) -> Result<Option<NewCancellation>, StoreError> {
    if ids.len() < 2 {
        return Ok(None);
    }
    let (contact, subscription) = (&new.contact_id, &new.subscription_id);
    let under = spoke_under(connection, &new.customer_id, contact, subscription).await?;
    let under = under.filter(|under| *under != new.customer_id);
    Ok(under.map(|customer_id| NewCancellation {
        customer_id,
        ..new.clone()
    }))
}

/// What is known of a request by its id.
enum Claim<'r> {
    /// It was answered before.
    Answered(Box<Confirmed>),
    /// It is new; the id, if there is one, is to remember its answer.
    Claimed(Option<&'r RequestId>),
    /// The id belongs to another request, and cannot remember this one.
    Taken(&'r RequestId),
}

/// Claims the request id, if there is one, and returns what it was answered with before: a retry
/// that comes late, after an acceptance undid the cancellation, does not cancel again.
async fn begin<'r>(
    connection: &mut PgConnection,
    new: &'r NewCancellation,
) -> Result<Claim<'r>, StoreError> {
    let Some((request_id, body_hash)) = &new.request else {
        return Ok(Claim::Claimed(None));
    };
    let answered =
        match request_log::begin(connection, request_id.as_str(), METHOD, *body_hash).await? {
            Begun::Fresh | Begun::Repeats(_) => None,
            Begun::Replay(answer) => match Uuid::from_slice(&answer) {
                Ok(id) => read_acknowledged(connection, &new.customer_id, id).await?,
                // Remembered by a version that did not say which: the contact says it.
                Err(_) => None,
            },
            Begun::Reused => return Ok(Claim::Taken(request_id)),
        };
    Ok(
        answered.map_or(Claim::Claimed(Some(request_id)), |confirmed| {
            Claim::Answered(Box::new(confirmed))
        }),
    )
}

async fn finish(
    connection: &mut PgConnection,
    claim: &Claim<'_>,
    confirmed: &Confirmed,
) -> Result<(), StoreError> {
    let Claim::Claimed(Some(request_id)) = claim else {
        return Ok(());
    };
    let id = confirmed.cancellation_id.as_uuid();
    request_log::finish(connection, request_id.as_str(), id.as_bytes()).await
}

/// Locks the session of the contact, opening one if the customer leaves without ever being pitched.
async fn find_or_open(
    connection: &mut PgConnection,
    new: &NewCancellation,
) -> Result<SessionId, StoreError> {
    sqlx::query!(
        "insert into save_session (customer_id, session_id, contact_id, subscription_id, occasion, \
             state, intent, reason, agent_id, refusal_ends, max_offers, opened_at, updated_at) \
         values ($1, $2, $3, $4, 'cancel_call', 'opened', 'disconnect', $5, $6, true, 0, $7, $7) \
         on conflict on constraint save_session_contact_key do nothing",
        new.customer_id.as_str(),
        new.session_id.as_uuid(),
        new.contact_id.as_str(),
        new.subscription_id.as_str(),
        new.reason,
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
        bind(new.now) as _,
    )
    .execute(&mut *connection)
    .instrument(statement("INSERT", "save_session"))
    .await?;
    lock_by_contact(
        connection,
        &new.customer_id,
        &new.contact_id,
        &new.subscription_id,
    )
    .await?
    .ok_or_else(|| StoreError::inconsistent("save_session", "contact_id", &new.contact_id))
}

async fn record(
    connection: &mut PgConnection,
    new: &NewCancellation,
    planned: &Planned,
    confirmed: &Confirmed,
    ids: &[String],
) -> Result<(), StoreError> {
    let session_id = confirmed.session_id;
    let (customer_id, subscription_id) = (&new.customer_id, &new.subscription_id);
    let owed = owed::of_session(connection, customer_id, session_id).await;
    let released = release_holds(connection, customer_id, session_id, &owed).await?;
    let mut undone = undo_acceptances(connection, customer_id, session_id).await?;
    let elsewhere = undo_elsewhere::undo(connection, customer_id, subscription_id, session_id);
    undone.extend(elsewhere.await?);
    let times_stayed = departure::times_stayed(connection, customer_id, subscription_id).await?;
    insert(connection, new, confirmed).await?;
    give_back(connection, &released, &undone).await?;
    append_event(
        connection,
        &new.customer_id,
        session_id,
        State::CancelRecorded.name(),
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
        &confirmed.cancellation_id.to_string(),
    )
    .await?;
    move_to(
        connection,
        &new.customer_id,
        session_id,
        State::CancelRecorded,
    )
    .await?;
    // One person's orders keep their order, whatever id each was given by.
    let key = match ids {
        [only] => only.clone(),
        _ => stays(connection, &new.customer_id).await?,
    };
    order_end(connection, new, confirmed, &key).await?;
    let person = CustomerId::parse(&key)
        .map_err(|_| StoreError::inconsistent("customer_identity", "stays", session_id))?;
    let reason = planned.reason.as_ref();
    let leaver = Leaver {
        customer_id: &person,
        subscription_id,
        plan: confirmed.plan,
        dates: confirmed.dates,
        acknowledged_at: confirmed.acknowledged_at,
        record: planned.record.as_ref(),
        reason: reason.and_then(|key| new.catalogue.reason(key)),
        catalogue: &new.catalogue,
        times_stayed,
    };
    departure::record(connection, customer_id, confirmed.cancellation_id, leaver).await
}

async fn order_end(
    connection: &mut PgConnection,
    new: &NewCancellation,
    confirmed: &Confirmed,
    key: &str,
) -> Result<(), StoreError> {
    let order = EndSubscription {
        cancellation_id: confirmed.cancellation_id,
        customer_id: new.customer_id.clone(),
        subscription_id: new.subscription_id.clone(),
        service_end_at: confirmed.dates.service_end_at,
        billing_end_at: confirmed.dates.billing_end_at,
    };
    let (topic, payload) = match confirmed.plan.exit_type {
        // The version before knows no payment that failed: how it ends is told when it is delivered.
        ExitType::Termination | ExitType::Move | ExitType::Involuntary => {
            (END_SUBSCRIPTION, json("outbox", "payload", &order)?)
        }
        exit_type => {
            let order = SubscriptionOrder::EndAs(exit_type, order);
            (SUBSCRIPTION_ORDER, json("outbox", "payload", &order)?)
        }
    };
    let message = outbox::Message {
        topic,
        key,
        payload: payload.as_bytes(),
    };
    outbox::enqueue(connection, &[message]).await
}

/// Who leaves after all does not get what they had accepted, but for what is owed: that is given
/// whatever they decide. The money goes back.
pub(super) async fn undo_acceptances(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<(CustomerId, Uuid)>, StoreError> {
    let undone = sqlx::query_scalar!(
        "with undone as ( \
             update acceptance set fulfilment = 'rolled_back' from presented_offer offer \
             where acceptance.customer_id = $1 and offer.customer_id = $1 and offer.session_id = $2 \
               and not acceptance.owed \
               and acceptance.presented_offer_id = offer.presented_offer_id \
               and (acceptance.fulfilment = 'requested' or acceptance.fulfilment = 'in_progress' \
                    and acceptance.lease_expires_at <= clock_timestamp()) \
             returning acceptance.presented_offer_id \
         ) \
         update presented_offer offer set hold_state = 'released', settled_at = now() from undone \
         where offer.customer_id = $1 and offer.presented_offer_id = undone.presented_offer_id \
           and offer.hold_state = 'committed' \
         returning offer.presented_offer_id",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("UPDATE", "acceptance"))
    .await?;
    Ok(of_customer(customer_id, undone))
}

async fn insert(
    connection: &mut PgConnection,
    new: &NewCancellation,
    confirmed: &Confirmed,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into cancellation (customer_id, cancellation_id, session_id, subscription_id, \
             contact_id, reason, agent_id, acknowledged_at, service_end_at, billing_end_at, \
             dates_source, hash, exit_type, keep_in_touch, cancel_deadline_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        new.customer_id.as_str(),
        confirmed.cancellation_id.as_uuid(),
        confirmed.session_id.as_uuid(),
        new.subscription_id.as_str(),
        new.contact_id.as_str(),
        new.reason,
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
        bind(confirmed.acknowledged_at) as _,
        bind(confirmed.dates.service_end_at) as _,
        bind(confirmed.dates.billing_end_at) as _,
        confirmed.dates.source.name(),
        confirmed.hash,
        confirmed.plan.exit_type.name(),
        confirmed.plan.choices.besides.map(Named::name),
        confirmed.plan.cancel_deadline_at.map(bind) as _,
    )
    .execute(connection)
    .instrument(statement("INSERT", "cancellation"))
    .await?;
    Ok(())
}

/// Reads the cancellation of a session that stands, if there is one.
pub(super) async fn read_confirmed(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Option<Confirmed>, StoreError> {
    let standing = sqlx::query_scalar!(
        "select cancellation_id from cancellation \
         where customer_id = $1 and session_id = $2 and revoked_at is null",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "cancellation"))
    .await?;
    match standing {
        Some(id) => read_acknowledged(connection, customer_id, id).await,
        None => Ok(None),
    }
}

/// Reads a cancellation as it was acknowledged, whether it stands or not.
pub(super) async fn read_acknowledged(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    cancellation_id: Uuid,
) -> Result<Option<Confirmed>, StoreError> {
    let row = sqlx::query!(
        "select session_id, cancellation_id, acknowledged_at, service_end_at, billing_end_at, \
                dates_source, hash, exit_type, keep_in_touch, cancel_deadline_at, \
                coalesce(wanted_channels, '{}') as \"wanted_channels!\", \
                coalesce(refused_channels, '{}') as \"refused_channels!\", \
                coalesce(sign_off_call, false) as \"sign_off_call!\" \
         from cancellation left join departure using (customer_id, cancellation_id) \
         where customer_id = any (identities_of($1)) and cancellation_id = $2",
        customer_id.as_str(),
        cancellation_id,
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "cancellation"))
    .await?;
    row.map(|row| {
        let session_id = SessionId::from_uuid(row.session_id);
        let source = DatesSource::from_name(&row.dates_source)
            .ok_or_else(|| StoreError::inconsistent("cancellation", "dates_source", session_id))?;
        Ok(Confirmed {
            session_id,
            cancellation_id: CancellationId::from_uuid(row.cancellation_id),
            acknowledged_at: row.acknowledged_at.to_jiff(),
            dates: EndDates {
                service_end_at: row.service_end_at.to_jiff(),
                billing_end_at: row.billing_end_at.to_jiff(),
                source,
            },
            plan: exit::read(
                row.exit_type.as_deref(),
                &ChosenColumns {
                    keep_in_touch: row.keep_in_touch.as_deref(),
                    wanted: &row.wanted_channels,
                    refused: &row.refused_channels,
                },
                row.sign_off_call,
                row.cancel_deadline_at.map(jiff_sqlx::Timestamp::to_jiff),
            ),
            hash: row.hash,
            replayed: true,
        })
    })
    .transpose()
}

fn hash(new: &NewCancellation, dates: EndDates) -> Vec<u8> {
    let content = AcknowledgedContent {
        cancellation_id: new.cancellation_id,
        customer_id: &new.customer_id,
        subscription_id: &new.subscription_id,
        contact_id: &new.contact_id,
        acknowledged_at: new.now,
        dates,
    };
    request_log::body_hash(&content.bytes()).to_vec()
}
