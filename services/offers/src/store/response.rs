//! What the customer answered, in one transaction: request log, session and offers locked, the
//! answer checked against them, offer, hold, acceptance, session and event written together.

use std::sync::Arc;

use kernel::id::{AgentId, ContactId, CustomerId, PresentedOfferId, RequestId, SessionId};
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::answer::{Answer, SessionNow, take};
use crate::domain::catalogue::Catalogue;
use crate::domain::decision::Record;
use crate::domain::grant::{Draw, Grant};
use crate::domain::history::Outcome;
use crate::domain::named::Named;
use crate::domain::session::State;

use super::disclosure::disclose;
use super::discretion;
use super::identity::{learn_of, lock_person};
use super::session::{
    append_event, lock, request_id_reused, save_answer, session_not_found, settle_answer,
};
use super::view::OfferView;
use super::{Store, acceptance_cap, json, owed, pending_end, statement};

const METHOD: &str = "RecordResponse";

/// An answer to record.
#[derive(Clone, Debug)]
pub struct NewResponse {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The contact.
    pub contact_id: ContactId,
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// The answer.
    pub answer: Answer,
    /// The disclosures of the policy were made.
    pub disclosed: bool,
    /// The agent.
    pub agent_id: Option<AgentId>,
    /// What accepting takes, where that is known.
    pub grant: Option<Grant>,
    /// The decision that made the offer, which never changes; absent where there is none.
    pub made: Option<Arc<Record>>,
    /// The id an acceptance gets.
    pub acceptance_id: Uuid,
    /// The catalogue in force, whose contact policy caps what is accepted.
    pub catalogue: Arc<Catalogue>,
}

impl NewResponse {
    /// The decision that made the offer, once it is certain that there is one.
    pub(super) fn made(&self) -> Result<&Record, StoreError> {
        let id = self.presented_offer_id;
        let made = self.made.as_deref();
        made.ok_or_else(|| StoreError::inconsistent("presented_offer", "decision_id", id))
    }

    /// Whether the offer is owed, so that accepting it is no save.
    pub(super) fn is_owed(&self) -> bool {
        let made = self.made.as_deref();
        let promise = made.and_then(|made| made.promise(self.presented_offer_id));
        promise.is_some_and(|promise| promise.owed)
    }
}

/// An answer as recorded.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The offer as it is now.
    pub offer: OfferView,
    /// The state of the session.
    pub state: State,
    /// It had been recorded before.
    pub replayed: bool,
}

impl Store {
    /// Records an answer, once.
    pub async fn record_response(
        &self,
        new: NewResponse,
        deadline: Deadline,
    ) -> Result<Recorded, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(record(connection, new))
        })
        .await
    }
}

async fn record(connection: &mut PgConnection, new: &NewResponse) -> Result<Recorded, StoreError> {
    if let Some(known) = begin(connection, new).await? {
        return Ok(known);
    }
    let mut session = lock_for(connection, new).await?;
    // By the policy of this offer, whatever that of the first step said.
    session.refusal_ends |= new
        .made
        .as_ref()
        .is_some_and(|made| made.decision.policy.refusal_ends_offers);
    let mut offers = session.offers.iter_mut();
    if let Some(offer) = offers.find(|it| it.presented_offer_id == new.presented_offer_id) {
        offer.owed |= new.is_owed();
    }
    let change = take(
        &session,
        &new.contact_id,
        new.presented_offer_id,
        new.answer,
    )
    .map_err(StoreError::rejected)?;
    disclose(connection, new, &session).await?;
    if new.answer == Answer::Accepted {
        may_be_accepted(connection, new, session.now).await?;
    }
    save_answer(
        connection,
        &new.customer_id,
        new.session_id,
        new.presented_offer_id,
        change,
    )
    .await?;
    if new.answer == Answer::Accepted {
        accept(connection, new, &session).await?;
    }
    settle_answer(
        connection,
        &new.customer_id,
        new.presented_offer_id,
        change.hold,
    )
    .await?;
    append_event(
        connection,
        &new.customer_id,
        new.session_id,
        change.outcome.name(),
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
        &new.presented_offer_id.to_string(),
    )
    .await?;
    let answer = json("request_log", "response", &(change.outcome, change.state))?;
    request_log::finish(connection, new.request_id.as_str(), answer.as_bytes()).await?;
    Ok(Recorded {
        offer: offer(new, change.outcome)?,
        state: change.state,
        replayed: false,
    })
}

/// Enters the request into the log, or gives the answer it had.
async fn begin(
    connection: &mut PgConnection,
    new: &NewResponse,
) -> Result<Option<Recorded>, StoreError> {
    let request_id = new.request_id.as_str();
    match request_log::begin(connection, request_id, METHOD, new.body_hash).await? {
        Begun::Fresh => Ok(None),
        Begun::Replay(answer) => replayed(new, &answer).map(Some),
        Begun::Repeats(_) => Err(StoreError::inconsistent(
            "request_log",
            "request_id",
            "repeated",
        )),
        Begun::Reused => Err(StoreError::rejected(request_id_reused(request_id))),
    }
}

/// Locks the session that is answered.
async fn lock_for(
    connection: &mut PgConnection,
    new: &NewResponse,
) -> Result<SessionNow, StoreError> {
    // Who accepts may clear the end that another contact set: one after the other, so that the
    // orders to profiles keep the order in which the customer spoke.
    if new.answer == Answer::Accepted {
        let made = new.made.as_deref();
        if let Some(customer) = made.and_then(|made| made.customer.as_deref()) {
            learn_of(connection, customer).await?;
        }
        lock_person(connection, &new.customer_id).await?;
    }
    lock(connection, &new.customer_id, new.session_id)
        .await?
        .ok_or_else(|| StoreError::rejected(session_not_found(new.session_id)))
}

/// Refuses what the contact policy, the agent's authority or an acceptance elsewhere does not let be
/// accepted by now.
async fn may_be_accepted(
    connection: &mut PgConnection,
    new: &NewResponse,
    now: Timestamp,
) -> Result<(), StoreError> {
    // What was promised against a cap is honoured against it.
    let promise = new.made()?.promise(new.presented_offer_id);
    if !promise.is_some_and(|promise| promise.overridden) {
        acceptance_cap::check(connection, new, now).await?;
    }
    owed::may_be_accepted(connection, new).await?;
    match &new.grant {
        Some(grant) => grant.check().map_err(StoreError::rejected),
        None => Ok(()),
    }
}

/// Writes the acceptance and what comes with it: what the agent gave away, and the end that is undone.
async fn accept(
    connection: &mut PgConnection,
    new: &NewResponse,
    session: &SessionNow,
) -> Result<(), StoreError> {
    insert_acceptance(connection, new).await?;
    if let Some(draw) = draw_of(new) {
        discretion::draw(connection, draw).await?;
    }
    pending_end::clear(connection, new, session).await
}

/// Gives the first answer again, whatever has happened since.
fn replayed(new: &NewResponse, answer: &[u8]) -> Result<Recorded, StoreError> {
    let (outcome, state) = serde_json::from_slice(answer)
        .map_err(|_| StoreError::inconsistent("request_log", "response", &new.request_id))?;
    Ok(Recorded {
        offer: offer(new, outcome)?,
        state,
        replayed: true,
    })
}

fn draw_of(new: &NewResponse) -> Option<&Draw> {
    new.grant.as_ref()?.draw.as_ref()
}

async fn insert_acceptance(
    connection: &mut PgConnection,
    new: &NewResponse,
) -> Result<(), StoreError> {
    let draw = draw_of(new);
    sqlx::query!(
        "insert into acceptance \
           (customer_id, presented_offer_id, acceptance_id, agent_id, accepted_at, fulfilment, \
            discretion_agent_id, discretion_minor, owed) \
         values ($1, $2, $3, $4, now(), 'requested', $5, $6, $7)",
        new.customer_id.as_str(),
        new.presented_offer_id.as_uuid(),
        new.acceptance_id,
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
        draw.map(|draw| draw.agent_id.as_str()),
        draw.map_or(0, |draw| draw.cost.minor),
        new.is_owed(),
    )
    .execute(connection)
    .instrument(statement("INSERT", "acceptance"))
    .await?;
    Ok(())
}

fn offer(new: &NewResponse, outcome: Outcome) -> Result<OfferView, StoreError> {
    let id = new.presented_offer_id;
    OfferView::of(new.made()?, id, outcome)
        .ok_or_else(|| StoreError::inconsistent("decision", "record", id))
}
