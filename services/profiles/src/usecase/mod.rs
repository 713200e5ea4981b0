//! What callers can do, one file per use case: name what it touches, decide under the lock, record.

mod accounts;
mod call;
mod consents;
mod contact_rules;
mod end_subscription;
mod erase_customer;
mod events;
mod facts;
mod import;
mod incidents;
mod may_contact;
mod merge_customers;
mod record_events;
mod refusals;
mod settle_ends;
mod upsert_customer;
mod watch_changes;

use std::sync::Arc;

use kernel::refusal::Refusal;
use kernel::time::Clock;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use call::{Call, Written};
pub use events::EventPage;
pub use import::{ImportSummary, Row};
pub use may_contact::{Answer, Asked};
pub use record_events::RecordedEvents;
pub use refusals::RowRefusal;
pub use upsert_customer::{PutCustomer, UpsertedCustomer};
pub use watch_changes::{ChangeRun, Watch, WatchSettings};

use crate::domain::books::Books;
use crate::domain::record::Named;
use crate::store::{Amendment, Store};
pub use crate::store::{Change, Cursor, Erased, FeedPartition, Holdings, Merged};

/// The use cases of the record. Cheap to clone.
#[derive(Clone)]
pub struct Profiles {
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Profiles {
    /// Assembles the use cases.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Decides over the books of the named customers and records what changed, in one transaction.
    async fn write<T>(
        &self,
        call: &Call,
        named: Named,
        decide: impl Fn(&mut Books) -> Result<T, Refusal> + Send + Sync + 'static,
    ) -> Result<T, Refusal>
    where
        T: Serialize + DeserializeOwned + Send + Sync + 'static,
    {
        let amendment = Amendment {
            named,
            now: self.clock.now(),
            remembered: call.remembered.clone(),
            decide: Box::new(decide),
        };
        let written = self.store.amend(call.deadline, amendment).await;
        written.map_err(refusals::of_store)
    }
}
