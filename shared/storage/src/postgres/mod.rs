//! A service's own Postgres: three small pools, and reads bounded in time.

mod pool;
mod settings;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kernel::time::Deadline;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::time::timeout_at;
use tokio_util::task::TaskTracker;

pub(crate) use pool::{Lease, Pool, connect_by};
pub use settings::PostgresSettings;

use crate::error::{StoreError, storage_cause};

/// A service's own Postgres. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Postgres {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    settings: PostgresSettings,
    online: PgConnectOptions,
    read: Pool,
    write: Pool,
    background: Pool,
    tracker: TaskTracker,
}

impl Postgres {
    /// Prepares the pools without connecting. Transactions run on tasks of `tracker`, which the
    /// process waits for when it stops.
    pub fn connect_lazy(
        settings: &PostgresSettings,
        tracker: &TaskTracker,
    ) -> Result<Self, StoreError> {
        let online = online_options(settings)?;
        let background_limit = settings.background_timeout_ms.to_string();
        let background = online.clone().options([
            ("statement_timeout", &background_limit),
            ("lock_timeout", &background_limit),
        ]);
        let pool = |options: &PgConnectOptions, connections| {
            let max_age = Duration::from_secs(settings.max_connection_age_seconds);
            Pool::new(
                options.clone(),
                connections,
                settings.acquire_timeout(),
                max_age,
            )
        };
        let shared = Shared {
            read: pool(&online, settings.read_connections),
            write: pool(&online, settings.write_connections),
            background: pool(&background, settings.background_connections),
            settings: settings.clone(),
            online,
            tracker: tracker.clone(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// Reads for a call, inside its deadline. The work must not open a transaction.
    ///
    /// A connection that died while idle is replaced and the work run once more, so that a
    /// restart of Postgres fails no read.
    pub async fn read<I, T, E, F>(&self, deadline: Deadline, input: &I, work: F) -> Result<T, E>
    where
        I: Sync + ?Sized,
        E: From<StoreError> + Error + 'static,
        F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
    {
        let longest = Duration::from_millis(self.shared.settings.read_timeout_ms);
        let limit = deadline.capped(Instant::now(), longest);
        bounded(&self.shared.read, limit, input, work).await
    }

    /// Reads for somebody who waits for a long answer, such as a review: inside their deadline, on
    /// connections that calls do not use.
    pub async fn report<I, T, E, F>(&self, deadline: Deadline, input: &I, work: F) -> Result<T, E>
    where
        I: Sync + ?Sized,
        E: From<StoreError> + Error + 'static,
        F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
    {
        let longest = Duration::from_millis(self.shared.settings.background_timeout_ms);
        let limit = deadline.capped(Instant::now(), longest);
        bounded(&self.shared.background, limit, input, work).await
    }

    /// Works for a job, on connections that calls do not use.
    pub async fn background<I, T, E, F>(&self, input: &I, work: F) -> Result<T, E>
    where
        I: Sync + ?Sized,
        E: From<StoreError> + Error + 'static,
        F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
    {
        let longest = Duration::from_millis(self.shared.settings.background_timeout_ms);
        self.report(Deadline::within(longest), input, work).await
    }

    /// Tells whether Postgres answers, for health checks and start-up.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let limit = Deadline::within(self.shared.settings.acquire_timeout());
        bounded(&self.shared.background, limit, &(), |(), connection| {
            Box::pin(run_statement(connection, "select 1"))
        })
        .await
    }

    /// Opens a connection of one's own, outside the pools.
    pub async fn connect(&self) -> Result<PgConnection, StoreError> {
        let limit = tokio::time::Instant::now() + self.shared.settings.acquire_timeout();
        connect_by(&self.shared.online, limit).await
    }

    pub(crate) fn settings(&self) -> &PostgresSettings {
        &self.shared.settings
    }

    pub(crate) fn tracker(&self) -> &TaskTracker {
        &self.shared.tracker
    }

    pub(crate) fn write_pool(&self) -> &Pool {
        &self.shared.write
    }
}

fn online_options(settings: &PostgresSettings) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions = settings.url.expose().parse().map_err(StoreError::from)?;
    Ok(options.disable_statement_logging().options([
        ("statement_timeout", settings.statement_timeout_ms),
        ("lock_timeout", settings.lock_timeout_ms),
        (
            "idle_in_transaction_session_timeout",
            settings.idle_in_transaction_timeout_ms,
        ),
    ]))
}

async fn bounded<I, T, E, F>(pool: &Pool, limit: Deadline, input: &I, work: F) -> Result<T, E>
where
    I: Sync + ?Sized,
    E: From<StoreError> + Error + 'static,
    F: for<'c> Fn(&'c I, &'c mut PgConnection) -> BoxFuture<'c, Result<T, E>>,
{
    if limit.is_past(Instant::now()) {
        return Err(StoreError::Timeout.into());
    }
    let mut lease = pool.acquire().await?;
    let mut result = timeout_at(limit.instant().into(), work(input, &mut lease)).await;
    if lease.reused && matches!(&result, Ok(Err(error)) if connection_broke(error)) {
        lease = lease.renew().await?;
        result = timeout_at(limit.instant().into(), work(input, &mut lease)).await;
    }
    match result {
        Ok(Ok(value)) => {
            lease.give_back();
            Ok(value)
        }
        Ok(Err(error)) => {
            if connection_broke(&error) {
                lease.close_as_dead();
            } else {
                lease.give_back();
            }
            Err(error)
        }
        Err(_) => {
            lease.close_as_dead();
            Err(StoreError::Timeout.into())
        }
    }
}

pub(crate) fn connection_broke(error: &(dyn Error + 'static)) -> bool {
    storage_cause(error).is_some_and(|cause| cause.breaks_connection())
}

pub(crate) async fn run_statement(
    connection: &mut PgConnection,
    statement: &'static str,
) -> Result<(), StoreError> {
    sqlx::raw_sql(statement).execute(connection).await?;
    Ok(())
}
