//! Closing a session, or handing it on.

use kernel::id::{CustomerId, RequestId, SessionId};
use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};

use crate::domain::named::Named;
use crate::domain::session::Step;

use super::Store;
use super::session::{append_event, lock, move_to, request_id_reused, session_not_found};
use super::view::{SessionView, read};

const METHOD: &str = "CloseSession";

/// A session to close.
#[derive(Clone, Debug)]
pub struct NewClose {
    /// Makes a retry safe.
    pub request: Option<(RequestId, BodyHash)>,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The call goes on with somebody else.
    pub transferred: bool,
}

impl Store {
    /// Closes a session. What was promised in it stays promised until it expires.
    pub async fn close_session(
        &self,
        new: NewClose,
        deadline: Deadline,
    ) -> Result<SessionView, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(close(connection, new))
        })
        .await
    }
}

async fn close(connection: &mut PgConnection, new: &NewClose) -> Result<SessionView, StoreError> {
    let not_found = || StoreError::rejected(session_not_found(new.session_id));
    if first_time(connection, new).await? {
        let session = lock(connection, &new.customer_id, new.session_id)
            .await?
            .ok_or_else(not_found)?;
        let step = if new.transferred {
            Step::Transfer
        } else {
            Step::Close
        };
        let state = session
            .state
            .after(step)
            .map_err(|illegal| StoreError::rejected(illegal.refusal(new.session_id)))?;
        if state != session.state {
            append_event(
                connection,
                &new.customer_id,
                new.session_id,
                state.name(),
                None,
                "",
            )
            .await?;
            move_to(connection, &new.customer_id, new.session_id, state).await?;
        }
    }
    read(connection, &new.customer_id, new.session_id)
        .await?
        .ok_or_else(not_found)
}

async fn first_time(connection: &mut PgConnection, new: &NewClose) -> Result<bool, StoreError> {
    let Some((request_id, body_hash)) = &new.request else {
        return Ok(true);
    };
    match request_log::begin(connection, request_id.as_str(), METHOD, *body_hash).await? {
        Begun::Fresh => {
            request_log::finish(connection, request_id.as_str(), &[]).await?;
            Ok(true)
        }
        Begun::Replay(_) | Begun::Repeats(_) => Ok(false),
        Begun::Reused => Err(StoreError::rejected(request_id_reused(request_id.as_str()))),
    }
}
