//! How a service uses its Postgres.

use std::time::Duration;

use kernel::secret::Secret;
use serde::{Deserialize, Serialize};

/// Address and limits of a service's own Postgres.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PostgresSettings {
    /// Connection URL, for example `postgres://offers@db/offers` or, over a socket,
    /// `postgres:///offers?host=/run/postgresql&user=offers`.
    pub url: Secret,
    /// Connections for reads of calls.
    pub read_connections: usize,
    /// Connections for write transactions of calls.
    pub write_connections: usize,
    /// Connections for jobs, so that these never starve calls.
    pub background_connections: usize,
    /// How long a call waits for a connection, free or new.
    pub acquire_timeout_ms: u64,
    /// How long one use of a read connection may last.
    pub read_timeout_ms: u64,
    /// How long one write transaction may last.
    pub write_timeout_ms: u64,
    /// How long one use of a background connection may last.
    pub background_timeout_ms: u64,
    /// How long the server lets one statement of a call run.
    pub statement_timeout_ms: u64,
    /// How long the server lets one statement of a call wait for a lock. Longer than the server's
    /// `deadlock_timeout` (one second), or deadlocks are taken for slowness and not run again.
    pub lock_timeout_ms: u64,
    /// How long the server keeps a transaction that does nothing.
    pub idle_in_transaction_timeout_ms: u64,
    /// Age at which a connection is replaced.
    pub max_connection_age_seconds: u64,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            url: Secret::new("postgres:///rekindle"),
            read_connections: 8,
            write_connections: 8,
            background_connections: 4,
            acquire_timeout_ms: 250,
            read_timeout_ms: 1_000,
            write_timeout_ms: 2_000,
            background_timeout_ms: 30_000,
            statement_timeout_ms: 1_500,
            lock_timeout_ms: 1_250,
            idle_in_transaction_timeout_ms: 5_000,
            max_connection_age_seconds: 1_800,
        }
    }
}

impl PostgresSettings {
    /// Uses the defaults with another address.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: Secret::new(url),
            ..Self::default()
        }
    }

    pub(crate) fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms)
    }
}
