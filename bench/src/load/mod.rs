//! Load: calls made in a closed loop, where an answer brings the next call, or in an open loop,
//! where calls are made when they are due, whatever became of the earlier ones.

mod closed;
mod open;
mod tally;

pub(crate) use closed::closed_loop;
pub(crate) use open::open_loop;
pub(crate) use tally::Tally;

use std::future::Future;
use std::time::{Duration, Instant};

/// One kind of call that load is made of.
pub(crate) trait Shot: Clone + Send + Sync + 'static {
    /// Makes the call with this number. Numbers are never used twice. An error says what was
    /// answered instead.
    fn fire(&self, number: u64) -> impl Future<Output = Result<(), String>> + Send;
}

/// The time that counts. What happens before it is the lead-in: connections and caches settle.
#[derive(Clone, Copy, Debug)]
struct Window {
    begins: Instant,
    ends: Instant,
}

impl Window {
    fn of(time: Duration) -> Self {
        let lead_in = (time / 5).min(Duration::from_secs(1));
        let begins = Instant::now() + lead_in;
        Self {
            begins,
            ends: begins + time,
        }
    }

    fn holds(&self, instant: Instant) -> bool {
        (self.begins..self.ends).contains(&instant)
    }

    fn time(&self) -> Duration {
        self.ends - self.begins
    }
}
