//! How content somebody was with how they could leave: said once for a cancellation.

use kernel::id::{CustomerId, RequestId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use super::cancellation::read_confirmed;
use super::erased_call::call_erased;
use super::session::{request_id_reused, session_not_found};
use super::{Store, statement};

const METHOD: &str = "RecordExitSatisfaction";

/// What somebody said of leaving, to record.
#[derive(Clone, Debug)]
pub struct NewExitSatisfaction {
    /// Makes a retry safe.
    pub request: Option<(RequestId, BodyHash)>,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session in which they left.
    pub session_id: SessionId,
    /// 0 to 10.
    pub score: i16,
    /// What it was mostly about; empty where nothing was said.
    pub reason_key: String,
}

/// What somebody said of leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExitSatisfaction {
    /// 0 to 10.
    pub score: u32,
    /// What it was mostly about; empty where nothing was said.
    pub reason_key: String,
    /// When it was said.
    pub recorded_at: Timestamp,
}

impl Store {
    /// Records what somebody said of leaving, once. Tells whether it had been recorded before.
    pub async fn record_exit_satisfaction(
        &self,
        new: NewExitSatisfaction,
        deadline: Deadline,
    ) -> Result<(ExitSatisfaction, bool), StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(record(connection, new))
        })
        .await
    }
}

async fn record(
    connection: &mut PgConnection,
    new: &NewExitSatisfaction,
) -> Result<(ExitSatisfaction, bool), StoreError> {
    begin(connection, new).await?;
    check_session(connection, new).await?;
    let left = read_confirmed(connection, &new.customer_id, new.session_id).await?;
    let left = left.ok_or_else(|| StoreError::rejected(no_cancellation(new.session_id)))?;
    let written = sqlx::query!(
        "insert into exit_satisfaction (customer_id, cancellation_id, score, reason_key, recorded_at) \
         values ($1, $2, $3, $4, now()) on conflict on constraint exit_satisfaction_pkey do nothing",
        new.customer_id.as_str(),
        left.cancellation_id.as_uuid(),
        new.score,
        new.reason_key,
    )
    .execute(&mut *connection)
    .instrument(statement("INSERT", "exit_satisfaction"))
    .await?;
    let replayed = written.rows_affected() == 0;
    let said = read(connection, &new.customer_id, new.session_id).await?;
    let said = said.ok_or_else(|| {
        StoreError::inconsistent("exit_satisfaction", "cancellation_id", left.cancellation_id)
    })?;
    if said.score != u32::from(new.score.unsigned_abs()) || said.reason_key != new.reason_key {
        return Err(StoreError::rejected(recorded(new.session_id, said.score)));
    }
    if let Some((request_id, _)) = &new.request {
        request_log::finish(connection, request_id.as_str(), &[]).await?;
    }
    Ok((said, replayed))
}

/// What was recorded is read again, whoever asks: the request log only keeps ids apart.
async fn begin(connection: &mut PgConnection, new: &NewExitSatisfaction) -> Result<(), StoreError> {
    let Some((request_id, body_hash)) = &new.request else {
        return Ok(());
    };
    match request_log::begin(connection, request_id.as_str(), METHOD, *body_hash).await? {
        Begun::Fresh | Begun::Replay(_) | Begun::Repeats(_) => Ok(()),
        Begun::Reused => Err(StoreError::rejected(request_id_reused(request_id.as_str()))),
    }
}

async fn check_session(
    connection: &mut PgConnection,
    new: &NewExitSatisfaction,
) -> Result<(), StoreError> {
    let erased_at = sqlx::query_scalar!(
        "select erased_at from save_session where customer_id = $1 and session_id = $2 for share",
        new.customer_id.as_str(),
        new.session_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "save_session"))
    .await?;
    match erased_at {
        None => Err(StoreError::rejected(session_not_found(new.session_id))),
        Some(None) => Ok(()),
        Some(Some(at)) => Err(StoreError::rejected(call_erased(
            new.session_id,
            at.to_jiff(),
        ))),
    }
}

/// Reads what was said of the cancellation of a session that stands.
pub(super) async fn read(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<Option<ExitSatisfaction>, StoreError> {
    let row = sqlx::query!(
        "select score, reason_key, recorded_at from exit_satisfaction \
         join cancellation using (customer_id, cancellation_id) \
         where customer_id = $1 and session_id = $2 and revoked_at is null",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", "exit_satisfaction"))
    .await?;
    Ok(row.map(|row| ExitSatisfaction {
        score: u32::from(row.score.unsigned_abs()),
        reason_key: row.reason_key,
        recorded_at: row.recorded_at.to_jiff(),
    }))
}

fn no_cancellation(session_id: SessionId) -> Refusal {
    Refusal::refused(
        "NO_CANCELLATION",
        "nobody left in this session, or they stay after all: there is no exit to be content with",
    )
    .with("session_id", session_id)
}

fn recorded(session_id: SessionId, score: u32) -> Refusal {
    Refusal::refused(
        "EXIT_SATISFACTION_RECORDED",
        "how content they were was recorded before, otherwise: it is said once",
    )
    .with("session_id", session_id)
    .with("score", score)
}
