//! Staying after all, on the customer's own wish.

use std::sync::Arc;

use kernel::entropy::Entropy;
use kernel::id::{AgentId, CancellationId, CustomerId, RequestId, SubscriptionId};
use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline};
use storage::request_log::BodyHash;

use crate::store::{NewReinstatement, Reinstated, Store};

/// The use case.
#[derive(Clone)]
pub struct Reinstate {
    store: Store,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// A checked request.
#[derive(Clone, Debug)]
pub struct Command {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// What shall go on.
    pub subscription_id: SubscriptionId,
    /// The agent.
    pub agent_id: Option<AgentId>,
}

impl Reinstate {
    /// Works on the save desk's tables, with the time and with chance for ids.
    pub fn new(store: &Store, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store: store.clone(),
            clock,
            entropy,
        }
    }

    /// Takes the cancellation back and orders what follows.
    pub async fn handle(
        &self,
        command: Command,
        deadline: Deadline,
    ) -> Result<Reinstated, Refusal> {
        // No cancellation: an id of the same kind, that profiles and lifecycle know it by.
        let cause = CancellationId::draw(self.clock.now(), self.entropy.as_ref());
        let new = NewReinstatement {
            request_id: command.request_id,
            body_hash: command.body_hash,
            customer_id: command.customer_id,
            subscription_id: command.subscription_id,
            agent_id: command.agent_id,
            cause: cause.to_string(),
        };
        Ok(self.store.reinstate(new, deadline).await?)
    }
}
