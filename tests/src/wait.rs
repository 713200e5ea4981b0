//! Waiting for what comes by itself: asking again, a bounded number of times.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

/// How often is asked at most.
const MOST_QUESTIONS: usize = 600;
/// The time between two questions.
const PAUSE: Duration = Duration::from_millis(25);

/// Asks until there is an answer; fails the test when none comes within a quarter of a minute.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..MOST_QUESTIONS {
        ticks.tick().await;
        if let Some(answer) = ask().await {
            return answer;
        }
    }
    panic!("it did not come about: {what}");
}
