//! Notes the ends that have come, so that followers hear of them.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::{Call, Profiles};
use crate::domain::books::Books;
use crate::domain::record::Named;

/// Customers that one sweep deals with.
const CUSTOMERS_PER_SWEEP: u32 = 500;

impl Profiles {
    /// Notes ends that have come, of some customers; tells whether there may be more. Safe to run
    /// in several processes at once: noting twice changes nothing.
    pub async fn settle_due_ends(&self, deadline: Deadline) -> Result<bool, Refusal> {
        let due = self
            .store
            .due_ends(self.clock.now(), CUSTOMERS_PER_SWEEP)
            .await?;
        for customer_id in &due {
            self.settle_ends(customer_id, deadline).await?;
        }
        Ok(due.len() >= CUSTOMERS_PER_SWEEP as usize)
    }

    async fn settle_ends(
        &self,
        customer_id: &CustomerId,
        deadline: Deadline,
    ) -> Result<bool, Refusal> {
        let owned = customer_id.clone();
        let decide = move |books: &mut Books| {
            let now = books.now();
            Ok(books.of(&owned).settle_ends(now))
        };
        let call = Call::until(deadline);
        self.write(&call, Named::customer(customer_id), decide)
            .await
    }
}
