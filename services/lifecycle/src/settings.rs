//! The settings of the service, with their defaults.

use std::time::Duration;

use chassis::ProcessSettings;
use edge::client::ClientSettings;
use kernel::secret::Secret;
use serde::{Deserialize, Serialize};
use storage::batch::BatchSettings;
use storage::{PostgresSettings, RetentionSettings};

use crate::clients::BundleSettings;
use crate::store::Store;
use crate::usecase::{Limits, WatchSettings};

/// Everything that can be set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How the process lives.
    pub process: ProcessSettings,
    /// The service's own Postgres.
    pub postgres: PostgresSettings,
    /// How long requests are remembered.
    pub retention: RetentionSettings,
    /// The profiles service.
    pub profiles: ClientSettings,
    /// How questions for facts are bundled.
    pub bundle: BundleSettings,
    /// The attributes of subscriptions that models may look at. Only these are taken over from
    /// profiles: name none that is about a person. Customers taken over before have the new ones
    /// after their next change.
    pub model_attributes: Vec<String>,
    /// How long a fit waits for the changes made before it.
    pub catch_up_limit_ms: u64,
    /// How long the lease on the feed of changes lasts without renewal.
    pub feed_lease_ms: u64,
    /// How long to wait before following the feed again after a failure.
    pub follow_pause_ms: u64,
    /// How often to look whether other rules or another model are in use.
    pub refresh_interval_ms: u64,
    /// How the questions for what is remembered of a stage are bundled, and how long a status waits
    /// for it: it is told without when that takes longer.
    pub stage_memory: BatchSettings,
    /// How many workers of this process score the portfolio; at most 3, which leaves the other jobs
    /// a connection.
    pub scoring_workers: u32,
    /// How many customers a worker scores at once.
    pub scoring_range_size: u32,
    /// After how long the whole portfolio is scored again.
    pub scoring_interval_ms: u64,
    /// How often to look whether the portfolio must be scored.
    pub scoring_look_ms: u64,
    /// How changes of stage are followed.
    pub watch: WatchSettings,
    /// Seals page tokens and cursors; all replicas share it.
    pub page_token_secret: Secret,
}

/// What telecommunications companies commonly know of a subscription.
const MODEL_ATTRIBUTES: [&str; 12] = [
    "phone_service",
    "multiple_lines",
    "internet_service",
    "online_security",
    "online_backup",
    "device_protection",
    "tech_support",
    "streaming_tv",
    "streaming_movies",
    "paperless_billing",
    "payment_method",
    "total_charges",
];

impl Default for Settings {
    fn default() -> Self {
        Self {
            process: ProcessSettings::default(),
            postgres: PostgresSettings::at("postgres:///rekindle_lifecycle"),
            retention: RetentionSettings::default(),
            profiles: ClientSettings::at("http://127.0.0.1:7101"),
            bundle: BundleSettings::default(),
            model_attributes: MODEL_ATTRIBUTES.map(str::to_owned).to_vec(),
            catch_up_limit_ms: 120_000,
            feed_lease_ms: 10_000,
            follow_pause_ms: 1_000,
            refresh_interval_ms: 2_000,
            stage_memory: Store::stage_memory_settings(),
            scoring_workers: 2,
            scoring_range_size: 2_000,
            // Twice a day, so that a risk that is low on two days is seen on both.
            scoring_interval_ms: 12 * 3_600_000,
            scoring_look_ms: 2_000,
            watch: WatchSettings::default(),
            page_token_secret: Secret::new("local development only"),
        }
    }
}

impl Settings {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            catch_up: Duration::from_millis(self.catch_up_limit_ms),
            feed_lease: Duration::from_millis(self.feed_lease_ms),
            stage_memory: Duration::from_millis(self.stage_memory.timeout_ms),
            scoring_range_size: self.scoring_range_size.max(1),
            scoring_interval: Duration::from_millis(self.scoring_interval_ms.max(1)),
        }
    }

    pub(crate) fn follow_pause(&self) -> Duration {
        Duration::from_millis(self.follow_pause_ms)
    }

    pub(crate) fn scoring_workers(&self) -> u32 {
        self.scoring_workers.min(3)
    }

    pub(crate) fn scoring_look(&self) -> Duration {
        Duration::from_millis(self.scoring_look_ms.max(1))
    }

    pub(crate) fn refresh_interval(&self) -> Duration {
        Duration::from_millis(self.refresh_interval_ms.max(1))
    }
}
