//! Keeping offers from somebody, and making them again.

use std::sync::Arc;

use kernel::entropy::Entropy;
use kernel::id::{AccountId, CustomerId, RequestId, SuppressionId};
use kernel::page;
use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline};
use storage::request_log::BodyHash;

use super::active::Active;
use crate::domain::selection::Selection;
use crate::domain::suppression::{End, Suppression};
use crate::store::{NewSuppression, Store};

pub use crate::store::{NewLift, StoredSuppression, WhichSuppressions};

/// The use case.
#[derive(Clone)]
pub struct Suppressions {
    /// The tables.
    pub store: Store,
    /// What holds for everybody.
    pub active: Active,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// A checked request to suppress.
#[derive(Clone, Debug)]
pub struct Command {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer; absent for everybody.
    pub customer_id: Option<CustomerId>,
    /// Only about this account.
    pub account_id: Option<AccountId>,
    /// Which offers.
    pub of: Selection,
    /// How long.
    pub end: End,
    /// Why, as a short key.
    pub reason_key: String,
    /// Who asks for it.
    pub suppressed_by: String,
}

/// A page of suppressions, newest first.
#[derive(Clone, Debug)]
pub struct Page {
    /// The suppressions.
    pub suppressions: Vec<StoredSuppression>,
    /// The next page starts before this one; absent on the last.
    pub next_before: Option<SuppressionId>,
}

impl Suppressions {
    /// Begins a suppression, once. One of an offer that nobody makes would be believed to hold.
    pub async fn suppress(
        &self,
        command: Command,
        deadline: Deadline,
    ) -> Result<StoredSuppression, Refusal> {
        if let Selection::Offer(key) = &command.of {
            self.active.current().catalogue.named_offer(key)?;
        }
        let everybody = command.customer_id.is_none();
        let new = NewSuppression {
            request_id: command.request_id,
            body_hash: command.body_hash,
            customer_id: command.customer_id,
            suppression: Suppression {
                suppression_id: SuppressionId::draw(self.clock.now(), self.entropy.as_ref()),
                account_id: command.account_id,
                everybody,
                of: command.of,
                end: command.end,
                reason_key: command.reason_key,
            },
            suppressed_by: command.suppressed_by,
        };
        let stored = self.store.suppress(new, deadline).await?;
        self.take_into_force(&stored).await?;
        Ok(stored)
    }

    /// Lifts a suppression, once.
    pub async fn lift(
        &self,
        new: NewLift,
        deadline: Deadline,
    ) -> Result<StoredSuppression, Refusal> {
        let stored = self.store.lift_suppression(new, deadline).await?;
        self.take_into_force(&stored).await?;
        Ok(stored)
    }

    /// What holds for everybody is kept in memory: here at once, elsewhere within a moment.
    async fn take_into_force(&self, stored: &StoredSuppression) -> Result<(), Refusal> {
        if stored.customer_id.is_none() {
            self.active.refresh_suppressions().await?;
        }
        Ok(())
    }

    /// Lists suppressions, newest first.
    pub async fn list(
        &self,
        which: WhichSuppressions,
        deadline: Deadline,
    ) -> Result<Page, Refusal> {
        let size = which.limit;
        let which = WhichSuppressions {
            limit: page::one_more(size),
            ..which
        };
        let mut suppressions = self.store.suppressions(&which, deadline).await?;
        let last = page::cut(&mut suppressions, size);
        Ok(Page {
            next_before: last.map(|last| last.suppression.suppression_id),
            suppressions,
        })
    }
}
