//! Who is likely to leave within a horizon, from what is known of them today.
//!
//! - [`frame`] and [`schema`]: what goes in; [`protected`]: what never does.
//! - [`options`]: how a fit is asked for; [`model`]: what comes out.
//! - [`evaluation`]: how good probabilities are.
//! - [`refusal`]: why not.

mod bins;
mod boosted_trees;
mod boosting;
mod calibration;
pub mod cross_validation;
mod curve;
mod design;
mod draw;
pub mod evaluation;
pub mod fit;
pub mod folds;
pub mod frame;
mod grower;
mod levels;
mod logit;
pub mod model;
pub mod options;
pub mod preparation;
pub mod protected;
pub mod refusal;
pub mod schema;
mod spline_logit;
mod split;
mod training;
mod tree;
mod work;
