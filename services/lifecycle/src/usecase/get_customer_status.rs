//! Says where customers stand: one question to profiles and one for what is remembered of the
//! stage, at the same time, then pure computation. A read never writes.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use tokio::task::spawn_blocking;

use super::UseCases;
use super::knowledge::Loaded;
use super::ports::{Carried, Snapshot};
use crate::domain::stage::memory::StageMemory;
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
    /// What is remembered of the stage could not be read in time.
    pub without_memory: bool,
    /// The stage is the recorded one.
    pub is_recorded: bool,
    /// The snapshot.
    pub facts: Carried,
}

/// What is remembered of a stage, as far as it could be read.
#[derive(Debug)]
enum Remembered {
    /// It was read; nothing for a customer never scored.
    Read(Option<StageMemory>),
    /// It could not be read in time.
    Unread,
    /// A look back asks for a time of which nothing is remembered.
    Past,
}

impl Remembered {
    fn memory(&self) -> Option<&StageMemory> {
        match self {
            Self::Read(memory) => memory.as_ref(),
            Self::Unread | Self::Past => None,
        }
    }
}

impl UseCases {
    /// Computes the status of one customer.
    pub async fn get_customer_status(
        &self,
        wanted: GetCustomerStatus,
    ) -> Result<StatusWithFacts, Refusal> {
        let knowledge = self.knowledge.current()?;
        let is_past = wanted.as_of.is_some();
        let (snapshot, remembered) = tokio::join!(
            self.profiles
                .facts(wanted.customer_id.clone(), wanted.min_revision),
            self.remembered(wanted.customer_id.clone(), is_past),
        );
        let as_of = wanted.as_of.unwrap_or_else(|| self.now());
        let subscription = wanted.subscription_id.as_deref();
        let snapshot = snapshot?;
        let remembered = if snapshot.facts.customer_id == wanted.customer_id {
            remembered
        } else {
            // Asked by an id that was merged into another: the stage is that of the one that stays.
            let stays = snapshot.facts.customer_id.clone();
            self.remembered(stays, is_past).await
        };
        let wanted = subscription.map(str::to_owned);
        let described = self.aside(Arc::clone(&knowledge), move |knowledge| {
            describe(snapshot, wanted.as_deref(), knowledge, &remembered, as_of)
        });
        described
            .await?
            .ok_or_else(|| no_such_subscription(subscription.unwrap_or_default()))
    }

    /// Computes the statuses of those customers that exist.
    pub async fn get_customer_statuses(
        &self,
        customer_ids: Vec<String>,
    ) -> Result<Vec<StatusWithFacts>, Refusal> {
        let knowledge = self.knowledge.current()?;
        let (snapshots, mut memories) = tokio::join!(
            self.profiles.facts_of(customer_ids.clone()),
            self.remembered_of(&customer_ids),
        );
        let as_of = self.now();
        let snapshots = snapshots?;
        // Whoever was asked for by an id that was merged into another.
        let found = snapshots.iter().map(|snapshot| &snapshot.facts.customer_id);
        let stay: Vec<String> = found
            .filter(|id| !memories.contains_key(*id))
            .cloned()
            .collect();
        memories.extend(self.remembered_of(&stay).await);
        self.aside(knowledge, move |knowledge| {
            let describe = |snapshot: Snapshot| {
                let remembered = memories.get(&snapshot.facts.customer_id)?;
                // Without a subscription asked for there is none to miss.
                describe(snapshot, None, knowledge, remembered, as_of)
            };
            snapshots.into_iter().filter_map(describe).collect()
        })
        .await
    }

    /// Computes at once with models of ours, which takes microseconds. A foreign model may take longer:
    /// then the calls being served do not wait for it, and only as many are computed as there are
    /// processors.
    async fn aside<T: Send + 'static>(
        &self,
        knowledge: Arc<Loaded>,
        compute: impl FnOnce(&Loaded) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        if !knowledge.models.is_slow() {
            return Ok(compute(&knowledge));
        }
        self.in_place(move || compute(&knowledge)).await
    }

    /// Computes something slow as soon as there is a place, which is given back when it is done, even
    /// if nobody waits any more.
    pub(super) async fn in_place<T: Send + 'static>(
        &self,
        compute: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.slow).acquire_owned().await;
        let place = place.map_err(Refusal::internal)?;
        let computed = spawn_blocking(move || {
            let computed = compute();
            drop(place);
            computed
        });
        computed.await.map_err(Refusal::internal)
    }

    /// Reads what is remembered of a stage. A status without it is better than none.
    async fn remembered(&self, customer_id: String, is_past: bool) -> Remembered {
        if is_past {
            return Remembered::Past;
        }
        let deadline = Deadline::within(self.limits.stage_memory);
        match self.store.stage_memory(customer_id, deadline).await {
            Ok(memory) => Remembered::Read(memory),
            Err(error) => {
                tracing::debug!(error = %error, "a stage is given without memory: {error}");
                Remembered::Unread
            }
        }
    }

    /// Reads what is remembered of the stages of some customers, in one statement.
    async fn remembered_of(&self, customer_ids: &[String]) -> HashMap<String, Remembered> {
        if customer_ids.is_empty() {
            return HashMap::new();
        }
        let deadline = Deadline::within(self.limits.stage_memory);
        let read = self.store.stage_memories(customer_ids, deadline).await;
        if let Err(error) = &read {
            tracing::debug!(%error, "stages are given without memory: {error}");
        }
        let ids = customer_ids.iter();
        ids.map(|id| {
            let remembered = match &read {
                Ok(memories) => Remembered::Read(memories.get(id).cloned()),
                Err(_) => Remembered::Unread,
            };
            (id.clone(), remembered)
        })
        .collect()
    }
}

/// Computes a status; nothing when the subscription is not among the facts.
fn describe(
    snapshot: Snapshot,
    subscription: Option<&str>,
    knowledge: &Loaded,
    remembered: &Remembered,
    as_of: Timestamp,
) -> Option<StatusWithFacts> {
    let Snapshot { facts, carried } = snapshot;
    let memory = remembered.memory();
    let status =
        status::compute_after(&facts, subscription, knowledge.lend(), memory, as_of).ok()?;
    Some(StatusWithFacts {
        without_memory: matches!(remembered, Remembered::Unread),
        is_recorded: memory.is_some_and(|memory| memory.stage == status.memory.stage),
        status,
        facts: carried,
    })
}

fn no_such_subscription(subscription_id: &str) -> Refusal {
    Refusal::not_found(
        "SUBSCRIPTION_NOT_FOUND",
        "this customer has no such subscription: check its id",
    )
    .with("subscription_id", subscription_id)
}
