//! The settings of the offers service.

use chassis::ProcessSettings;
use edge::client::ClientSettings;
use kernel::secret::Secret;
use serde::{Deserialize, Serialize};
use storage::batch::BatchSettings;
use storage::redis::RedisSettings;
use storage::{PostgresSettings, RetentionSettings};

/// Everything that can be set from outside.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where and how to listen, what is logged and traced.
    pub process: ProcessSettings,
    /// The service's own Postgres.
    pub postgres: PostgresSettings,
    /// How long requests are remembered.
    pub retention: RetentionSettings,
    /// The cache.
    pub redis: RedisSettings,
    /// The lifecycle service.
    pub lifecycle: ClientSettings,
    /// The profiles service.
    pub profiles: ClientSettings,
    /// The coalescing reader.
    pub reads: BatchSettings,
    /// The batching writer.
    pub writes: BatchSettings,
    /// Names this process in leases; a random name when empty.
    pub holder: String,
    /// How often expired offers and forgotten sessions are looked for.
    pub sweep_period_ms: u64,
    /// After how long without a word a session counts as forgotten.
    pub session_idle_seconds: i64,
    /// How often orders to end subscriptions are delivered.
    pub delivery_period_ms: u64,
    /// How often what became of calls is looked at.
    pub outcome_period_ms: u64,
    /// How often it is looked whether a version of what was learnt is due; one is made a day.
    pub learning_period_ms: u64,
    /// How often newer catalogues and policies are looked for.
    pub active_period_ms: u64,
    /// How often lifecycle is asked for newer rules and models in use.
    pub latest_period_ms: u64,
    /// Seals page tokens; the same for all replicas.
    pub page_token_secret: Secret,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            process: ProcessSettings::default(),
            postgres: PostgresSettings::at("postgres:///rekindle_offers"),
            retention: RetentionSettings::default(),
            redis: RedisSettings::default(),
            lifecycle: ClientSettings::at("http://127.0.0.1:7102"),
            profiles: ClientSettings::at("http://127.0.0.1:7101"),
            reads: BatchSettings::default(),
            writes: BatchSettings::default(),
            holder: String::new(),
            sweep_period_ms: 5_000,
            session_idle_seconds: 4 * 3_600,
            delivery_period_ms: 500,
            outcome_period_ms: 1_000,
            learning_period_ms: 600_000,
            active_period_ms: 1_000,
            latest_period_ms: 1_000,
            page_token_secret: Secret::new("local development only"),
        }
    }
}
