//! Reads customers and their facts: the hot path of everything.

use kernel::id::CustomerId;
use kernel::refusal::Refusal;

use super::{Call, Profiles};
use crate::domain::customer::{Customer, Version};
use crate::domain::facts::Facts;
use crate::domain::rejection::Rejection;

impl Profiles {
    /// Reads the facts of a customer, at least as new as a revision.
    pub async fn facts(
        &self,
        call: Call,
        customer_id: &CustomerId,
        min_revision: u64,
    ) -> Result<Facts, Refusal> {
        let mut stored = self.store.facts(customer_id, call.deadline).await?;
        // A batch that was under way when the revision was written may have missed it.
        if stored
            .as_ref()
            .is_some_and(|stored| stored.revision < min_revision)
        {
            stored = self.store.facts(customer_id, call.deadline).await?;
        }
        let stored = stored.ok_or_else(|| not_found(customer_id))?;
        reached(stored.revision, min_revision)?;
        Ok(stored.decode(customer_id)?)
    }

    /// Reads the facts of many customers; those that are not recorded are left out.
    pub async fn facts_of(
        &self,
        call: Call,
        customer_ids: &[CustomerId],
    ) -> Result<Vec<Facts>, Refusal> {
        let stored = self.store.facts_of(customer_ids, call.deadline).await?;
        let mut facts: Vec<Facts> = Vec::with_capacity(stored.len());
        for customer_id in customer_ids {
            if let Some(stored) = stored.get(customer_id.as_str()) {
                facts.push(stored.decode(customer_id)?);
            }
        }
        once(&mut facts);
        Ok(facts)
    }

    /// Reads a customer, at least as new as a revision.
    pub async fn customer(
        &self,
        call: Call,
        customer_id: &CustomerId,
        min_revision: u64,
    ) -> Result<(Customer, Version), Refusal> {
        let found = self.store.customer(customer_id, call.deadline).await?;
        let (customer, version) = found.ok_or_else(|| not_found(customer_id))?;
        reached(version.revision, min_revision)?;
        Ok((customer, version))
    }
}

/// Keeps one snapshot of each customer who was asked for by several of their ids.
fn once(facts: &mut Vec<Facts>) {
    if facts
        .iter()
        .all(|facts| facts.merged_customer_ids.is_empty())
    {
        return;
    }
    facts.sort_by(|left, right| left.customer_id.cmp(&right.customer_id));
    facts.dedup_by(|left, right| left.customer_id == right.customer_id);
}

/// Says that a customer is not recorded.
pub(super) fn not_found(customer_id: &CustomerId) -> Refusal {
    Rejection::CustomerNotFound {
        customer_id: customer_id.to_string(),
    }
    .into()
}

/// Refuses to show something older than what the caller has seen.
pub(super) fn reached(revision: u64, min_revision: u64) -> Result<(), Refusal> {
    if revision >= min_revision {
        return Ok(());
    }
    Err(Refusal::refused(
        "REVISION_NOT_REACHED",
        "the customer has never had that revision; ask with a revision that a write returned",
    )
    .with("min_revision", min_revision)
    .with("revision", revision))
}
