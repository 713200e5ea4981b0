//! A session is found by whatever id of its customer the desk uses: profiles may have merged two
//! customers since it was opened.

use kernel::id::{CustomerId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use crate::store::Store;

/// Names the other id of a customer to try again with, after a session was not found under the one
/// that was asked with.
pub(super) async fn other_id<T>(
    store: &Store,
    outcome: &Result<T, Refusal>,
    asked: &CustomerId,
    session_id: SessionId,
    deadline: Deadline,
) -> Option<CustomerId> {
    let refusal = outcome.as_ref().err()?;
    if refusal.reason != "SESSION_NOT_FOUND" {
        return None;
    }
    let found = store.opened_under(asked, session_id, deadline).await;
    found.ok().flatten().filter(|id| id != asked)
}
