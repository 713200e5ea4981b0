//! Reading and closing sessions.

use kernel::id::{CustomerId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::any_id::other_id;
use crate::store::{AllIds, Store, session_not_found};
pub use crate::store::{EventView, NewClose, OfferView, SessionView};

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
        let session = self.read(customer_id, session_id, deadline).await;
        let other = other_id(&self.store, &session, customer_id, session_id, deadline).await;
        let session = match other {
            Some(other) => self.read(&other, session_id, deadline).await?,
            None => session?,
        };
        self.with_linked(session, deadline).await
    }

    async fn read(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<SessionView, Refusal> {
        let found = self.store.session(customer_id, session_id, deadline);
        found.await?.ok_or_else(|| session_not_found(session_id))
    }

    /// Closes a session, or hands it on.
    pub async fn close(&self, new: NewClose, deadline: Deadline) -> Result<Linked, Refusal> {
        let (store, session_id) = (&self.store, new.session_id);
        let closed = store.close_session(new.clone(), deadline).await;
        let closed = closed.map_err(Refusal::from);
        let asked = &new.customer_id;
        let session = match other_id(store, &closed, asked, session_id, deadline).await {
            Some(customer_id) => {
                let new = NewClose { customer_id, ..new };
                store.close_session(new, deadline).await?
            }
            None => closed?,
        };
        self.with_linked(session, deadline).await
    }

    async fn with_linked(
        &self,
        session: SessionView,
        deadline: Deadline,
    ) -> Result<Linked, Refusal> {
        let ids = AllIds::of(&session.customer_id, None);
        let history = self.store.history(ids, deadline).await?;
        let linked = history.linked(
            session.session_id,
            &session.subscription_id,
            session.opened_at,
            SAVE_WINDOW_DAYS,
        );
        Ok(Linked { session, linked })
    }
}
