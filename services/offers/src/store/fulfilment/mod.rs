//! What was accepted as work: leased, reported on, and reopened as a task when it failed.

mod lease;
mod promise_task;
mod report;

pub use lease::{Leased, NewLease};
pub use promise_task::{NewResolution, PromiseTask};
pub use report::{NewReport, Reported};
