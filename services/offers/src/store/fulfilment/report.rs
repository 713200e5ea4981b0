//! Reporting on what was leased. A failure gives the money back and reopens the promise as a task, in
//! one transaction: a promise is never dropped in silence.

use kernel::id::{CustomerId, PresentedOfferId, RequestId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use super::super::budget::{Moves, Settlement};
use super::super::erasure::pseudonym_of;
use super::super::owed::is_forgone;
use super::super::session::{append_event, lock, request_id_reused};
use super::super::{Store, discretion, json, statement};
use crate::domain::fulfilment::{LeaseId, PromiseTaskId, Report};

const METHOD: &str = "ReportFulfilment";

/// A report to record.
#[derive(Clone, Debug)]
pub struct NewReport {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// The lease.
    pub lease_id: LeaseId,
    /// What became of it.
    pub report: Report,
    /// The id a task gets.
    pub task_id: PromiseTaskId,
}

/// A report as recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The task that was opened.
    pub task_id: Option<PromiseTaskId>,
    /// It had been recorded before.
    pub replayed: bool,
}

impl Store {
    /// Records a report, once.
    pub async fn report_fulfilment(
        &self,
        new: NewReport,
        deadline: Deadline,
    ) -> Result<Reported, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(report_by_lease(connection, new))
        })
        .await
    }
}

/// What was leased before its customer was erased is reported on all the same.
async fn report_by_lease(
    connection: &mut PgConnection,
    new: &NewReport,
) -> Result<Reported, StoreError> {
    let pseudonym = pseudonym_of(connection, new.presented_offer_id, new.lease_id).await?;
    let Some(customer_id) = pseudonym else {
        return report(connection, new, false).await;
    };
    let new = NewReport {
        customer_id,
        ..new.clone()
    };
    report(connection, &new, true).await
}

async fn report(
    connection: &mut PgConnection,
    new: &NewReport,
    is_erased: bool,
) -> Result<Reported, StoreError> {
    let request_id = new.request_id.as_str();
    match request_log::begin(connection, request_id, METHOD, new.body_hash).await? {
        Begun::Fresh => {}
        Begun::Replay(answer) => {
            let task_id = serde_json::from_slice(&answer)
                .map_err(|_| StoreError::inconsistent("request_log", "response", request_id))?;
            return Ok(Reported {
                task_id,
                replayed: true,
            });
        }
        Begun::Repeats(_) | Begun::Reused => {
            return Err(StoreError::rejected(request_id_reused(request_id)));
        }
    }
    let (customer_id, session_id, offer_key) = offer(connection, new).await?;
    let new = &NewReport {
        customer_id,
        ..new.clone()
    };
    lock(connection, &new.customer_id, session_id)
        .await?
        .ok_or_else(|| StoreError::inconsistent("save_session", "session_id", session_id))?;
    // The state does not say it: a session is closed after the customer left, too.
    let (customer_id, promise_id) = (&new.customer_id, new.presented_offer_id);
    let has_left = is_erased || is_forgone(connection, customer_id, session_id, promise_id).await?;
    let (fulfilment, event, code) = match &new.report {
        Report::Completed => ("completed", "fulfilled", None),
        Report::Failed(code) if has_left => ("rolled_back", "fulfilment_failed", Some(code)),
        Report::Failed(code) => ("failed", "fulfilment_failed", Some(code)),
    };
    if !settle(connection, new, fulfilment, code.map(String::as_str)).await? {
        return reported_before(connection, new, fulfilment).await;
    }
    if let Some(code) = code {
        give_back(connection, new, has_left).await?;
        if !has_left {
            open_task(connection, new, session_id, &offer_key, code).await?;
        }
    }
    let task_id = code.filter(|_| !has_left).map(|_| new.task_id);
    append_event(
        connection,
        &new.customer_id,
        session_id,
        event,
        None,
        &new.presented_offer_id.to_string(),
    )
    .await?;
    let answer = json("request_log", "response", &task_id)?;
    request_log::finish(connection, request_id, answer.as_bytes()).await?;
    Ok(Reported {
        task_id,
        replayed: false,
    })
}

/// Finds the offer by any id of the customer: they may have been merged since it was leased.
async fn offer(
    connection: &mut PgConnection,
    new: &NewReport,
) -> Result<(CustomerId, SessionId, String), StoreError> {
    let row = sqlx::query!(
        "select customer_id, session_id, offer_key from presented_offer \
         where customer_id = any (identities_of($1)) and presented_offer_id = $2",
        new.customer_id.as_str(),
        new.presented_offer_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "presented_offer"))
    .await?;
    let row = row.ok_or_else(|| {
        StoreError::rejected(
            Refusal::not_found(
                "PRESENTED_OFFER_NOT_FOUND",
                "the customer has no such presented offer: check both ids",
            )
            .with("presented_offer_id", new.presented_offer_id),
        )
    })?;
    let session_id = SessionId::from_uuid(row.session_id);
    let customer_id = CustomerId::parse(&row.customer_id)
        .map_err(|_| StoreError::inconsistent("presented_offer", "customer_id", session_id))?;
    Ok((customer_id, session_id, row.offer_key))
}

/// Answers who reports again what they reported with the same lease, under another request id, as
/// before: what was done is not to be undone for it. Anybody else has lost the lease.
async fn reported_before(
    connection: &mut PgConnection,
    new: &NewReport,
    fulfilment: &str,
) -> Result<Reported, StoreError> {
    let before = sqlx::query!(
        "select (select task_id from promise_task task \
             where task.customer_id = acceptance.customer_id \
               and task.presented_offer_id = acceptance.presented_offer_id \
               and acceptance.fulfilment = 'failed' \
             order by opened_at desc limit 1) as task_id \
         from acceptance where customer_id = $1 and presented_offer_id = $2 and lease_id = $3 \
           and fulfilment = $4 and reported_at is not null",
        new.customer_id.as_str(),
        new.presented_offer_id.as_uuid(),
        new.lease_id.as_uuid(),
        fulfilment,
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "acceptance"))
    .await?;
    let before = before.ok_or_else(|| StoreError::rejected(lease_lost(new.presented_offer_id)))?;
    Ok(Reported {
        task_id: before.task_id.map(PromiseTaskId::from_uuid),
        replayed: true,
    })
}

/// Settles the acceptance while the lease is the last one taken; false when it is not.
async fn settle(
    connection: &mut PgConnection,
    new: &NewReport,
    fulfilment: &str,
    failure_code: Option<&str>,
) -> Result<bool, StoreError> {
    let settled = sqlx::query!(
        "update acceptance set fulfilment = $4, failure_code = $5, reported_at = now() \
         where customer_id = $1 and presented_offer_id = $2 and lease_id = $3 \
           and fulfilment = 'in_progress'",
        new.customer_id.as_str(),
        new.presented_offer_id.as_uuid(),
        new.lease_id.as_uuid(),
        fulfilment,
        failure_code,
    )
    .execute(connection)
    .instrument(statement("UPDATE", "acceptance"))
    .await?;
    Ok(settled.rows_affected() == 1)
}

async fn give_back(
    connection: &mut PgConnection,
    new: &NewReport,
    has_left: bool,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update presented_offer set hold_state = 'released', settled_at = now() \
         where customer_id = $1 and presented_offer_id = $2 and hold_state = 'committed'",
        new.customer_id.as_str(),
        new.presented_offer_id.as_uuid(),
    )
    .execute(&mut *connection)
    .instrument(statement("UPDATE", "presented_offer"))
    .await?;
    let offers = [(new.customer_id.clone(), new.presented_offer_id.as_uuid())];
    // A promise that is tried again stays granted.
    if has_left {
        discretion::give_back(connection, &offers).await?;
    }
    let mut moves = Moves::default();
    moves
        .settle(connection, &offers, Settlement::Refund)
        .await?;
    moves.apply(connection).await
}

async fn open_task(
    connection: &mut PgConnection,
    new: &NewReport,
    session_id: SessionId,
    offer_key: &str,
    code: &str,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into promise_task (customer_id, task_id, session_id, presented_offer_id, offer_key, \
             failure_code, opened_at) values ($1, $2, $3, $4, $5, $6, now())",
        new.customer_id.as_str(),
        new.task_id.as_uuid(),
        session_id.as_uuid(),
        new.presented_offer_id.as_uuid(),
        offer_key,
        code,
    )
    .execute(connection)
    .instrument(statement("INSERT", "promise_task"))
    .await?;
    Ok(())
}

fn lease_lost(presented_offer_id: PresentedOfferId) -> Refusal {
    Refusal::refused(
        "LEASE_LOST",
        "the lease is not the last one any more, or the customer left: undo what was done",
    )
    .with("presented_offer_id", presented_offer_id)
}
