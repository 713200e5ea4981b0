//! Everything that can be set.

use chassis::ProcessSettings;
use kernel::secret::Secret;
use serde::{Deserialize, Serialize};
use storage::batch::BatchSettings;
use storage::{PostgresSettings, RetentionSettings};

use crate::usecase::WatchSettings;

/// Everything that can be set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The process: listening, telemetry, threads.
    pub process: ProcessSettings,
    /// The database.
    pub postgres: PostgresSettings,
    /// How long requests are remembered.
    pub retention: RetentionSettings,
    /// How reads of facts are put together.
    pub facts: BatchSettings,
    /// How the change feed is followed.
    pub watch: WatchSettings,
    /// How often ends that have come are looked for; zero for never.
    pub settle_interval_ms: u64,
    /// How often answers are looked for that the version before remembered, so that erasing finds whom
    /// they name; zero for never.
    pub answers_interval_ms: u64,
    /// What page tokens are sealed with; the same for all replicas.
    pub page_token_secret: Secret,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            process: ProcessSettings::default(),
            postgres: PostgresSettings::at("postgres:///rekindle_profiles"),
            retention: RetentionSettings::default(),
            facts: BatchSettings {
                lanes: 2,
                ..BatchSettings::default()
            },
            watch: WatchSettings::default(),
            settle_interval_ms: 5_000,
            answers_interval_ms: 30_000,
            page_token_secret: Secret::new("profiles"),
        }
    }
}
