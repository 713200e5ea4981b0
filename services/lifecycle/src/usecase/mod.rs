//! Owns the order of steps: what is gathered, decided and stored for each request and job.

mod care;
mod care_plan;
mod catch_up;
mod check_drift;
mod fit_model;
mod follow_changes;
mod gather;
mod get_customer_status;
mod import_model;
mod knowledge;
mod models;
mod pace;
mod portfolio;
pub mod ports;
mod rules;
mod score_portfolio;
mod watch_transitions;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use kernel::time::{Clock, Timestamp};
use tokio::sync::{Notify, Semaphore};

use crate::store::Store;
use ports::Profiles;

pub use crate::store::Activated as ActivatedModel;
pub use care::{CompleteTask, LeaseTasks, ReportedTask, ScheduleTasks, SkipTask, WithdrawTasks};
pub use care_plan::PublishCarePlan;
pub use fit_model::{FitModel, FitStep, Steps};
pub use follow_changes::Followed;
pub use get_customer_status::{GetCustomerStatus, StatusWithFacts};
pub use import_model::ImportModel;
pub use knowledge::Knowledge;
pub use models::{ActivateModel, ShownModel, WhichModel};
pub use portfolio::Portfolio;
pub use rules::PublishRules;
pub use watch_transitions::{Watch, WatchFrom, WatchSettings, WatchedRun, Watchers};

pub use crate::store::{CareCount, CustomerQuery, Leased, Position, ScoringRun};

/// Limits of the jobs.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a fit waits for the changes made before it.
    pub catch_up: Duration,
    /// How long the lease on the feed lasts without renewal.
    pub feed_lease: Duration,
    /// How long a status waits for what is remembered of the stage.
    pub stage_memory: Duration,
    /// How many customers a worker scores at once.
    pub scoring_range_size: u32,
    /// After how long the whole portfolio is scored again, since stages change with time alone.
    pub scoring_interval: Duration,
}

/// The use cases of the service.
#[derive(Clone)]
pub struct UseCases {
    store: Store,
    profiles: Arc<dyn Profiles>,
    clock: Arc<dyn Clock>,
    knowledge: Arc<Knowledge>,
    limits: Limits,
    // Places for answers that take long; whoever waits for one and leaves takes none.
    slow: Arc<Semaphore>,
    // Wakes the workers of this process when somebody starts a scoring.
    wake: Arc<Notify>,
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
            slow: Arc::new(Semaphore::new(
                available_parallelism().map_or(1, NonZeroUsize::get),
            )),
            wake: Arc::default(),
        }
    }

    /// Returns what statuses are computed with.
    pub fn knowledge(&self) -> &Arc<Knowledge> {
        &self.knowledge
    }

    /// Waits until somebody asks this process to score.
    pub async fn asked_to_score(&self) {
        self.wake.notified().await;
    }

    /// Reads the clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
