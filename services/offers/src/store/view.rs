//! A session with its offers, events and acknowledgement, as it is read.

use kernel::id::{ContactId, CustomerId, PresentedOfferId, SessionId, SubscriptionId};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::StoreError;
use tracing::Instrument;

use crate::domain::decision::Record;
use crate::domain::history::Outcome;
use crate::domain::named::Named;
use crate::domain::promise::Promise;
use crate::domain::session::State;

use super::cancellation::{Confirmed, read_confirmed};
use super::erased_call::{StoredRecord, call_erased};
use super::session::{contact, outcome, state};
use super::{Store, statement};

/// A session as it stands.
#[derive(Clone, Debug)]
pub struct SessionView {
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The contact.
    pub contact_id: ContactId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// How far it has come.
    pub state: State,
    /// The reason stated.
    pub reason: Option<String>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// The offers handed to the desk.
    pub offers: Vec<OfferView>,
    /// What happened, in order.
    pub events: Vec<EventView>,
    /// The cancellation, once confirmed.
    pub cancellation: Option<Confirmed>,
}

/// A presented offer as it stands.
#[derive(Clone, Debug)]
pub struct OfferView {
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// What became of it.
    pub outcome: Outcome,
    /// What was promised.
    pub promise: Promise,
    /// What must be said with it.
    pub notices: Vec<String>,
}

impl OfferView {
    /// An offer as its decision promised it; absent where another decision made it.
    pub(super) fn of(record: &Record, id: PresentedOfferId, outcome: Outcome) -> Option<Self> {
        let promise = record.promise(id)?;
        Some(Self {
            presented_offer_id: id,
            outcome,
            notices: promise.notices(&record.decision.policy),
            promise: promise.clone(),
        })
    }
}

/// One event of a session.
#[derive(Clone, Debug)]
pub struct EventView {
    /// Its place, from one.
    pub sequence: u32,
    /// What.
    pub kind: String,
    /// Who.
    pub agent_id: Option<String>,
    /// More about it.
    pub detail: String,
    /// When.
    pub happened_at: Timestamp,
}

impl Store {
    /// Reads a session whole.
    pub async fn session(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Option<SessionView>, StoreError> {
        let key = (customer_id.clone(), session_id);
        self.postgres
            .read(deadline, &key, |(customer_id, session_id), connection| {
                Box::pin(read(connection, customer_id, *session_id))
            })
            .await
    }
}

/// Reads a session whole on a connection, inside a transaction or not.
pub(super) async fn read(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Option<SessionView>, StoreError> {
    let row = sqlx::query!(
        "select contact_id, subscription_id, state, intent, reason, agent_id, opened_at, updated_at, \
                erased_at \
         from save_session where customer_id = $1 and session_id = $2",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    let Some(row) = row else { return Ok(None) };
    if let Some(erased_at) = row.erased_at {
        let refusal = call_erased(session_id, erased_at.to_jiff());
        return Err(StoreError::rejected(refusal));
    }
    let records = records(connection, customer_id, session_id).await?;
    let opened = EventView {
        sequence: 0,
        kind: "opened".to_owned(),
        agent_id: row.agent_id,
        detail: row.intent,
        happened_at: row.opened_at.to_jiff(),
    };
    let said = records.first().and_then(said);
    let first = records.first().map(decided);
    let later = events(connection, customer_id, session_id).await?;
    Ok(Some(SessionView {
        customer_id: customer_id.clone(),
        session_id,
        contact_id: contact(&row.contact_id, session_id)?,
        subscription_id: SubscriptionId::parse(&row.subscription_id)
            .map_err(|_| StoreError::inconsistent("save_session", "subscription_id", session_id))?,
        state: state(&row.state, session_id)?,
        reason: row.reason,
        opened_at: row.opened_at.to_jiff(),
        updated_at: row.updated_at.to_jiff(),
        offers: offers_of(connection, customer_id, session_id, &records).await?,
        events: numbered([opened].into_iter().chain(said).chain(first).chain(later)),
        cancellation: read_confirmed(connection, customer_id, session_id).await?,
    }))
}

/// Reads the decisions of a session: the first step, and what was decided later in its order, since the
/// steps of overrides come after all others.
pub(super) async fn records(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<Record>, StoreError> {
    let stored = sqlx::query_as!(
        StoredRecord,
        "select customer_id, session_id, decision_id, record as text from decision \
         where customer_id = $1 and session_id = $2 order by step > 1, decided_at, step",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(&mut *connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let mut records = Vec::with_capacity(stored.len());
    for record in stored {
        records.push(record.read(connection).await?);
    }
    Ok(records)
}

/// Reads the offers of a session in their order.
pub(super) async fn offers(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<OfferView>, StoreError> {
    let records = records(connection, customer_id, session_id).await?;
    offers_of(connection, customer_id, session_id, &records).await
}

/// Reads the offers of decisions that are read already: what each promises stands there.
async fn offers_of(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    records: &[Record],
) -> Result<Vec<OfferView>, StoreError> {
    sqlx::query!(
        "select presented_offer_id, outcome from presented_offer \
         where customer_id = $1 and session_id = $2 order by decided_at, rank",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "presented_offer"))
    .await?
    .into_iter()
    .map(|row| {
        let id = PresentedOfferId::from_uuid(row.presented_offer_id);
        let outcome = outcome(&row.outcome, row.presented_offer_id)?;
        let mut records = records.iter();
        records
            .find_map(|record| OfferView::of(record, id, outcome))
            .ok_or_else(|| StoreError::inconsistent("decision", "record", id))
    })
    .collect()
}

/// The event that the permission of a session's first decision is, if it came with one.
fn said(record: &Record) -> Option<EventView> {
    let spoken = record.request.spoken()?;
    Some(EventView {
        kind: spoken.name().to_owned(),
        detail: String::new(),
        ..decided(record)
    })
}

/// The event that a session's first decision is.
fn decided(record: &Record) -> EventView {
    let (kind, detail) = record.decision.event();
    let agent = record.request.agent.agent_id.as_ref();
    EventView {
        sequence: 0,
        kind: kind.to_owned(),
        agent_id: agent.map(ToString::to_string),
        detail,
        happened_at: record.decided_at,
    }
}

fn numbered(events: impl Iterator<Item = EventView>) -> Vec<EventView> {
    let numbers = 1..;
    numbers
        .zip(events)
        .map(|(sequence, event)| EventView { sequence, ..event })
        .collect()
}

/// Reads the events that came after the first decision.
async fn events(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Vec<EventView>, StoreError> {
    let rows = sqlx::query!(
        "select kind, agent_id, detail, happened_at from session_event \
         where customer_id = $1 and session_id = $2 order by sequence",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "session_event"))
    .await?;
    let events = rows.into_iter().map(|row| EventView {
        sequence: 0,
        kind: row.kind,
        agent_id: row.agent_id,
        detail: row.detail,
        happened_at: row.happened_at.to_jiff(),
    });
    Ok(events.collect())
}
