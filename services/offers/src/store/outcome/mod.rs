//! Outcomes of calls as rows. Every statement is a transaction of its own, so that no row is locked
//! for longer than it takes to write it.

mod claim;
mod erase;
mod list;
mod note;
mod settle;

pub use claim::ClaimedCall;
pub(super) use erase::settle_before_erasing;
pub use list::{StoredOutcome, WhichOutcomes};
pub use settle::{DescribedCall, JudgedCall};

const TABLE: &str = "call_outcome";
