//! Stored decisions: what was answered before, and the later steps of a contact.

use kernel::id::{ContactId, CustomerId, DecisionId, PresentedOfferId, SubscriptionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash, Entry};
use storage::{StoreError, write};
use tracing::Instrument;

use crate::domain::budget::Shortage;
use crate::domain::decision::Record;
use crate::domain::history::Outcome;
use crate::domain::named::Named;
use crate::domain::progress::Progress;
use crate::domain::session::State;

use super::budget::{Wanted, allot, hold, lock_rooms, open_windows};
use super::erased_call::StoredRecord;
use super::proof::decision_hash;
use super::record_decision::{METHOD, NewDecision};
use super::replay::REQUEST_ALTERNATIVE;
use super::session::{advance, append_event, bind, lock};
use super::step::append_news;
use super::{Store, json, statement};

/// What was answered before under a request id or for a contact's step.
#[derive(Clone, Debug)]
pub enum Before {
    /// Nothing.
    Nothing,
    /// This.
    Answered(Box<Record>),
    /// The request id was used with another body.
    Reused,
    /// The contact has a session, but no decision at this step.
    SessionIs(Progress),
}

/// A decision as it is stored.
#[derive(Clone, Debug)]
pub struct StoredDecision {
    /// The record.
    pub record: Record,
    text: String,
    sealed: bool,
}

impl StoredDecision {
    /// Tells whether a record is this one, byte for byte. A record from before hashes were kept may
    /// have been written anew by a migration, with other spaces: of that one the content is compared.
    pub fn is(&self, other: &Record) -> Result<bool, StoreError> {
        let other = json("decision", "record", other)?;
        if self.sealed {
            return Ok(other == self.text);
        }
        Ok(other == json("decision", "record", &self.record)?)
    }
}

/// What a later step of a contact came to.
#[derive(Clone, Debug)]
pub enum Asked {
    /// Recorded now.
    Recorded,
    /// Not recorded: see what was answered before.
    Before,
    /// Not recorded: these budgets do not have what its offers need.
    Short(Vec<Shortage>),
}

/// Why a later step was not recorded and its transaction rolled back.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotRecorded {
    /// Storage failed, or said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no room in these budgets.
    #[error("budgets do not have what is needed")]
    Short(Vec<Shortage>),
}

/// Names a step of a contact.
#[derive(Clone, Debug)]
pub struct StepKey {
    /// The request.
    pub request_id: String,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The contact.
    pub contact_id: ContactId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// The step.
    pub step: u32,
}

impl Store {
    /// Looks up what was answered before.
    pub async fn answered_before(
        &self,
        key: &StepKey,
        deadline: Deadline,
    ) -> Result<Before, StoreError> {
        self.postgres
            .read(deadline, key, |key, connection| {
                Box::pin(before(connection, key))
            })
            .await
    }

    /// Reads a decision.
    pub async fn decision(
        &self,
        customer_id: &CustomerId,
        decision_id: DecisionId,
        deadline: Deadline,
    ) -> Result<Option<StoredDecision>, StoreError> {
        let key = (customer_id.clone(), decision_id);
        self.postgres
            .read(deadline, &key, |(customer_id, decision_id), connection| {
                Box::pin(read_decision(connection, customer_id, *decision_id))
            })
            .await
    }

    /// Reads the decision that made an offer.
    pub async fn decision_of_offer(
        &self,
        customer_id: &CustomerId,
        presented_offer_id: PresentedOfferId,
        deadline: Deadline,
    ) -> Result<Option<Record>, StoreError> {
        let key = (customer_id.clone(), presented_offer_id);
        self.postgres
            .read(deadline, &key, |(customer_id, id), connection| {
                Box::pin(read_maker(connection, customer_id, *id))
            })
            .await
    }

    /// Records the decision of a later step of a contact, if its session allows another.
    pub async fn record_later_step(
        &self,
        new: NewDecision,
        deadline: Deadline,
    ) -> Result<Asked, StoreError> {
        let written = write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(later_step(connection, new))
        })
        .await;
        match written {
            Err(NotRecorded::Short(shortages)) => Ok(Asked::Short(shortages)),
            Err(NotRecorded::Store(error)) => Err(error),
            Ok(asked) => Ok(asked),
        }
    }
}

async fn before(connection: &mut PgConnection, key: &StepKey) -> Result<Before, StoreError> {
    let entry = Entry {
        request_id: &key.request_id,
        method: METHOD,
        body_hash: key.body_hash,
    };
    if request_log::peek(connection, &entry).await? == Some(Begun::Reused) {
        return Ok(Before::Reused);
    }
    let row = sqlx::query!(
        "select session.session_id, session.state, session.refused, \
                decision.decision_id as \"decision_id?\", decision.record as \"record?\" \
         from save_session session \
         left join decision on decision.customer_id = session.customer_id \
              and decision.session_id = session.session_id and decision.step = $4 \
         where session.customer_id = $1 and session.contact_id = $2 and session.subscription_id = $3",
        key.customer_id.as_str(),
        key.contact_id.as_str(),
        key.subscription_id.as_str(),
        i32::try_from(key.step).unwrap_or(i32::MAX),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let Some(row) = row else {
        return Ok(Before::Nothing);
    };
    match (row.record, row.decision_id) {
        (Some(text), Some(decision_id)) => {
            let stored = StoredRecord {
                customer_id: key.customer_id.to_string(),
                session_id: row.session_id,
                decision_id,
                text,
            };
            Ok(Before::Answered(Box::new(stored.read(connection).await?)))
        }
        _ => State::from_name(&row.state)
            .map(|state| Before::SessionIs(Progress::of(state, row.refused)))
            .ok_or_else(|| StoreError::inconsistent("save_session", "state", &key.contact_id)),
    }
}

/// Reads a decision on a connection.
pub(super) async fn read_decision(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    decision_id: DecisionId,
) -> Result<Option<StoredDecision>, StoreError> {
    let row = sqlx::query!(
        "select customer_id, session_id, record, hash is not null as \"sealed!\" from decision \
         where customer_id = any (identities_of($1)) and decision_id = $2",
        customer_id.as_str(),
        decision_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let Some(row) = row else { return Ok(None) };
    let stored = StoredRecord {
        customer_id: row.customer_id,
        session_id: row.session_id,
        decision_id: decision_id.as_uuid(),
        text: row.record,
    };
    Ok(Some(StoredDecision {
        record: stored.read(connection).await?,
        text: stored.text,
        sealed: row.sealed,
    }))
}

async fn read_maker(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    id: PresentedOfferId,
) -> Result<Option<Record>, StoreError> {
    let stored = sqlx::query_as!(
        StoredRecord,
        "select customer_id, decision.session_id, decision.decision_id, decision.record as text \
         from presented_offer join decision using (customer_id, decision_id) \
         where customer_id = $1 and presented_offer_id = $2",
        customer_id.as_str(),
        id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let Some(stored) = stored else {
        return Ok(None);
    };
    Ok(Some(stored.read(connection).await?))
}

async fn later_step(
    connection: &mut PgConnection,
    new: &NewDecision,
) -> Result<Asked, NotRecorded> {
    let (record, request) = (&new.record, &new.record.request);
    // Contact and step bring the answer back; an alternative is found by its request alone.
    let decision_id = record.decision_id.as_uuid();
    let (method, answer): (_, &[u8]) = if request.alternative {
        (REQUEST_ALTERNATIVE, decision_id.as_bytes())
    } else {
        (METHOD, &[])
    };
    let request_id = request.request_id.as_str();
    let begun = request_log::begin(connection, request_id, method, new.body_hash).await?;
    if begun != Begun::Fresh {
        return Ok(Asked::Before);
    }
    request_log::finish(connection, request_id, answer).await?;
    let Some(session) = lock(connection, &request.customer_id, record.session_id).await? else {
        return Err(
            StoreError::inconsistent("save_session", "session_id", record.session_id).into(),
        );
    };
    // Somebody may have been quicker with this step while we waited for the lock: theirs is the
    // answer, whatever the session's state is by now.
    let inserted = insert_decision(connection, new).await?;
    if !inserted && request.alternative {
        return Err(StoreError::rejected(record.no_room(&session)).into());
    }
    if !inserted {
        return Ok(Asked::Before);
    }
    let after = record
        .advance(session.progress())
        .map_err(|illegal| StoreError::rejected(illegal.refusal(record.session_id)))?;
    record.finds_room(&session).map_err(StoreError::rejected)?;
    insert_offers(connection, new).await?;
    hold_budgets(connection, record).await?;
    let (kind, detail) = record.decision.event();
    let agent = request.agent.agent_id.as_ref().map(kernel::id::Id::as_str);
    if let Some(spoken) = request.spoken() {
        append_news(connection, &request.customer_id, &session, spoken, agent).await?;
    }
    append_event(
        connection,
        &request.customer_id,
        record.session_id,
        kind,
        agent,
        &detail,
    )
    .await?;
    advance(connection, &request.customer_id, record.session_id, after).await?;
    Ok(Asked::Recorded)
}

/// Inserts a decision; says whether it is new.
pub(super) async fn insert_decision(
    connection: &mut PgConnection,
    new: &NewDecision,
) -> Result<bool, StoreError> {
    let record = &new.record;
    let text = json("decision", "record", record)?;
    let inserted = sqlx::query!(
        "insert into decision (customer_id, decision_id, session_id, step, record, decided_at, hash) \
         values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint decision_pkey do nothing",
        record.request.customer_id.as_str(),
        record.decision_id.as_uuid(),
        record.session_id.as_uuid(),
        i32::try_from(record.request.step).unwrap_or(i32::MAX),
        text,
        bind(record.decided_at) as _,
        &decision_hash(record.into(), &text)[..],
    )
    .execute(connection)
    .instrument(statement("INSERT", "decision"))
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Inserts the offers of a decision with their holds.
pub(super) async fn insert_offers(
    connection: &mut PgConnection,
    new: &NewDecision,
) -> Result<(), StoreError> {
    let record = &new.record;
    let offers = record.decision.offers.iter();
    for (rank, (promise, id)) in offers.zip(&record.presented_offer_ids).enumerate() {
        sqlx::query!(
            "insert into presented_offer (customer_id, presented_offer_id, session_id, \
                 decision_id, offer_key, catalogue_version, rank, price_offer, outcome, \
                 decided_at, expires_at, hold_state, cost_minor, currency) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'held', $12, $13)",
            record.request.customer_id.as_str(),
            id.as_uuid(),
            record.session_id.as_uuid(),
            record.decision_id.as_uuid(),
            promise.offer_key.as_str(),
            i64::try_from(record.catalogue_version).unwrap_or(i64::MAX),
            i16::try_from(rank).unwrap_or(i16::MAX),
            promise.price_offer,
            Outcome::Decided.name(),
            bind(record.decided_at) as _,
            bind(promise.expires_at) as _,
            promise.cost.minor.max(0),
            promise.cost.currency.code(),
        )
        .execute(&mut *connection)
        .instrument(statement("INSERT", "presented_offer"))
        .await?;
    }
    Ok(())
}

/// Takes what the offers need of budgets, of whichever parts have it.
pub(super) async fn hold_budgets(
    connection: &mut PgConnection,
    record: &Record,
) -> Result<(), NotRecorded> {
    let wanted: Vec<Wanted<'_>> = wanted(record).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = wanted.iter().map(|it| it.budget.as_str()).collect();
    open_windows(connection, &keys)
        .instrument(statement("SELECT", "budget"))
        .await?;
    let mut purses = lock_rooms(connection, &keys, None)
        .instrument(statement("SELECT", "budget_bucket"))
        .await?;
    let allotted = allot(&mut purses, wanted.into_iter(), 0).map_err(NotRecorded::Short)?;
    let holding = hold(connection, &allotted).instrument(statement("INSERT", "budget_hold"));
    Ok(holding.await?)
}

fn wanted(record: &Record) -> impl Iterator<Item = Wanted<'_>> {
    let offers = record.decision.offers.iter();
    offers
        .zip(&record.presented_offer_ids)
        .filter_map(|(promise, id)| {
            Some(Wanted {
                customer_id: record.request.customer_id.as_str(),
                presented_offer_id: id.as_uuid(),
                attempt: 1,
                budget: promise.budget.as_ref()?,
                cost_minor: promise.cost.minor,
                currency: promise.cost.currency.code(),
                held_at: record.decided_at,
            })
        })
}
