//! How content somebody was with how they could leave.

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::any_id::other_id;
use crate::store::Store;
pub use crate::store::{ExitSatisfaction, NewExitSatisfaction};

/// The use case.
#[derive(Clone)]
pub struct RecordExitSatisfaction {
    /// The save desk's tables.
    pub store: Store,
}

impl RecordExitSatisfaction {
    /// Records it, once. Tells whether it had been recorded before.
    pub async fn handle(
        &self,
        new: NewExitSatisfaction,
        deadline: Deadline,
    ) -> Result<(ExitSatisfaction, bool), Refusal> {
        let (store, session_id) = (&self.store, new.session_id);
        let recorded = store.record_exit_satisfaction(new.clone(), deadline).await;
        let recorded = recorded.map_err(Refusal::from);
        let asked = &new.customer_id;
        match other_id(store, &recorded, asked, session_id, deadline).await {
            Some(customer_id) => {
                let new = NewExitSatisfaction { customer_id, ..new };
                Ok(store.record_exit_satisfaction(new, deadline).await?)
            }
            None => recorded,
        }
    }
}
