//! Owns the SQL: rules and models as immutable versions, and what the fits rest on.

mod activations;
mod feed;
mod fit_lock;
mod knowledge;
mod models;
mod observations;
mod requests;
mod rules;
mod samples;

use storage::Postgres;

pub use activations::Activated;
pub use feed::CHANGES_FEED;
pub use fit_lock::FitLock;
pub use knowledge::VersionsInUse;
pub use models::NewModel;
pub use observations::{Cursor, SetAside, TakeOver};
pub use requests::RequestKey;
pub use rules::Published;
pub use samples::{ExposurePage, HistoryPage, PageKey};

/// The migrations of this service.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The service's own Postgres.
#[derive(Clone, Debug)]
pub struct Store {
    postgres: Postgres,
}

impl Store {
    /// Stores in a database whose schema is at the level of [`MIGRATOR`].
    pub fn new(postgres: Postgres) -> Self {
        Self { postgres }
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
