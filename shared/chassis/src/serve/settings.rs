//! Where and how to listen.

use std::path::PathBuf;
use std::time::Duration;

use edge::server::EdgeSettings;
use serde::{Deserialize, Serialize};

/// Where and how to listen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeSettings {
    /// `host:port` (port 0 picks a free one) or `unix:///path`.
    pub listen: String,
    /// File that is written with the bound address once the service is ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_file: Option<PathBuf>,
    /// How many connections may be open; more wait to be accepted.
    pub max_connections: usize,
    /// How many calls may be open on one connection.
    pub max_streams_per_connection: u32,
    /// How long a new connection may stay silent.
    pub first_byte_timeout_ms: u64,
    /// How long a connection may be silent before it is asked whether it lives.
    pub keepalive_interval_ms: u64,
    /// How long a connection may take to say that it lives.
    pub keepalive_timeout_ms: u64,
    /// Age at which clients are asked to connect again, so that they find new replicas.
    pub max_connection_age_seconds: u64,
    /// How long the service says that it is stopping before it stops accepting calls.
    pub unready_ms: u64,
    /// How long calls and transactions under way may take to finish when the service stops.
    pub drain_ms: u64,
    /// Whether clients may ask for the contract.
    pub reflection: bool,
    /// Limits of calls.
    pub edge: EdgeSettings,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            ready_file: None,
            max_connections: 1_024,
            max_streams_per_connection: 256,
            first_byte_timeout_ms: 5_000,
            keepalive_interval_ms: 10_000,
            keepalive_timeout_ms: 5_000,
            max_connection_age_seconds: 1_800,
            unready_ms: 0,
            drain_ms: 10_000,
            reflection: true,
            edge: EdgeSettings::default(),
        }
    }
}

impl ServeSettings {
    pub(crate) fn drain(&self) -> Duration {
        Duration::from_millis(self.drain_ms)
    }
}
