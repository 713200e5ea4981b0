//! What is said on a call besides answers to offers.

use kernel::refusal::Refusal;
use kernel::time::Deadline;

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
        Ok(self.store.record_step(new, deadline).await?)
    }
}
