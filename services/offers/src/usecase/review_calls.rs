//! Reviewing what became of calls.

use kernel::id::SessionId;
use kernel::page;
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use crate::store::Store;
pub use crate::store::{StoredOutcome, WhichOutcomes};

/// The use case.
#[derive(Clone)]
pub struct ReviewCalls {
    /// The tables.
    pub store: Store,
}

/// A page of outcomes.
#[derive(Clone, Debug)]
pub struct Page {
    /// The calls, newest first.
    pub outcomes: Vec<StoredOutcome>,
    /// The page after this one begins before this session; absent on the last.
    pub next_before: Option<SessionId>,
}

impl ReviewCalls {
    /// Lists what became of calls, newest first.
    pub async fn list(&self, which: WhichOutcomes, deadline: Deadline) -> Result<Page, Refusal> {
        let size = which.limit;
        let which = WhichOutcomes {
            limit: page::one_more(size),
            ..which
        };
        let mut outcomes = self.store.call_outcomes(&which, deadline).await?;
        let last = page::cut(&mut outcomes, size);
        Ok(Page {
            next_before: last.map(|last| last.session_id),
            outcomes,
        })
    }
}
