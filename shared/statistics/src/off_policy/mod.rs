//! What another way of choosing would have been worth, from the log of a way that chose by chance
//! and wrote down with which probability.
//!
//! With the weight `w = π(a)/p(a)` of a call, π being the way that is judged and p what was logged:
//!
//! - inverse propensity (Horvitz & Thompson 1952): `mean w r`; without bias, and wild where some p
//!   is small;
//! - self-normalised (Hájek 1971; Swaminathan & Joachims 2015): `Σ w r / Σ w`;
//! - doubly robust (Robins, Rotnitzky & Zhao 1994; Dudík, Langford & Li 2011):
//!   `mean( Σₖ πₖ Qₖ + w (r − Qₐ) )`, right where either the propensities or Q are.
//!
//! The effective sample size is `(Σ w)²/Σ w²` (Kish 1965). Below [`LEAST_EFFECTIVE_CALLS`] there is
//! no answer: a handful of calls would speak for all. What comes out above it is a screen for what
//! to try, and never proof: only the holdout proves.

mod evaluation;
#[cfg(test)]
mod law_tests;
mod log;
#[cfg(test)]
mod reference_tests;
mod reward_model;

pub use evaluation::{Estimate, Evaluation, LEAST_EFFECTIVE_CALLS, OffPolicyRefusal, evaluate};
pub use log::{Log, LogRefusal, LoggedCall};
