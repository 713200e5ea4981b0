//! An override, in one transaction: the session locked, what was not read out makes way, the decision
//! and its offer written with their event.

use kernel::id::ContactId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use crate::domain::answer::{Change, HoldMove, SessionNow, wrong_contact};
use crate::domain::decision::Record;
use crate::domain::history::Outcome;
use crate::domain::named::Named;
use crate::domain::overriding::{FIRST_STEP, LAST_STEP, make_way, too_many_offers};
use crate::domain::session::State;

use super::budget::lock_exchange;
use super::decision::{NotRecorded, hold_budgets, insert_decision, insert_offers};
use super::replay::{OVERRIDE_OFFER, answered};
use super::session::{
    append_event, lock, move_to, request_id_reused, save_answer, session_not_found, settle_answer,
};
use super::{NewDecision, Store, statement};

/// An override to record.
#[derive(Clone, Debug)]
pub struct NewOverride {
    /// The decision.
    pub record: Record,
    /// The contact that the caller believes to be in.
    pub contact_id: ContactId,
    /// The SHA-256 of the request as it came in.
    pub body_hash: BodyHash,
}

impl Store {
    /// Records an override, once; says whether it had been recorded before.
    pub async fn record_override(
        &self,
        new: NewOverride,
        deadline: Deadline,
    ) -> Result<(Record, bool), StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(record(connection, new))
        })
        .await
    }
}

async fn record(
    connection: &mut PgConnection,
    new: &NewOverride,
) -> Result<(Record, bool), StoreError> {
    let request = &new.record.request;
    let request_id = request.request_id.as_str();
    match request_log::begin(connection, request_id, OVERRIDE_OFFER, new.body_hash).await? {
        Begun::Fresh => {}
        Begun::Replay(answer) => {
            let call = (&request.customer_id, new.record.session_id);
            let known = answered(connection, call, &request.request_id, &answer).await?;
            return Ok((known, true));
        }
        _ => return Err(StoreError::rejected(request_id_reused(request_id))),
    }
    let session_id = new.record.session_id;
    let session = lock(connection, &request.customer_id, session_id)
        .await?
        .ok_or_else(|| StoreError::rejected(session_not_found(session_id)))?;
    if session.contact_id != new.contact_id {
        return Err(StoreError::rejected(wrong_contact(&new.contact_id)));
    }
    set_aside(connection, new, &session).await?;
    let mut record = new.record.clone();
    record.request.step = next_step(connection, new, &session).await?;
    let recorded = NewDecision {
        record,
        body_hash: new.body_hash,
    };
    insert_decision(connection, &recorded).await?;
    insert_offers(connection, &recorded).await?;
    hold_cost(connection, &recorded.record).await?;
    append(connection, new).await?;
    move_to(connection, &request.customer_id, session_id, State::Offered).await?;
    let answer = new.record.decision_id.as_uuid();
    request_log::finish(connection, request_id, answer.as_bytes()).await?;
    Ok((recorded.record, false))
}

/// Holds what the offer costs: no authority spends what a budget does not have.
async fn hold_cost(connection: &mut PgConnection, record: &Record) -> Result<(), StoreError> {
    match hold_budgets(connection, record).await {
        Ok(()) => Ok(()),
        Err(NotRecorded::Store(error)) => Err(error),
        Err(NotRecorded::Short(_)) => Err(StoreError::rejected(budget_exhausted(record))),
    }
}

fn budget_exhausted(record: &Record) -> Refusal {
    Refusal::refused(
        "BUDGET_EXHAUSTED",
        "the budget of the offer cannot pay for it: offer something else, or raise the budget",
    )
    .with("offer_key", &record.decision.arm)
}

/// What was not read out makes way, and its hold is given back.
async fn set_aside(
    connection: &mut PgConnection,
    new: &NewOverride,
    session: &SessionNow,
) -> Result<(), StoreError> {
    let max_offers = new.record.decision.policy.max_offers;
    let customer_id = &new.record.request.customer_id;
    let unread = Change {
        state: State::Offered,
        refused: session.refused,
        outcome: Outcome::NotPresented,
        hold: HoldMove::Release,
    };
    let unread_ids = make_way(session, max_offers).map_err(StoreError::rejected)?;
    // Of two who override, one gives back where the other takes.
    let offers = new.record.decision.offers.iter();
    let taken: Vec<&str> = offers
        .filter_map(|it| Some(it.budget.as_ref()?.as_str()))
        .collect();
    lock_exchange(connection, customer_id, &unread_ids, &taken).await?;
    for id in unread_ids {
        save_answer(connection, customer_id, session.session_id, id, unread).await?;
        settle_answer(connection, customer_id, id, unread.hold).await?;
        let agent = new.record.request.agent.agent_id.as_ref();
        append_event(
            connection,
            customer_id,
            session.session_id,
            unread.outcome.name(),
            agent.map(kernel::id::Id::as_str),
            &id.to_string(),
        )
        .await?;
    }
    Ok(())
}

async fn next_step(
    connection: &mut PgConnection,
    new: &NewOverride,
    session: &SessionNow,
) -> Result<u32, StoreError> {
    let last = sqlx::query_scalar!(
        "select max(step) from decision where customer_id = $1 and session_id = $2",
        new.record.request.customer_id.as_str(),
        session.session_id.as_uuid(),
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let last = last.and_then(|step| u32::try_from(step).ok()).unwrap_or(0);
    let step = FIRST_STEP.max(last + 1);
    if step > LAST_STEP {
        return Err(StoreError::rejected(too_many_offers(session)));
    }
    Ok(step)
}

async fn append(connection: &mut PgConnection, new: &NewOverride) -> Result<(), StoreError> {
    let (decision, request) = (&new.record.decision, &new.record.request);
    let reason = decision.overridden.as_ref();
    let reason = reason.map_or("", |overridden| overridden.reason.as_str());
    append_event(
        connection,
        &request.customer_id,
        new.record.session_id,
        "overridden",
        request.agent.agent_id.as_ref().map(kernel::id::Id::as_str),
        &format!("{} {reason}", decision.arm),
    )
    .await
}
