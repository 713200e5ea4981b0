//! Owns the SQL: rules and models as immutable versions, what the fits rest on, and the portfolio.

mod activations;
mod care;
mod feed;
mod fit_lock;
mod foreign_files;
mod knowledge;
mod memories;
mod models;
mod observations;
mod portfolio;
mod requests;
mod rules;
mod samples;
mod scored_customers;
mod scoring;
mod snapshots;
mod transition_feed;
mod transitions;

use std::fmt;

use storage::Postgres;
use storage::batch::{BatchSettings, Batcher, Mode};

pub use activations::Activated;
pub use care::{
    CareCount, Claim, Claimed, ClaimedTask, Confirmation, Done, Leased, NewPlan, NewRequest,
    Report, Ruling, Skip, Withdrawal,
};
pub use feed::{CHANGES_FEED, Freshness};
pub use fit_lock::FitLock;
pub use foreign_files::NewFile;
pub use knowledge::VersionsInUse;
pub use models::NewModel;
pub use observations::{Cursor, SetAside, TakeOver, ToScore};
pub use portfolio::{CustomerPage, CustomerQuery, Totals};
pub use requests::RequestKey;
pub use rules::Published;
pub use samples::{ExposurePage, HistoryPage, PageKey};
pub use scored_customers::{Scorer, ToRate};
pub use scoring::{RangeWork, ScoringRun};
pub use snapshots::FactsPage;
pub use transition_feed::{Position, TransitionRun};
pub use transitions::TransitionPage;

/// The migrations of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// How long what is remembered of a stage is waited for, where nothing else is set: an answer
/// without it is better than a late one.
const STAGE_MEMORY_TIMEOUT_MS: u64 = 150;

/// The service's own Postgres.
#[derive(Clone)]
pub struct Store {
    postgres: Postgres,
    memories: Batcher<memories::Memories>,
}

impl Store {
    /// Stores in a database whose schema is at the level of [`MIGRATOR`].
    pub fn new(postgres: Postgres) -> Self {
        Self::with_stage_memory(postgres, &Self::stage_memory_settings())
    }

    /// The same, with other limits of the reader that coalesces questions for stages.
    pub fn with_stage_memory(postgres: Postgres, reads: &BatchSettings) -> Self {
        Self {
            memories: Batcher::start(&postgres, reads, Mode::Read, memories::Memories),
            postgres,
        }
    }

    /// The limits of that reader where nothing else is set.
    pub fn stage_memory_settings() -> BatchSettings {
        BatchSettings {
            timeout_ms: STAGE_MEMORY_TIMEOUT_MS,
            ..BatchSettings::default()
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Store").finish_non_exhaustive()
    }
}

/// Versions and counts fit into a `bigint` for all time.
fn bigint(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Thresholds are checked to be at most a century of days.
fn integer(value: u32) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
