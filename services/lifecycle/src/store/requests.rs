//! Requests that bring a version: carried out once, and answered the same again.

use kernel::refusal::Refusal;
use sqlx::PgConnection;
use storage::StoreError;
use storage::request_log::{self, Begun};

/// What makes a request safe to retry: its id, and its encoding to compare with.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// The caller's id of the request.
    pub request_id: String,
    /// The encoded request.
    pub encoded: Vec<u8>,
}

/// Claims a request, or returns the answer it had before.
pub(super) async fn begin(
    request: &RequestKey,
    method: &str,
    transaction: &mut PgConnection,
) -> Result<Option<Vec<u8>>, StoreError> {
    let hash = request_log::body_hash(&request.encoded);
    match request_log::begin(transaction, &request.request_id, method, hash).await? {
        Begun::Replay(answer) => Ok(Some(answer)),
        Begun::Reused => Err(reused(request)),
        Begun::Fresh | Begun::Repeats(_) => Ok(None),
    }
}

/// Remembers the version that a request brought. Versions never change, so that the version alone
/// leads back to the same answer.
pub(super) async fn finish(
    request: &RequestKey,
    version: u64,
    transaction: &mut PgConnection,
) -> Result<(), StoreError> {
    let answer = version.to_be_bytes();
    request_log::finish(transaction, &request.request_id, &answer).await
}

/// Reads the version back from an answer.
pub(super) fn version(answer: &[u8], request: &RequestKey) -> Result<u64, StoreError> {
    let bytes = <[u8; 8]>::try_from(answer).map_err(|_| inconsistent(request))?;
    Ok(u64::from_be_bytes(bytes))
}

pub(super) fn inconsistent(request: &RequestKey) -> StoreError {
    StoreError::inconsistent("request_log", "response", &request.request_id)
}

pub(super) fn reused(request: &RequestKey) -> StoreError {
    let refusal = Refusal::refused(
        "REQUEST_ID_REUSED",
        "this request_id was used with another body: use a new one",
    );
    StoreError::rejected(refusal.with("request_id", &request.request_id))
}
