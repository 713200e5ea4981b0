//! Erases a person.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;

use super::{Call, Profiles, refusals};
use crate::store::{Erased, Erasure};

impl Profiles {
    /// Erases a person under all their ids. Erasing who is erased changes nothing.
    pub async fn erase_customer(
        &self,
        call: Call,
        customer_id: CustomerId,
    ) -> Result<Erased, Refusal> {
        let erasure = Erasure {
            customer_id,
            now: self.clock.now(),
            remembered: call.remembered,
        };
        let erased = self.store.erase(call.deadline, erasure).await;
        erased.map_err(refusals::of_store)
    }
}
