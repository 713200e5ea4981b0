//! Redis as a cache that may vanish at any time: every failure is a miss, and a quick one.

mod reader;
mod settings;
mod stored;

use std::sync::Arc;
use std::time::{Duration, Instant};

use kernel::breaker::Breaker;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, Script};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use reader::Reader;
pub use settings::RedisSettings;

use crate::error::StoreError;

/// A cache in Redis. Cheap to clone.
#[derive(Clone)]
pub struct Cache {
    shared: Arc<Shared>,
}

struct Shared {
    /// None when no Redis is configured: everything misses.
    redis: Option<Redis>,
    key_prefix: String,
    operation_timeout: Duration,
    breaker: Breaker,
    set_if_newer: Script,
    operations: Counter<u64>,
}

/// One connection: entries are read through the reader, all else is asked for directly.
struct Redis {
    connection: ConnectionManager,
    reader: Reader,
}

impl Redis {
    fn at(url: &str, tracker: &TaskTracker) -> Result<Self, StoreError> {
        let connection = manager(url).map_err(StoreError::internal)?;
        Ok(Self {
            reader: Reader::start(connection.clone(), tracker),
            connection,
        })
    }
}

impl Cache {
    /// Prepares the connection without making it; Redis need not be there. Needs a runtime: what
    /// reads entries runs on `tracker`, until the last clone of this is dropped.
    pub fn connect_lazy(
        settings: &RedisSettings,
        tracker: &TaskTracker,
    ) -> Result<Self, StoreError> {
        let url = settings.url.expose();
        let redis = if url.is_empty() {
            None
        } else {
            Some(Redis::at(url, tracker)?)
        };
        let open_for = Duration::from_millis(settings.breaker_open_ms);
        let shared = Shared {
            redis,
            key_prefix: settings.key_prefix.clone(),
            operation_timeout: Duration::from_millis(settings.operation_timeout_ms),
            breaker: Breaker::new(settings.breaker_failures, open_for, Instant::now()),
            set_if_newer: Script::new(stored::SET_IF_NEWER),
            operations: opentelemetry::global::meter("storage")
                .u64_counter("rekindle.cache.operations")
                .with_description("Cache operations by outcome: hit, miss, done, skipped, error")
                .build(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    fn key(&self, key: &str) -> String {
        [&self.shared.key_prefix, key].concat()
    }

    fn count(&self, operation: &'static str, outcome: &'static str) {
        let labels = [
            KeyValue::new("operation", operation),
            KeyValue::new("outcome", outcome),
        ];
        self.shared.operations.add(1, &labels);
    }

    /// Reads an entry, together with others that are asked for at the same time; `None` when there
    /// is none, or Redis is late, down or talks nonsense.
    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let reader = &self.shared.redis.as_ref()?.reader;
        let answer = self.attempt("get", reader.read(self.key(key))).await?;
        let value = answer.and_then(stored::value);
        self.count("get", if value.is_some() { "hit" } else { "miss" });
        value
    }

    /// Keeps a value computed at `revision`, unless a newer value or tombstone is there.
    /// Returns whether it was kept.
    pub async fn set_if_newer(
        &self,
        key: &str,
        revision: u64,
        value: &[u8],
        ttl: Duration,
    ) -> bool {
        self.compare_and_set("set", key, &stored::value_header(revision), value, ttl)
            .await
            == Some(true)
    }

    /// Marks everything older than `revision` as stale. Unlike a deletion this also stops a slow
    /// fill that was computed before; keep it for as long as such a fill may take. Returns whether
    /// Redis has seen it: until it has, what it holds of this key must not be believed.
    pub async fn tombstone(&self, key: &str, revision: u64, ttl: Duration) -> bool {
        self.compare_and_set(
            "tombstone",
            key,
            &stored::tombstone_header(revision),
            &[],
            ttl,
        )
        .await
        .is_some()
    }

    async fn compare_and_set(
        &self,
        operation: &'static str,
        key: &str,
        header: &str,
        value: &[u8],
        ttl: Duration,
    ) -> Option<bool> {
        let mut connection = self.shared.redis.as_ref()?.connection.clone();
        let millis = u64::try_from(ttl.as_millis())
            .unwrap_or(u64::MAX)
            .clamp(1, 1 << 50);
        let mut script = self.shared.set_if_newer.key(self.key(key));
        script.arg(header).arg(value).arg(millis);
        let answer: Option<i64> = self
            .attempt(operation, script.invoke_async(&mut connection))
            .await;
        if answer.is_some() {
            self.count(operation, "done");
        }
        answer.map(|kept| kept == 1)
    }

    /// Makes one bounded attempt; `None` when Redis is skipped, late or fails.
    async fn attempt<T, E>(
        &self,
        operation: &'static str,
        command: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        let shared = &self.shared;
        let Some(attempt) = shared.breaker.attempt(Instant::now()) else {
            self.count(operation, "skipped");
            return None;
        };
        let span = tracing::info_span!(
            "redis",
            otel.name = %format_args!("redis.{operation}"),
            otel.kind = "client",
            db.system.name = "redis",
            db.operation.name = operation,
        );
        let answer = timeout(shared.operation_timeout, command.instrument(span)).await;
        if let Ok(Ok(value)) = answer {
            attempt.succeeded();
            return Some(value);
        }
        attempt.failed(Instant::now());
        self.count(operation, "error");
        None
    }
}

/// Makes a connection that gives up early: the defaults keep every command waiting for seconds
/// while Redis is down.
fn manager(url: &str) -> Result<ConnectionManager, RedisError> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(20))
        .set_max_delay(Duration::from_millis(200))
        .set_connection_timeout(Some(Duration::from_millis(100)))
        .set_response_timeout(Some(Duration::from_millis(30)));
    ConnectionManager::new_lazy_with_config(Client::open(url)?, config)
}
