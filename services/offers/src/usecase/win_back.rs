//! Listing those who left, whom to ask back first, and counting them.

use kernel::page;
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use crate::domain::win_back::Place;
use crate::store::Store;
pub use crate::store::{Candidate, LeaverCount, WhichDepartures, WhichLeavers};

/// The use case.
#[derive(Clone)]
pub struct WinBack {
    /// The tables.
    pub store: Store,
}

/// A page of candidates.
#[derive(Clone, Debug)]
pub struct Page {
    /// The candidates, the largest expected value of each currency first.
    pub candidates: Vec<Candidate>,
    /// The page after this one begins after this place; absent on the last.
    pub next_after: Option<Place>,
}

impl WinBack {
    /// Lists those who left, the largest expected value of each currency first.
    pub async fn list(&self, which: WhichLeavers, deadline: Deadline) -> Result<Page, Refusal> {
        let size = which.limit;
        let which = WhichLeavers {
            limit: page::one_more(size),
            ..which
        };
        let mut candidates = self.store.win_back_candidates(&which, deadline).await?;
        let last = page::cut(&mut candidates, size);
        Ok(Page {
            next_after: last.map(|last| last.place.clone()),
            candidates,
        })
    }

    /// Counts those who left by whether they are asked back, and why not.
    pub async fn count(
        &self,
        which: WhichDepartures,
        deadline: Deadline,
    ) -> Result<Vec<LeaverCount>, Refusal> {
        Ok(self.store.win_back_counts(&which, deadline).await?)
    }
}
