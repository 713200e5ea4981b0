//! Batching inside the process: many calls' items in one round trip or one durable commit.
//!
//! A loop of its own holds its own connection, takes whatever is waiting, and answers each caller
//! when its batch is done. The queue is bounded: what does not fit is refused at once. Used for the
//! reader that coalesces point reads into `= any($1)` and for the writer that commits many calls'
//! records together.

mod lane;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use kernel::time::Deadline;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout_at;

use crate::error::StoreError;
use crate::postgres::Postgres;

pub(crate) use lane::gather;

/// The answers of a batch, one per item and in their order.
pub type Answers<O> = Vec<Result<O, StoreError>>;

/// What a batch of items means.
pub trait BatchHandler: Send + Sync + 'static {
    /// What a caller hands in.
    type Item: Send + Sync + 'static;
    /// What a caller gets back.
    type Output: Send + 'static;

    /// Carries out a batch, in as few statements as it can.
    ///
    /// An `Err` for the whole batch rolls it back; the items are then tried one by one, so that a
    /// poison item fails alone. An `Err` for one item leaves the others committed: its handler
    /// must not have written anything for it.
    fn run<'c>(
        &'c self,
        connection: &'c mut PgConnection,
        items: &'c [Self::Item],
    ) -> BoxFuture<'c, Result<Answers<Self::Output>, StoreError>>;
}

/// Whether batches need a transaction around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reads only: no transaction, and a batch on a connection that broke is run again.
    Read,
    /// Writes: BEGIN and COMMIT around each batch.
    Write,
    /// Writes of one statement, which is a transaction of its own: two round trips fewer.
    ///
    /// The handler runs exactly one statement and reads its result to the end, since it is durable
    /// only then. The statement does nothing when it is run again, for a batch on a connection that
    /// broke is.
    RepeatableStatement,
}

/// Limits of a batcher.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BatchSettings {
    /// How many items wait at most; more are refused at once.
    pub queue_capacity: usize,
    /// How many items go into one batch at most.
    pub max_batch: usize,
    /// How many batches run at the same time, each on its own connection.
    pub lanes: usize,
    /// How long one batch may take.
    pub timeout_ms: u64,
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self {
            queue_capacity: 1_024,
            max_batch: 128,
            lanes: 1,
            timeout_ms: 1_000,
        }
    }
}

struct Waiting<I, O> {
    item: I,
    deadline: Deadline,
    reply: oneshot::Sender<Result<O, StoreError>>,
}

type Queue<H> = mpsc::Receiver<Waiting<<H as BatchHandler>::Item, <H as BatchHandler>::Output>>;

/// Hands items to a batch loop and waits for their answers. Cheap to clone.
///
/// The loops end, after finishing what is queued, when the last clone is dropped.
pub struct Batcher<H: BatchHandler> {
    queue: mpsc::Sender<Waiting<H::Item, H::Output>>,
}

impl<H: BatchHandler> Clone for Batcher<H> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<H: BatchHandler> Batcher<H> {
    /// Starts the loops on the tracker of `postgres`.
    pub fn start(postgres: &Postgres, settings: &BatchSettings, mode: Mode, handler: H) -> Self {
        let (queue, receiver) = mpsc::channel(settings.queue_capacity.max(1));
        let receiver = Arc::new(Mutex::new(receiver));
        let handler = Arc::new(handler);
        for _ in 0..settings.lanes.max(1) {
            let lane = lane::Lane {
                postgres: postgres.clone(),
                connection: None,
                handler: Arc::clone(&handler),
                mode,
                timeout: Duration::from_millis(settings.timeout_ms),
            };
            let receiver = Arc::clone(&receiver);
            postgres
                .tracker()
                .spawn(lane.run(receiver, settings.max_batch.max(1)));
        }
        Self { queue }
    }

    /// Hands in an item and waits for its answer, until the deadline at most.
    ///
    /// An item whose batch has begun is carried out even if the caller leaves.
    pub async fn submit(&self, item: H::Item, deadline: Deadline) -> Result<H::Output, StoreError> {
        if deadline.is_past(Instant::now()) {
            return Err(StoreError::Timeout);
        }
        let (reply, answer) = oneshot::channel();
        match self.queue.try_send(Waiting {
            item,
            deadline,
            reply,
        }) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(StoreError::Overloaded),
            Err(TrySendError::Closed(_)) => return Err(stopped()),
        }
        match timeout_at(deadline.instant().into(), answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(stopped()),
            Err(_) => Err(StoreError::Timeout),
        }
    }
}

fn stopped() -> StoreError {
    StoreError::unavailable(std::io::Error::other("the batch loop has stopped"))
}
