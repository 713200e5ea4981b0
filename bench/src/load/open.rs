//! The open loop: calls are made when they are due. Latency counts from the time a call was due,
//! so that a server that stalls cannot hide the calls it kept from being made.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::{Shot, Tally, Window};

/// More calls than this in flight mean that the server does not keep up at all.
const MOST_IN_FLIGHT: usize = 8_192;

/// Makes calls at an even pace of `per_second` for `time`, after a lead-in that is not counted.
pub(crate) async fn open_loop<S: Shot>(
    shot: &S,
    numbers: &Arc<AtomicU64>,
    per_second: f64,
    time: Duration,
) -> Tally {
    let window = Window::of(time);
    let schedule = Schedule {
        shot: shot.clone(),
        numbers: Arc::clone(numbers),
        pause: Duration::from_secs_f64(1.0 / per_second.max(1.0)),
        window,
        in_flight: Arc::new(AtomicUsize::new(0)),
        tally: Arc::new(Mutex::new(Tally::of(time))),
        tracker: TaskTracker::new(),
        runtime: Handle::current(),
    };
    let (tally, tracker) = (Arc::clone(&schedule.tally), schedule.tracker.clone());
    let paced = tokio::task::spawn_blocking(move || schedule.run()).await;
    tracker.close();
    tracker.wait().await;
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Err(panic) = paced {
        tally.failed(panic);
    }
    tally
}

struct Schedule<S> {
    shot: S,
    numbers: Arc<AtomicU64>,
    pause: Duration,
    window: Window,
    in_flight: Arc<AtomicUsize>,
    tally: Arc<Mutex<Tally>>,
    tracker: TaskTracker,
    runtime: Handle,
}

impl<S: Shot> Schedule<S> {
    /// Runs on a thread of its own: timers of the runtime are good to a millisecond, which is
    /// longer than an echo takes.
    fn run(&self) {
        let mut due = Instant::now();
        while due < self.window.ends {
            wait_until(due);
            if self.in_flight.fetch_add(1, Ordering::Relaxed) >= MOST_IN_FLIGHT {
                let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
                tally.failed(format_args!(
                    "{MOST_IN_FLIGHT} calls are in flight: it does not keep up"
                ));
                return;
            }
            self.tracker.spawn_on(self.call(due), &self.runtime);
            due += self.pause;
        }
    }

    fn call(&self, due: Instant) -> impl Future<Output = ()> + Send + 'static {
        let shot = self.shot.clone();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let counts = self.window.holds(due);
        let (tally, in_flight) = (Arc::clone(&self.tally), Arc::clone(&self.in_flight));
        async move {
            let answer = shot.fire(number).await;
            let latency = due.elapsed();
            in_flight.fetch_sub(1, Ordering::Relaxed);
            let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
            match answer {
                Ok(()) => tally.answered(latency, counts),
                Err(what) => tally.failed(what),
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the schedule is what is waited for, on a thread of its own"
)]
fn wait_until(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        std::thread::sleep(left);
    }
}
