//! Promises that could not be kept: listing and closing their tasks.

use kernel::id::{AgentId, CustomerId, OfferKey, PresentedOfferId, RequestId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use super::super::budget::{Moves, Settlement, Wanted, allot, hold, lock_rooms, open_windows};
use super::super::identity::lock_person;
use super::super::owed::{is_forgone, may_be_retried};
use super::super::session::{append_event, lock, request_id_reused};
use super::super::view::offers;
use super::super::{Store, discretion, statement};
use crate::domain::fulfilment::{PromiseTaskId, Resolution};
use crate::domain::named::Named;
use crate::domain::promise::Promise;
use crate::domain::session::State;

const METHOD: &str = "ClosePromiseTask";

/// An open task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromiseTask {
    /// The task.
    pub task_id: PromiseTaskId,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The promise.
    pub presented_offer_id: PresentedOfferId,
    /// The offer in the catalogue.
    pub offer_key: OfferKey,
    /// Why it failed.
    pub failure_code: String,
    /// When it failed.
    pub opened_at: Timestamp,
}

/// How a task shall end.
#[derive(Clone, Debug)]
pub struct NewResolution {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The task.
    pub task_id: PromiseTaskId,
    /// How.
    pub resolution: Resolution,
    /// Who closes it.
    pub agent_id: Option<AgentId>,
}

impl Store {
    /// Lists open tasks, those after one when that is given.
    pub async fn promise_tasks(
        &self,
        after: Option<PromiseTaskId>,
        limit: u32,
        deadline: Deadline,
    ) -> Result<Vec<PromiseTask>, StoreError> {
        let page = (after, i64::from(limit));
        self.postgres
            .read(deadline, &page, |(after, limit), connection| {
                Box::pin(list(connection, *after, *limit))
            })
            .await
    }

    /// Closes a task, once. Returns whether that had been done before.
    pub async fn close_promise_task(
        &self,
        new: NewResolution,
        deadline: Deadline,
    ) -> Result<bool, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(close(connection, new))
        })
        .await
    }
}

async fn list(
    connection: &mut PgConnection,
    after: Option<PromiseTaskId>,
    limit: i64,
) -> Result<Vec<PromiseTask>, StoreError> {
    let rows = sqlx::query!(
        "select task_id, customer_id, session_id, presented_offer_id, offer_key, failure_code, opened_at \
         from promise_task where resolution is null and ($1::uuid is null or task_id > $1) \
         order by task_id limit $2",
        after.map(PromiseTaskId::as_uuid),
        limit,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "promise_task"))
    .await?;
    rows.into_iter()
        .map(|row| {
            let unsound = |column| StoreError::inconsistent("promise_task", column, row.task_id);
            Ok(PromiseTask {
                task_id: PromiseTaskId::from_uuid(row.task_id),
                customer_id: CustomerId::parse(&row.customer_id)
                    .map_err(|_| unsound("customer_id"))?,
                session_id: SessionId::from_uuid(row.session_id),
                presented_offer_id: PresentedOfferId::from_uuid(row.presented_offer_id),
                offer_key: OfferKey::parse(&row.offer_key).map_err(|_| unsound("offer_key"))?,
                failure_code: row.failure_code,
                opened_at: row.opened_at.to_jiff(),
            })
        })
        .collect()
}

async fn close(connection: &mut PgConnection, new: &NewResolution) -> Result<bool, StoreError> {
    let request_id = new.request_id.as_str();
    match request_log::begin(connection, request_id, METHOD, new.body_hash).await? {
        Begun::Fresh => request_log::finish(connection, request_id, &[]).await?,
        Begun::Replay(_) => return Ok(true),
        Begun::Repeats(_) | Begun::Reused => {
            return Err(StoreError::rejected(request_id_reused(request_id)));
        }
    }
    let (session_id, promise_id) = open_task(connection, new).await?;
    // Before the session, as who accepts and who leaves do.
    if new.resolution == Resolution::Retried {
        lock_person(connection, &new.customer_id).await?;
    }
    lock(connection, &new.customer_id, session_id)
        .await?
        .ok_or_else(|| StoreError::inconsistent("save_session", "session_id", session_id))?;
    if !resolve(connection, new).await? {
        return Err(StoreError::rejected(not_found(new.task_id)));
    }
    if new.resolution == Resolution::Retried {
        if is_forgone(connection, &new.customer_id, session_id, promise_id).await? {
            return Err(StoreError::rejected(has_left(session_id)));
        }
        may_be_retried(connection, &new.customer_id, promise_id).await?;
        retry(connection, &new.customer_id, session_id, promise_id).await?;
    }
    if new.resolution == Resolution::CustomerReleased {
        let undone = [(new.customer_id.clone(), promise_id.as_uuid())];
        discretion::give_back(connection, &undone).await?;
    }
    append_event(
        connection,
        &new.customer_id,
        session_id,
        new.resolution.event(),
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
        &promise_id.to_string(),
    )
    .await?;
    Ok(false)
}

async fn open_task(
    connection: &mut PgConnection,
    new: &NewResolution,
) -> Result<(SessionId, PresentedOfferId), StoreError> {
    let row = sqlx::query!(
        "select session_id, presented_offer_id from promise_task \
         where customer_id = $1 and task_id = $2 and resolution is null",
        new.customer_id.as_str(),
        new.task_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "promise_task"))
    .await?;
    let row = row.ok_or_else(|| StoreError::rejected(not_found(new.task_id)))?;
    Ok((
        SessionId::from_uuid(row.session_id),
        PresentedOfferId::from_uuid(row.presented_offer_id),
    ))
}

/// Closes the task unless somebody was quicker.
async fn resolve(connection: &mut PgConnection, new: &NewResolution) -> Result<bool, StoreError> {
    let closed = sqlx::query!(
        "update promise_task set resolution = $3, closed_at = now(), closed_by = $4 \
         where customer_id = $1 and task_id = $2 and resolution is null",
        new.customer_id.as_str(),
        new.task_id.as_uuid(),
        new.resolution.name(),
        new.agent_id.as_ref().map(kernel::id::Id::as_str),
    )
    .execute(connection)
    .instrument(statement("UPDATE", "promise_task"))
    .await?;
    Ok(closed.rows_affected() == 1)
}

/// Puts the acceptance back to be carried out; its budget pays again.
async fn retry(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
    promise_id: PresentedOfferId,
) -> Result<(), StoreError> {
    sqlx::query!(
        "with again as ( \
             update acceptance set fulfilment = 'requested', failure_code = null, lease_id = null, \
                 leased_by = null, lease_expires_at = null \
             where customer_id = $1 and presented_offer_id = $2 and fulfilment = 'failed' \
             returning customer_id, presented_offer_id \
         ) \
         update presented_offer offer set hold_state = 'committed', settled_at = now() from again \
         where offer.customer_id = again.customer_id \
           and offer.presented_offer_id = again.presented_offer_id",
        customer_id.as_str(),
        promise_id.as_uuid(),
    )
    .execute(&mut *connection)
    .instrument(statement("UPDATE", "acceptance"))
    .await?;
    let offers = offers(connection, customer_id, session_id).await?;
    let promise = offers.iter().find(|it| it.presented_offer_id == promise_id);
    match promise.map(|offer| &offer.promise) {
        Some(promise) => pay_again(connection, customer_id, promise_id, promise).await,
        None => Err(StoreError::inconsistent("decision", "record", promise_id)),
    }
}

async fn pay_again(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    promise_id: PresentedOfferId,
    promise: &Promise,
) -> Result<(), StoreError> {
    let Some(budget) = &promise.budget else {
        return Ok(());
    };
    let row = sqlx::query!(
        "select coalesce(max(attempt), 0::smallint) + 1 as \"attempt!\", now() as \"now!\" \
         from budget_hold where customer_id = $1 and presented_offer_id = $2",
        customer_id.as_str(),
        promise_id.as_uuid(),
    )
    .fetch_one(&mut *connection)
    .instrument(statement("SELECT", "budget_hold"))
    .await?;
    let wanted = Wanted {
        customer_id: customer_id.as_str(),
        presented_offer_id: promise_id.as_uuid(),
        attempt: i16::try_from(row.attempt).unwrap_or(i16::MAX),
        budget,
        cost_minor: promise.cost.minor,
        currency: promise.cost.currency.code(),
        held_at: row.now.to_jiff(),
    };
    let keys = [budget.as_str()];
    open_windows(connection, &keys)
        .instrument(statement("SELECT", "budget"))
        .await?;
    let mut purses = lock_rooms(connection, &keys, None)
        .instrument(statement("SELECT", "budget_bucket"))
        .await?;
    let allotted = allot(&mut purses, [wanted].into_iter(), 0).map_err(|_| {
        StoreError::rejected(
            Refusal::refused(
                "BUDGET_EXHAUSTED",
                "the budget has not enough left: make it good by hand, or try again later",
            )
            .with("budget_key", budget),
        )
    })?;
    hold(connection, &allotted)
        .instrument(statement("INSERT", "budget_hold"))
        .await?;
    let offers = [(customer_id.clone(), promise_id.as_uuid())];
    let mut moves = Moves::default();
    moves
        .settle(connection, &offers, Settlement::Commit)
        .await?;
    moves.apply(connection).await
}

fn not_found(task_id: PromiseTaskId) -> Refusal {
    Refusal::not_found(
        "PROMISE_TASK_NOT_FOUND",
        "the customer has no such open promise task: list them",
    )
    .with("task_id", task_id)
}

fn has_left(session_id: SessionId) -> Refusal {
    Refusal::refused(
        "ILLEGAL_STATE",
        "the customer has left: there is nothing to carry out again",
    )
    .with("session_id", session_id)
    .with("state", State::CancelRecorded.name())
}
