//! Makes one customer of two.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;

use super::{Call, Profiles, refusals};
use crate::store::{Merge, Merged};

impl Profiles {
    /// Makes one customer of two that are the same person. Merging what is merged changes nothing.
    pub async fn merge_customers(
        &self,
        call: Call,
        stays: CustomerId,
        merged: CustomerId,
    ) -> Result<Merged, Refusal> {
        let merge = Merge {
            stays,
            merged,
            now: self.clock.now(),
            remembered: call.remembered,
        };
        let answer = self.store.merge(call.deadline, merge).await;
        answer.map_err(refusals::of_store)
    }
}
