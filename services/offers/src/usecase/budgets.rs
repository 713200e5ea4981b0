//! How budgets stood a moment ago, in memory, and writing, reading and adding them up.

use std::sync::Arc;

use kernel::page;
use kernel::refusal::Refusal;
use kernel::time::{Deadline, Timestamp};
use storage::StoreError;

use super::watched::Watched;
use crate::domain::budget::{BudgetKey, Budgets, Difference, Use, differences};
use crate::store::Store;
pub use crate::store::{NewBudget, StoredBudget};

/// How budgets stood when they were last looked at. Cheap to clone.
#[derive(Clone)]
pub struct WatchedBudgets {
    store: Store,
    watched: Arc<Watched<Budgets>>,
}

impl WatchedBudgets {
    /// Looks at all budgets.
    pub async fn load(store: Store) -> Result<Self, StoreError> {
        let watched = Self {
            store,
            watched: Arc::default(),
        };
        watched.refresh().await?;
        Ok(watched)
    }

    /// Returns how they stood.
    pub fn current(&self) -> arc_swap::Guard<Arc<Budgets>> {
        self.watched.seen()
    }

    /// Looks at them again.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        self.watched.look(self.store.budget_standings()).await
    }
}

/// The use case.
#[derive(Clone)]
pub struct KeepBudgets {
    /// The tables.
    pub store: Store,
    /// How budgets stood.
    pub watched: WatchedBudgets,
}

/// A page of budgets, by key.
#[derive(Clone, Debug)]
pub struct Page {
    /// The budgets.
    pub budgets: Vec<StoredBudget>,
    /// The page after this one starts after this key; absent on the last.
    pub next_after: Option<BudgetKey>,
}

/// A window of a budget added up anew.
#[derive(Clone, Debug)]
pub struct Reconciled {
    /// What is used, as the budget goes by it.
    pub used: Use,
    /// Everything that does not add up.
    pub differences: Vec<Difference>,
}

impl KeepBudgets {
    /// Writes a budget; this process goes by it at once, the others a moment later.
    pub async fn put(&self, new: NewBudget, deadline: Deadline) -> Result<StoredBudget, Refusal> {
        let stored = self.store.put_budget(new, deadline).await?;
        if let Err(error) = self.watched.refresh().await {
            tracing::warn!(%error, "budgets could not be looked at; they will be in a moment");
        }
        Ok(stored)
    }

    /// Reads a budget.
    pub async fn get(&self, key: &BudgetKey, deadline: Deadline) -> Result<StoredBudget, Refusal> {
        let found = self.store.budget(key, deadline).await?;
        found.ok_or_else(|| not_found(key))
    }

    /// Lists budgets after a key, or from the first on.
    pub async fn list(
        &self,
        after: Option<&str>,
        size: u32,
        deadline: Deadline,
    ) -> Result<Page, Refusal> {
        let read = self.store.budgets(after, page::one_more(size), deadline);
        let mut budgets = read.await?;
        let last = page::cut(&mut budgets, size);
        Ok(Page {
            next_after: last.map(|stored| stored.budget.key.clone()),
            budgets,
        })
    }

    /// Adds up a window of a budget anew.
    pub async fn reconcile(
        &self,
        key: &BudgetKey,
        at: Option<Timestamp>,
        deadline: Deadline,
    ) -> Result<Reconciled, Refusal> {
        let reckoning = self.store.reckon_budget(key, at, deadline).await?;
        let reckoning = reckoning.ok_or_else(|| not_found(key))?;
        let parts = reckoning.parts.iter();
        let held = parts.clone().map(|part| part.bucket_sums.0).sum();
        let committed = parts.clone().map(|part| part.bucket_sums.1).sum();
        let limit: i64 = parts.map(|part| part.limit_part).sum();
        let limit = if reckoning.parts.is_empty() {
            reckoning.limit.unwrap_or(0)
        } else {
            limit
        };
        Ok(Reconciled {
            used: Use {
                window_start: reckoning.window_start,
                held,
                committed,
                available: limit - held - committed,
            },
            differences: differences(&reckoning.parts, reckoning.limit),
        })
    }
}

fn not_found(key: &BudgetKey) -> Refusal {
    Refusal::not_found("BUDGET_NOT_FOUND", "there is no such budget: list them")
        .with("budget_key", key)
}
