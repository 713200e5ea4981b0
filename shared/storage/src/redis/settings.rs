//! How a service uses its Redis.

use kernel::secret::Secret;
use serde::{Deserialize, Serialize};

/// Address and limits of Redis. An empty address means: no cache.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisSettings {
    /// Connection URL, for example `redis://cache:6379` or `redis+unix:///run/redis.sock`.
    pub url: Secret,
    /// Put before every key, so that services and tests can share a Redis.
    pub key_prefix: String,
    /// How long one operation may take before it counts as a miss.
    pub operation_timeout_ms: u64,
    /// How many failures in a row open the breaker.
    pub breaker_failures: u32,
    /// How long an open breaker skips Redis.
    pub breaker_open_ms: u64,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            key_prefix: String::new(),
            operation_timeout_ms: 30,
            breaker_failures: 5,
            breaker_open_ms: 1_000,
        }
    }
}

impl RedisSettings {
    /// Uses the defaults with another address and prefix.
    pub fn at(url: impl Into<String>, key_prefix: impl Into<String>) -> Self {
        Self {
            url: Secret::new(url),
            key_prefix: key_prefix.into(),
            ..Self::default()
        }
    }
}
