//! What is said on a call besides answers to offers.

use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::any_id::other_id;
use crate::store::Store;
pub use crate::store::{NewStep, StepRecorded};

/// The use case.
#[derive(Clone)]
pub struct RecordStep {
    /// The save desk's tables.
    pub store: Store,
}

impl RecordStep {
    /// Records what was said, once.
    pub async fn handle(&self, new: NewStep, deadline: Deadline) -> Result<StepRecorded, Refusal> {
        let (store, session_id) = (&self.store, new.session_id);
        let recorded = store.record_step(new.clone(), deadline).await;
        let recorded = recorded.map_err(Refusal::from);
        let asked = &new.customer_id;
        match other_id(store, &recorded, asked, session_id, deadline).await {
            Some(customer_id) => {
                let new = NewStep { customer_id, ..new };
                Ok(store.record_step(new, deadline).await?)
            }
            None => recorded,
        }
    }
}
