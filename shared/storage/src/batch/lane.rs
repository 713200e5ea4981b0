//! One loop of a batcher, with a connection of its own.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use sqlx::PgConnection;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::{Answers, BatchHandler, Mode, Queue, Waiting};
use crate::error::StoreError;
use crate::postgres::{Postgres, run_statement};

pub(super) struct Lane<H: BatchHandler> {
    pub(super) postgres: Postgres,
    pub(super) connection: Option<PgConnection>,
    pub(super) handler: Arc<H>,
    pub(super) mode: Mode,
    pub(super) timeout: Duration,
}

type Replies<O> = Vec<oneshot::Sender<Result<O, StoreError>>>;

impl<H: BatchHandler> Lane<H> {
    pub(super) async fn run(mut self, queue: Arc<Mutex<Queue<H>>>, max_batch: usize) {
        let mut waiting = Vec::with_capacity(max_batch);
        loop {
            // One lane waits for work at a time; the others are busy or wait for their turn.
            if !gather(&mut *queue.lock().await, &mut waiting, max_batch).await {
                return;
            }
            let (items, replies) = still_wanted(&mut waiting);
            if items.is_empty() {
                continue;
            }
            match self.batch(&items).await {
                Ok(answers) => answer(replies, answers),
                Err(error) if error.breaks_connection() => fail(replies, &error),
                Err(error) if items.len() == 1 => fail(replies, &error),
                Err(_) => self.one_by_one(&items, replies).await,
            }
        }
    }

    /// Runs the items of a batch that failed as a whole, so that a poison item fails alone.
    async fn one_by_one(&mut self, items: &[H::Item], replies: Replies<H::Output>) {
        for (item, reply) in items.iter().zip(replies) {
            match self.batch(std::slice::from_ref(item)).await {
                Ok(answers) => answer(vec![reply], answers),
                Err(error) => fail(vec![reply], &error),
            }
        }
    }

    /// Runs one batch on the lane's connection, which survives only if it is known to be idle.
    async fn batch(&mut self, items: &[H::Item]) -> Result<Answers<H::Output>, StoreError> {
        // A handler that panics must fail its batch, not the loop that everybody waits for.
        let limit = self.timeout;
        let run = AssertUnwindSafe(self.connect_and_run(items)).catch_unwind();
        let result = match timeout(limit, run).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(StoreError::internal(std::io::Error::other(
                "a batch handler panicked",
            ))),
            Err(_) => Err(StoreError::Timeout),
        };
        if matches!(&result, Err(error) if error.breaks_connection()) {
            self.connection = None;
        }
        let answers = result?;
        if answers.len() == items.len() {
            return Ok(answers);
        }
        Err(StoreError::internal(std::io::Error::other(
            "a batch handler lost or invented answers",
        )))
    }

    async fn connect_and_run(
        &mut self,
        items: &[H::Item],
    ) -> Result<Answers<H::Output>, StoreError> {
        let reused = self.connection.is_some();
        match self.attempt(items).await {
            // The connection died while idle and nothing has happened: try a new one.
            Err(failure) if reused && failure.repeatable => {
                self.attempt(items).await.map_err(|failure| failure.error)
            }
            result => result.map_err(|failure| failure.error),
        }
    }

    async fn attempt(&mut self, items: &[H::Item]) -> Result<Answers<H::Output>, Failure> {
        // Taken out while in use: a panic or a dropped future closes it.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.postgres.connect().await.map_err(Failure::repeatable)?,
        };
        let result = match self.mode {
            Mode::Read | Mode::RepeatableStatement => self
                .handler
                .run(&mut connection, items)
                .await
                .map_err(Failure::repeatable),
            Mode::Write => {
                run_statement(&mut connection, "begin")
                    .await
                    .map_err(Failure::repeatable)?;
                self.write(&mut connection, items)
                    .await
                    .map_err(Failure::last)
            }
        };
        if !matches!(&result, Err(failure) if failure.error.breaks_connection()) {
            self.connection = Some(connection);
        }
        result
    }

    async fn write(
        &self,
        connection: &mut PgConnection,
        items: &[H::Item],
    ) -> Result<Answers<H::Output>, StoreError> {
        let result = self.handler.run(connection, items).await;
        let end = if result.is_ok() { "commit" } else { "rollback" };
        run_statement(connection, end).await?;
        result
    }
}

/// Waits for work and takes what there is; false when there will be none.
///
/// Callers that are about to ask go along: while more keep coming, their tasks run first. Whoever
/// is alone loses no time, and at full load batches are several times as large.
pub(crate) async fn gather<T>(
    queue: &mut mpsc::Receiver<T>,
    waiting: &mut Vec<T>,
    max_batch: usize,
) -> bool {
    if queue.recv_many(waiting, max_batch).await == 0 {
        return false;
    }
    let mut before = 0;
    while before < waiting.len() && waiting.len() < max_batch {
        before = waiting.len();
        yield_now().await;
        while waiting.len() < max_batch
            && let Ok(next) = queue.try_recv()
        {
            waiting.push(next);
        }
    }
    true
}

/// Why a batch failed, and whether running it again on a new connection is safe.
struct Failure {
    error: StoreError,
    repeatable: bool,
}

impl Failure {
    /// What took too long once is not begun a second time: it would be the load.
    fn repeatable(error: StoreError) -> Self {
        Self {
            repeatable: matches!(error, StoreError::Unavailable { .. }),
            error,
        }
    }

    fn last(error: StoreError) -> Self {
        Self {
            error,
            repeatable: false,
        }
    }
}

/// Leaves out items whose callers have left or are out of time: nobody would read the answer.
fn still_wanted<I, O>(waiting: &mut Vec<Waiting<I, O>>) -> (Vec<I>, Replies<O>) {
    let now = Instant::now();
    waiting
        .drain(..)
        .filter(|waiting| !waiting.reply.is_closed() && !waiting.deadline.is_past(now))
        .map(|waiting| (waiting.item, waiting.reply))
        .unzip()
}

// A caller that has left meanwhile does not need its answer.
fn answer<O>(replies: Replies<O>, answers: Answers<O>) {
    for (reply, answer) in replies.into_iter().zip(answers) {
        drop(reply.send(answer));
    }
}

fn fail<O>(replies: Replies<O>, error: &StoreError) {
    for reply in replies {
        drop(reply.send(Err(error.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_is_about_to_ask_goes_along_and_no_more_than_fit() {
        let (asking, mut queue) = mpsc::channel(8);
        asking.try_send(1).unwrap();
        let mut waiting = Vec::new();
        let (more, ()) = futures::join!(gather(&mut queue, &mut waiting, 3), async {
            for number in 2..=5 {
                asking.try_send(number).unwrap();
            }
        });
        assert!(more);
        assert_eq!((waiting, queue.len()), (vec![1, 2, 3], 2));
    }
}
