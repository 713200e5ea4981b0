//! What offers keep beyond those who stay anyway, against customers who were offered nothing.
//!
//! Both groups are counted as they were assigned, whatever was said on the call (intention to
//! treat): the difference of two shares, or of two mean values.
//!
//! - [`lift`]: the difference with an interval for one look at the end (Agresti & Caffo 2000, The
//!   American Statistician 54:280): two saves and two losses more, shared between the groups, keep its
//!   coverage where the holdout is small.
//! - [`value_lift`]: the difference of mean values (Welch 1947), of few with the larger spread.
//! - [`ConfidenceSequence`]: an interval that may be looked at every day (Waudby-Smith et al. 2024,
//!   Annals of Statistics 52:2613, asymptotic): wider, and right at all times together.
//! - [`adjusted_lift`]: the difference with what was known beforehand taken out (Deng et al. 2013).
//! - [`sample_ratio`]: whether as many are held out as should be; if not, something is wrong with
//!   the assignment, and no figure is to be believed.
//! - [`calls_needed`]: how many calls it takes to see a difference.

#[cfg(test)]
mod calibration_tests;
mod covariate;
mod difference;
mod sample_ratio;
mod sample_size;
mod sequence;

pub use covariate::{Adjusted, Covaried, adjusted_lift};
pub use difference::{Group, LEAST_VALUES_HELD_OUT, Lift, LiftRefusal, Values, lift, value_lift};
pub use sample_ratio::{SampleRatio, sample_ratio};
pub use sample_size::{Plan, PlanRefusal, calls_needed, calls_still_needed};
pub use sequence::{ConfidenceSequence, LEAST_HELD_OUT};
