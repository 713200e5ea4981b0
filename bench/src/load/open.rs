//! The open loop: calls are made when they are due. Latency counts from the time a call was due,
//! so that a server that stalls cannot hide the calls it kept from being made.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::task::TaskTracker;

use super::{Shot, Tally, Window};

/// How often calls that have become due are made: as finely as timers go. A call waits half of
/// this on average before it is made, which counts as its latency like everything else.
const TICK: Duration = Duration::from_millis(1);

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
    let calls = Calls {
        shot: shot.clone(),
        numbers: Arc::clone(numbers),
        window,
        in_flight: Arc::default(),
        tally: Arc::new(Mutex::new(Tally::of(time))),
    };
    let pause = Duration::from_secs_f64(1.0 / per_second.max(1.0));
    let tracker = TaskTracker::new();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut due = Instant::now();
    while due < window.ends && calls.keeps_up() {
        let now = ticks.tick().await.into_std();
        while due <= now && due < window.ends {
            tracker.spawn(calls.one(due));
            due += pause;
        }
    }
    tracker.close();
    tracker.wait().await;
    let tally = calls.tally.lock().unwrap_or_else(PoisonError::into_inner);
    tally.clone()
}

struct Calls<S> {
    shot: S,
    numbers: Arc<AtomicU64>,
    window: Window,
    in_flight: Arc<AtomicUsize>,
    tally: Arc<Mutex<Tally>>,
}

impl<S: Shot> Calls<S> {
    fn keeps_up(&self) -> bool {
        let in_flight = self.in_flight.load(Ordering::Relaxed);
        if in_flight > MOST_IN_FLIGHT {
            let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
            tally.failed(format_args!(
                "{in_flight} calls are in flight: it does not keep up"
            ));
            return false;
        }
        true
    }

    fn one(&self, due: Instant) -> impl Future<Output = ()> + Send + 'static {
        let shot = self.shot.clone();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let counts = self.window.holds(due);
        let (tally, in_flight) = (Arc::clone(&self.tally), Arc::clone(&self.in_flight));
        in_flight.fetch_add(1, Ordering::Relaxed);
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
