//! Requests that are found by their id alone: the decision that one was answered with before.

use kernel::id::{CustomerId, DecisionId, RequestId, SessionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::StoreError;
use storage::request_log::{self, Begun, BodyHash, Entry};
use uuid::Uuid;

use crate::domain::decision::Record;

use super::Store;
use super::decision::read_decision;
use super::erased_call::{call_erased, erased_at};
use super::session::request_id_reused;

/// The name under which requests for an alternative stand in the request log.
pub const REQUEST_ALTERNATIVE: &str = "RequestAlternative";

/// The name under which overrides stand in the request log.
pub const OVERRIDE_OFFER: &str = "OverrideOffer";

/// A request that may have come before.
#[derive(Clone, Debug)]
pub struct Repeated {
    /// The name under which it stands in the request log.
    pub method: &'static str,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The request.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
}

impl Store {
    /// Finds the decision that a request was answered with before.
    pub async fn decided_before(
        &self,
        repeated: &Repeated,
        deadline: Deadline,
    ) -> Result<Option<Record>, StoreError> {
        self.postgres
            .read(deadline, repeated, |repeated, connection| {
                Box::pin(before(connection, repeated))
            })
            .await
    }
}

async fn before(
    connection: &mut PgConnection,
    repeated: &Repeated,
) -> Result<Option<Record>, StoreError> {
    let request_id = &repeated.request_id;
    let entry = Entry {
        request_id: request_id.as_str(),
        method: repeated.method,
        body_hash: repeated.body_hash,
    };
    match request_log::peek(connection, &entry).await? {
        Some(Begun::Replay(answer)) => {
            let call = (&repeated.customer_id, repeated.session_id);
            answered(connection, call, request_id, &answer)
                .await
                .map(Some)
        }
        Some(Begun::Reused) => Err(StoreError::rejected(request_id_reused(request_id.as_str()))),
        _ => Ok(None),
    }
}

/// Reads the decision that the stored answer of a request names. Under an id that was erased since there
/// is none any more.
pub(super) async fn answered(
    connection: &mut PgConnection,
    (customer_id, session_id): (&CustomerId, SessionId),
    request_id: &RequestId,
    answer: &[u8],
) -> Result<Record, StoreError> {
    let inconsistent = || StoreError::inconsistent("request_log", "response", request_id);
    let id = Uuid::from_slice(answer).map_err(|_| inconsistent())?;
    let found = read_decision(connection, customer_id, DecisionId::from_uuid(id)).await?;
    if let Some(stored) = found {
        return Ok(stored.record);
    }
    let erased_at = erased_at(connection, customer_id).await?;
    Err(erased_at.map_or_else(inconsistent, |erased_at| {
        StoreError::rejected(call_erased(session_id, erased_at))
    }))
}
