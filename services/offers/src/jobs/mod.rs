//! What the save desk does by itself: on a timer, or following a feed. Each job goes on until the
//! process stops, and a failure is logged and tried again at the next tick.

mod active;
mod changes;
mod erasures;
mod latest;
mod learning;
mod orders;
mod outcomes;
mod sweep;

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

pub use active::poll_active;
pub use changes::{follow_changes, watch_the_feed};
pub use latest::hear_of_the_latest;
pub use learning::learn;
pub use orders::{Recipients, deliver_orders};
pub use outcomes::measure_outcomes;
pub use sweep::sweep;

/// A timer that never hurries to make up for lost ticks.
fn every(period: Duration) -> Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
