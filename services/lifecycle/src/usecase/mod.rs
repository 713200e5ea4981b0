//! Owns the order of steps: what is gathered, decided and stored for each request and job.

mod catch_up;
mod check_drift;
mod fit_model;
mod follow_changes;
mod gather;
mod get_customer_status;
mod knowledge;
mod models;
pub mod ports;
mod rules;

use std::sync::Arc;
use std::time::Duration;

use kernel::time::{Clock, Timestamp};

use crate::store::Store;
use ports::Profiles;

pub use crate::store::Activated as ActivatedModel;
pub use fit_model::{FitModel, FitStep, Steps};
pub use follow_changes::Followed;
pub use get_customer_status::GetCustomerStatus;
pub use knowledge::Knowledge;
pub use models::{ActivateModel, ShownModel, WhichModel};
pub use rules::PublishRules;

/// Limits of the jobs.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a fit waits for the changes made before it.
    pub catch_up: Duration,
    /// How long the lease on the feed lasts without renewal.
    pub feed_lease: Duration,
}

/// The use cases of the service.
#[derive(Clone)]
pub struct UseCases {
    store: Store,
    profiles: Arc<dyn Profiles>,
    clock: Arc<dyn Clock>,
    knowledge: Arc<Knowledge>,
    limits: Limits,
}

impl UseCases {
    /// Puts the use cases on their parts.
    pub fn new(
        store: Store,
        profiles: Arc<dyn Profiles>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Self {
        Self {
            knowledge: Arc::new(Knowledge::new(store.clone())),
            store,
            profiles,
            clock,
            limits,
        }
    }

    /// Returns what statuses are computed with.
    pub fn knowledge(&self) -> &Arc<Knowledge> {
        &self.knowledge
    }

    /// Reads the clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
