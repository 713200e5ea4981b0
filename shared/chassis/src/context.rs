//! What a process lends to the service in it.

use std::sync::Arc;

use kernel::entropy::Entropy;
use kernel::time::{Clock, SystemClock};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::entropy::OsEntropy;

/// Clock, randomness, tasks and the signal to stop. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Tasks that are waited for at shutdown. Spawn jobs and transactions here, never bare.
    pub tracker: TaskTracker,
    /// Cancelled when the process should stop: jobs finish what they do and end.
    pub stop: CancellationToken,
}

impl Default for Context {
    fn default() -> Self {
        Self::with(Arc::new(SystemClock), Arc::new(OsEntropy))
    }
}

impl Context {
    /// Makes a context with a given clock and randomness, for tests.
    pub fn with(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            clock,
            entropy,
            tracker: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }
}
