//! A small pool that cannot hand out a connection in an unknown state.
//!
//! The driver's own pool returns a connection when its future is dropped, even inside a half-begun
//! transaction, pings on every release, and wedges on silently dead peers. Here a connection comes
//! back only when its user says that all went well; in every other case, a dropped future
//! included, it is closed.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant as TokioInstant, timeout_at};

use crate::error::StoreError;

#[derive(Clone, Debug)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: PgConnectOptions,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Idle>>,
    acquire_timeout: Duration,
    max_age: Duration,
}

#[derive(Debug)]
struct Idle {
    connection: PgConnection,
    born: Instant,
}

/// A borrowed connection. Dropping it closes the connection; see [`Lease::give_back`].
pub(crate) struct Lease {
    connection: PgConnection,
    born: Instant,
    /// Whether the connection was idle before, and so may have died unnoticed.
    pub(crate) reused: bool,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    pub(crate) fn new(
        options: PgConnectOptions,
        connections: usize,
        acquire_timeout: Duration,
        max_age: Duration,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(connections.max(1)));
        let idle = Mutex::new(Vec::with_capacity(connections));
        Self {
            shared: Arc::new(Shared {
                options,
                permits,
                idle,
                acquire_timeout,
                max_age,
            }),
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        // Nothing can panic while the lock is held, and a poisoned list of idle connections is
        // still a list of idle connections.
        self.shared
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Borrows an idle connection, or a new one.
    pub(crate) async fn acquire(&self) -> Result<Lease, StoreError> {
        let limit = TokioInstant::now() + self.shared.acquire_timeout;
        let permits = Arc::clone(&self.shared.permits);
        let permit = match timeout_at(limit, permits.acquire_owned()).await {
            Ok(Ok(permit)) => permit,
            // The semaphore is never closed.
            Ok(Err(closed)) => return Err(StoreError::internal(closed)),
            Err(_) => return Err(StoreError::Overloaded),
        };
        let idle = self.idle().pop();
        if let Some(Idle { connection, born }) = idle {
            return Ok(Lease {
                connection,
                born,
                reused: true,
                pool: self.clone(),
                _permit: permit,
            });
        }
        self.connect(permit, limit).await
    }

    async fn connect(
        &self,
        permit: OwnedSemaphorePermit,
        limit: TokioInstant,
    ) -> Result<Lease, StoreError> {
        let connection = connect_by(&self.shared.options, limit).await?;
        Ok(Lease {
            connection,
            born: Instant::now(),
            reused: false,
            pool: self.clone(),
            _permit: permit,
        })
    }

    /// Closes all idle connections: one of them was found dead, so the others may be too.
    pub(crate) fn forget_idle(&self) {
        let stale = std::mem::take(&mut *self.idle());
        drop(stale);
    }
}

/// Opens a connection of one's own.
pub(crate) async fn connect_by(
    options: &PgConnectOptions,
    limit: TokioInstant,
) -> Result<PgConnection, StoreError> {
    match timeout_at(limit, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(sqlx::Error::Database(refused))) => {
            Err(StoreError::unavailable(sqlx::Error::Database(refused)))
        }
        Ok(Err(error)) => Err(StoreError::unavailable(error)),
        Err(elapsed) => Err(StoreError::unavailable(elapsed)),
    }
}

impl Lease {
    /// Returns the connection for the next user. Only for connections that are idle: every
    /// response read, no transaction open.
    pub(crate) fn give_back(self) {
        if self.born.elapsed() < self.pool.shared.max_age {
            let idle = Idle {
                connection: self.connection,
                born: self.born,
            };
            self.pool.idle().push(idle);
        }
    }

    /// Closes the connection and the idle ones, for one of them has turned out to be dead.
    pub(crate) fn close_as_dead(self) {
        self.pool.forget_idle();
    }

    /// Exchanges a connection that died while idle for a new one.
    pub(crate) async fn renew(self) -> Result<Self, StoreError> {
        let Self {
            connection,
            pool,
            _permit: permit,
            ..
        } = self;
        drop(connection);
        pool.forget_idle();
        let limit = TokioInstant::now() + pool.shared.acquire_timeout;
        pool.connect(permit, limit).await
    }
}

impl Deref for Lease {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
