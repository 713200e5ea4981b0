//! Limits of calls going out to one service.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Address and limits of another service.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientSettings {
    /// Where the service listens: `http://host:port` or `unix:///path`. Several addresses,
    /// separated by commas, take turns.
    pub uri: String,
    /// How long making a connection may take.
    pub connect_timeout_ms: u64,
    /// How long a connection may be silent before it is asked whether it lives.
    pub keepalive_interval_ms: u64,
    /// How long a connection may take to say that it lives.
    pub keepalive_timeout_ms: u64,
    /// How long a call may take that is not made on behalf of another one.
    pub default_deadline_ms: u64,
    /// What is kept of the caller's time for our own answer.
    pub reserve_ms: u64,
    /// How often a call is tried at most.
    pub max_tries: u32,
    /// How many failures in a row open the breaker of an address.
    pub breaker_failures: u32,
    /// How long an open breaker skips its address.
    pub breaker_open_ms: u64,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            uri: String::new(),
            connect_timeout_ms: 250,
            keepalive_interval_ms: 1_000,
            keepalive_timeout_ms: 500,
            default_deadline_ms: 1_000,
            reserve_ms: 10,
            max_tries: 3,
            breaker_failures: 10,
            breaker_open_ms: 1_000,
        }
    }
}

impl ClientSettings {
    /// Uses the defaults with an address.
    pub fn at(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            ..Self::default()
        }
    }

    pub(crate) fn default_time(&self) -> Duration {
        Duration::from_millis(self.default_deadline_ms)
    }

    pub(crate) fn reserve(&self) -> Duration {
        Duration::from_millis(self.reserve_ms)
    }
}
