//! The record of a call, for those it has to be shown to.

use kernel::id::{CustomerId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;

use super::any_id::other_id;
use crate::domain::proof::{Finding, Rows};
use crate::store::{Confirmed, ExitSatisfaction, Store};

/// The use case.
#[derive(Clone)]
pub struct ProveCall {
    /// The save desk's tables.
    pub store: Store,
}

/// A call with what speaks for its record and against it.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The customer.
    pub customer_id: CustomerId,
    /// Its rows.
    pub rows: Rows,
    /// The cancellation that stands.
    pub cancellation: Option<Confirmed>,
    /// What the customer said of leaving.
    pub exit_satisfaction: Option<ExitSatisfaction>,
    /// What was changed or is missing.
    pub findings: Vec<Finding>,
}

impl ProveCall {
    /// Reads a call and compares its rows with their hashes and with each other.
    pub async fn handle(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Proof, Refusal> {
        let proof = self.read(customer_id, session_id, deadline).await;
        match other_id(&self.store, &proof, customer_id, session_id, deadline).await {
            Some(other) => self.read(&other, session_id, deadline).await,
            None => proof,
        }
    }

    async fn read(
        &self,
        customer_id: &CustomerId,
        session_id: SessionId,
        deadline: Deadline,
    ) -> Result<Proof, Refusal> {
        let proof = self.store.proof(customer_id, session_id, deadline).await?;
        let (rows, cancellation, exit_satisfaction) = proof;
        Ok(Proof {
            customer_id: customer_id.clone(),
            findings: rows.findings(),
            cancellation,
            exit_satisfaction,
            rows,
        })
    }
}
