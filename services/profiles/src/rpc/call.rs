//! What a call brings along: its deadline and, if it has an id, how to recognise its retry.

use std::time::{Duration, Instant};

use edge::Deadline;
use edge::violations::Violations;
use kernel::id;
use prost::Message;

use crate::usecase::Call;

/// For calls that did not come through the edge's layers.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(2);

/// How much longer than the edge the use case waits: the edge tells the caller that its time is
/// over, and must not be overtaken by a store that says it is slow.
const AFTER_THE_EDGE: Duration = Duration::from_millis(50);

/// Starts a call with the deadline that the edge gave it.
pub(super) fn call() -> Call {
    let deadline = edge::deadline::current_or(DEFAULT_DEADLINE);
    let remaining = deadline.remaining(Instant::now());
    Call::until(Deadline::within(remaining + AFTER_THE_EDGE))
}

/// Starts a call that is remembered, if the caller gave it an id.
pub(super) fn remembered<M: Message>(
    checks: &mut Violations,
    request_id: &str,
    method: &'static str,
    request: &M,
) -> Option<Call> {
    remembered_by(checks, request_id, method, || request.encode_to_vec())
}

/// As [`remembered`], for requests whose encoding is not canonical by itself.
pub(super) fn remembered_by(
    checks: &mut Violations,
    request_id: &str,
    method: &'static str,
    encode: impl FnOnce() -> Vec<u8>,
) -> Option<Call> {
    let request_id = checks.optional_id::<id::Request>("request_id", request_id)?;
    Some(match request_id {
        Some(request_id) => call().remembered_as(request_id.as_str(), method, &encode()),
        None => call(),
    })
}
