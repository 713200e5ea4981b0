//! The closed loop: so many calls in flight, each answer brings the next call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::{Shot, Tally, Window};

/// Keeps `in_flight` calls going for `time`, after a lead-in that is not counted.
pub(crate) async fn closed_loop<S: Shot>(
    shot: &S,
    numbers: &Arc<AtomicU64>,
    in_flight: usize,
    time: Duration,
) -> Tally {
    let window = Window::of(time);
    let mut callers = JoinSet::new();
    for _ in 0..in_flight {
        callers.spawn(call_on(shot.clone(), Arc::clone(numbers), window));
    }
    let mut tally = Tally::of(time);
    while let Some(done) = callers.join_next().await {
        match done {
            Ok(part) => tally.add(&part),
            Err(panic) => tally.failed(panic),
        }
    }
    tally
}

async fn call_on<S: Shot>(shot: S, numbers: Arc<AtomicU64>, window: Window) -> Tally {
    let mut tally = Tally::of(window.time());
    loop {
        let begun = Instant::now();
        if begun >= window.ends {
            return tally;
        }
        let answer = shot.fire(numbers.fetch_add(1, Ordering::Relaxed)).await;
        let ended = Instant::now();
        match answer {
            Ok(()) => tally.answered(ended - begun, window.holds(ended)),
            Err(what) => tally.failed(what),
        }
    }
}
