//! What a session came to so far, for the customer who asks what else there is.

use kernel::id::{ContactId, CustomerId, DecisionId, RequestId, SessionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::StoreError;
use storage::request_log::{self, Begun, BodyHash, Entry};
use tracing::Instrument;
use uuid::Uuid;

use crate::domain::decision::Record;
use crate::domain::progress::Progress;

use super::session::{contact, request_id_reused, session_not_found, state};
use super::view::records;
use super::{Store, statement};

/// The name under which requests for an alternative stand in the request log.
pub(super) const METHOD: &str = "RequestAlternative";

/// A session with the decisions made in it, the first one first.
#[derive(Clone, Debug)]
pub struct SoFar {
    /// The contact it belongs to.
    pub contact_id: ContactId,
    /// How far it has come.
    pub progress: Progress,
    /// Its decisions.
    pub records: Vec<Record>,
}

impl Store {
    /// Reads what a session came to so far.
    pub async fn so_far(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<SoFar, StoreError> {
        let key = (customer_id.clone(), session_id);
        self.postgres
            .read(deadline, &key, |(customer_id, session_id), connection| {
                Box::pin(read(connection, customer_id, *session_id))
            })
            .await
    }

    /// Finds the decision that a request for an alternative was answered with before.
    pub async fn alternative_before(
        &self,
        request_id: &RequestId,
        body_hash: BodyHash,
        deadline: Deadline,
    ) -> Result<Option<DecisionId>, StoreError> {
        let key = (request_id.clone(), body_hash);
        self.postgres
            .read(deadline, &key, |(request_id, body_hash), connection| {
                Box::pin(before(connection, request_id, *body_hash))
            })
            .await
    }
}

async fn read(
    connection: &mut PgConnection,
    customer_id: &CustomerId,
    session_id: SessionId,
) -> Result<SoFar, StoreError> {
    let row = sqlx::query!(
        "select contact_id, state, refused from save_session \
         where customer_id = $1 and session_id = $2",
        customer_id.as_str(),
        session_id.as_uuid(),
    )
    .fetch_optional(&mut *connection)
    .instrument(statement("SELECT", "save_session"))
    .await?
    .ok_or_else(|| StoreError::rejected(session_not_found(session_id)))?;
    Ok(SoFar {
        contact_id: contact(&row.contact_id, session_id)?,
        progress: Progress::of(state(&row.state, session_id)?, row.refused),
        records: records(connection, customer_id, session_id).await?,
    })
}

async fn before(
    connection: &mut PgConnection,
    request_id: &RequestId,
    body_hash: BodyHash,
) -> Result<Option<DecisionId>, StoreError> {
    let entry = Entry {
        request_id: request_id.as_str(),
        method: METHOD,
        body_hash,
    };
    match request_log::peek(connection, &entry).await? {
        Some(Begun::Replay(answer)) => Uuid::from_slice(&answer)
            .map(|id| Some(DecisionId::from_uuid(id)))
            .map_err(|_| StoreError::inconsistent("request_log", "response", request_id)),
        Some(Begun::Reused) => Err(StoreError::rejected(request_id_reused(request_id.as_str()))),
        _ => Ok(None),
    }
}
