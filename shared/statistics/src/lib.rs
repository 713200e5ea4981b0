//! The statistics of customer bases: models, their fits, and what they foretell. Pure.
//!
//! - [`purchases`]: who buys when they like and leaves without a word.
//! - [`tenures`]: who stays until they give notice.
//! - [`propensity`]: who is likely to leave, from what is known of them.
//! - [`off_policy`]: what another way of choosing would have been worth, from the log of this one.
//! - [`selection`]: which arm to choose for whom, learnt from what became of earlier choices.
//! - [`lift`]: what offers keep beyond those who stay anyway, and how sure that is.
//! - [`numeric`]: the special functions and the optimiser below them.
//!
//! [`refusal`] says no; [`ranking`] compares.
//!
//! Nothing here knows a service, a clock or a source of randomness. Numbers that come in are checked
//! once, where the types are made; what is computed from these types is never `NaN`.

pub mod lift;
pub mod numeric;
pub mod off_policy;
pub mod propensity;
pub mod purchases;
pub mod ranking;
pub mod refusal;
pub mod selection;
pub mod tenures;

#[cfg(test)]
mod reference_tests;
