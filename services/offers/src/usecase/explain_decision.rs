//! Explaining a decision: the record, and whether deciding again agrees with it.

use kernel::id::{CustomerId, DecisionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::active::Active;
use crate::domain::decision::{Inputs, Record};
use crate::domain::facts::Facts;
use crate::domain::observation::observe;
use crate::store::Store;

/// The use case.
#[derive(Clone)]
pub struct ExplainDecision {
    /// The save desk's tables.
    pub store: Store,
    /// The catalogues and policies, those of the past too.
    pub active: Active,
}

/// A decision explained.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// What was decided, and on what.
    pub record: Record,
    /// The facts that the rules saw.
    pub facts: Facts,
    /// Deciding again on the stored inputs gives the same answer.
    pub replay_agrees: bool,
}

impl ExplainDecision {
    /// Reads a decision and decides it again, with the versions it was made with.
    pub async fn handle(
        &self,
        customer_id: &CustomerId,
        decision_id: DecisionId,
        deadline: Deadline,
    ) -> Result<Explanation, Refusal> {
        let record = self
            .store
            .decision(customer_id, decision_id, deadline)
            .await?
            .ok_or_else(|| {
                Refusal::not_found(
                    "DECISION_NOT_FOUND",
                    "the customer has no such decision: check both ids",
                )
                .with("decision_id", decision_id)
            })?;
        let catalogue = self
            .active
            .catalogue(record.catalogue_version, deadline)
            .await?;
        let policy = self.active.policy(record.policy_version, deadline).await?;
        let inputs = Inputs {
            request: &record.request,
            customer: record.customer.as_ref(),
            history: &record.history,
            catalogue: &catalogue,
            policy: &policy,
            now: record.decided_at,
            degraded: &record.degraded,
        };
        Ok(Explanation {
            facts: facts(&inputs),
            replay_agrees: record.replay_agrees(&catalogue, &policy),
            record,
        })
    }
}

fn facts(inputs: &Inputs<'_>) -> Facts {
    let Some(customer) = inputs.customer else {
        return Facts::new();
    };
    let Some(subscription) = customer.subscription(&inputs.request.subscription_id) else {
        return Facts::new();
    };
    let stated = inputs
        .request
        .reason
        .as_deref()
        .and_then(|key| inputs.catalogue.reason(key));
    observe(inputs, customer, subscription, stated)
}
