//! What was measured and what it comes to: ratios within one run, by the medians of its rounds.

mod measure;
mod ratio;
mod report;

pub(crate) use measure::{Measure, Measured, Rounds, median};
pub(crate) use ratio::wanted;
pub(crate) use report::{Report, Setting};
