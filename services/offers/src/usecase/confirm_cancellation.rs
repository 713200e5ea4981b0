//! Leaving: always possible, with nothing but this service and its database.

use std::sync::Arc;

use kernel::entropy::Entropy;
use kernel::id::{
    AgentId, CancellationId, ContactId, CustomerId, RequestId, SessionId, SubscriptionId,
};
use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline, Timestamp};
use storage::request_log::BodyHash;

use super::active::Active;
use crate::domain::keep_in_touch::Choices;
pub use crate::store::Confirmed;
use crate::store::{NewCancellation, Store};

/// The use case.
#[derive(Clone)]
pub struct ConfirmCancellation {
    /// The save desk's tables.
    pub store: Store,
    /// The catalogue in force.
    pub active: Active,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// A checked request.
#[derive(Clone, Debug)]
pub struct Command {
    /// Makes a retry safe; optional.
    pub request: Option<(RequestId, BodyHash)>,
    /// The customer.
    pub customer_id: CustomerId,
    /// What they leave.
    pub subscription_id: SubscriptionId,
    /// The contact.
    pub contact_id: ContactId,
    /// The reason, if one was given; kept if the catalogue has it.
    pub reason: Option<String>,
    /// The day the customer wants.
    pub requested_end_at: Option<Timestamp>,
    /// The agent.
    pub agent_id: Option<AgentId>,
    /// What the customer chose about hearing from the company later.
    pub choices: Choices,
}

impl ConfirmCancellation {
    /// Records, acknowledges and orders the end.
    pub async fn handle(&self, command: Command, deadline: Deadline) -> Result<Confirmed, Refusal> {
        let (now, entropy) = (self.clock.now(), self.entropy.as_ref());
        let catalogue = Arc::clone(&self.active.current().catalogue);
        let new = NewCancellation {
            request: command.request,
            customer_id: command.customer_id,
            subscription_id: command.subscription_id,
            contact_id: command.contact_id,
            // Whatever else is said stays out of the record: it may be about a person, and leaving
            // must not be refused for it.
            reason: command
                .reason
                .filter(|reason| catalogue.reason(reason).is_some()),
            choices: command.choices,
            catalogue,
            // A day that is over, by a clock that runs a little ahead, means: at once.
            requested_end_at: command.requested_end_at.map(|end| end.max(now)),
            agent_id: command.agent_id,
            session_id: SessionId::draw(now, entropy),
            cancellation_id: CancellationId::draw(now, entropy),
            now,
        };
        Ok(self.store.confirm_cancellation(new, deadline).await?)
    }
}
