//! Says where customers stand: one question to profiles, then pure computation.

use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use super::UseCases;
use super::ports::{Carried, Snapshot};
use crate::domain::status::{self, CustomerStatus};

/// Which customer, seen how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GetCustomerStatus {
    /// The customer.
    pub customer_id: String,
    /// The subscription whose risk is wanted first.
    pub subscription_id: Option<String>,
    /// The least revision of the facts.
    pub min_revision: u64,
    /// The time to compute for; now when absent.
    pub as_of: Option<Timestamp>,
}

/// A status and the snapshot it was computed on.
#[derive(Debug)]
pub struct StatusWithFacts {
    /// The status.
    pub status: CustomerStatus,
    /// The snapshot.
    pub facts: Carried,
}

impl UseCases {
    /// Computes the status of one customer.
    pub async fn get_customer_status(
        &self,
        wanted: GetCustomerStatus,
    ) -> Result<StatusWithFacts, Refusal> {
        let knowledge = self.knowledge.current()?;
        let snapshot = self
            .profiles
            .facts(wanted.customer_id, wanted.min_revision)
            .await?;
        let as_of = wanted.as_of.unwrap_or_else(|| self.now());
        let subscription = wanted.subscription_id.as_deref();
        let status = status::compute(&snapshot.facts, subscription, knowledge.lend(), as_of)
            .map_err(|_| no_such_subscription(subscription.unwrap_or_default()))?;
        Ok(StatusWithFacts {
            status,
            facts: snapshot.carried,
        })
    }

    /// Computes the statuses of those customers that exist.
    pub async fn get_customer_statuses(
        &self,
        customer_ids: Vec<String>,
    ) -> Result<Vec<StatusWithFacts>, Refusal> {
        let knowledge = self.knowledge.current()?;
        let snapshots = self.profiles.facts_of(customer_ids).await?;
        let as_of = self.now();
        let compute = |Snapshot { facts, carried }| {
            // Without a subscription asked for there is none to miss.
            let status = status::compute(&facts, None, knowledge.lend(), as_of).ok()?;
            Some(StatusWithFacts {
                status,
                facts: carried,
            })
        };
        Ok(snapshots.into_iter().filter_map(compute).collect())
    }
}

fn no_such_subscription(subscription_id: &str) -> Refusal {
    Refusal::not_found(
        "SUBSCRIPTION_NOT_FOUND",
        "this customer has no such subscription: check its id",
    )
    .with("subscription_id", subscription_id)
}
