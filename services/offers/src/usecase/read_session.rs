//! Reading and closing sessions.

use kernel::id::{CustomerId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;

pub use crate::store::{EventView, NewClose, OfferView, SessionView};
use crate::store::{Store, session_not_found};

/// For how many days an earlier contact about the same subscription counts as the same attempt.
const SAVE_WINDOW_DAYS: u32 = 30;

/// The use case.
#[derive(Clone)]
pub struct ReadSession {
    /// The save desk's tables.
    pub store: Store,
}

/// A session and the earlier ones it belongs with.
#[derive(Clone, Debug)]
pub struct Linked {
    /// The session.
    pub session: SessionView,
    /// Earlier sessions about the same subscription inside the save window.
    pub linked: Vec<SessionId>,
}

impl ReadSession {
    /// Reads a session.
    pub async fn get(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Linked, Refusal> {
        let session = self
            .store
            .session(customer_id, session_id, deadline)
            .await?
            .ok_or_else(|| session_not_found(session_id))?;
        self.with_linked(session, deadline).await
    }

    /// Closes a session, or hands it on.
    pub async fn close(&self, new: NewClose, deadline: Deadline) -> Result<Linked, Refusal> {
        let session = self.store.close_session(new, deadline).await?;
        self.with_linked(session, deadline).await
    }

    async fn with_linked(
        &self,
        session: SessionView,
        deadline: Deadline,
    ) -> Result<Linked, Refusal> {
        let history = self.store.history(&session.customer_id, deadline).await?;
        let linked = history.linked(
            session.session_id,
            &session.subscription_id,
            session.opened_at,
            SAVE_WINDOW_DAYS,
        );
        Ok(Linked { session, linked })
    }
}
