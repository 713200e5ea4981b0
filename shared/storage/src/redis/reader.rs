//! Reads many callers' entries with one command: at load a command for each would cost the callers,
//! Redis and the kernel several times as much.

use redis::RedisError;
use redis::aio::ConnectionManager;
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use crate::batch::gather;

/// How many entries wait at most; more are misses at once.
const MOST_WAITING: usize = 1_024;

/// How many entries one command asks for at most.
const MOST_AT_ONCE: usize = 128;

/// What stands under a key, if anything.
type Entry = Option<Vec<u8>>;

struct Wanted {
    key: String,
    reply: oneshot::Sender<Entry>,
}

/// No answer: Redis is down, late or overloaded.
#[derive(Debug)]
pub(super) struct Gone;

/// Hands keys to a loop that asks for whatever is waiting. It ends when this is dropped.
pub(super) struct Reader {
    queue: mpsc::Sender<Wanted>,
}

impl Reader {
    pub(super) fn start(connection: ConnectionManager, tracker: &TaskTracker) -> Self {
        let (queue, wanted) = mpsc::channel(MOST_WAITING);
        tracker.spawn(serve(connection, wanted));
        Self { queue }
    }

    pub(super) async fn read(&self, key: String) -> Result<Entry, Gone> {
        let (reply, answer) = oneshot::channel();
        self.queue
            .try_send(Wanted { key, reply })
            .map_err(|_| Gone)?;
        answer.await.map_err(|_| Gone)
    }
}

/// The connection gives up by itself on an answer that does not come.
async fn serve(mut connection: ConnectionManager, mut queue: mpsc::Receiver<Wanted>) {
    let mut waiting = Vec::with_capacity(MOST_AT_ONCE);
    while gather(&mut queue, &mut waiting, MOST_AT_ONCE).await {
        // Whoever has left needs no answer.
        waiting.retain(|wanted| !wanted.reply.is_closed());
        if waiting.is_empty() {
            continue;
        }
        // Where it fails the replies are dropped, which says so.
        let entries = ask(&mut connection, &waiting).await.unwrap_or_default();
        for (wanted, entry) in waiting.drain(..).zip(entries) {
            drop(wanted.reply.send(entry));
        }
    }
}

async fn ask(
    connection: &mut ConnectionManager,
    waiting: &[Wanted],
) -> Result<Vec<Entry>, RedisError> {
    let mut command = redis::cmd("MGET");
    for wanted in waiting {
        command.arg(&wanted.key);
    }
    command.query_async(connection).await
}
