//! Who is likely to leave within a horizon, from what is known of them today.
//!
//! - [`frame`] and [`schema`]: what goes in; [`protected`]: what never does.
//! - [`options`]: how a fit is asked for; [`model`]: what comes out.
//! - [`evaluation`]: how good probabilities are.
//! - [`refusal`]: why not.

pub mod evaluation;
pub mod frame;
pub mod model;
pub mod options;
pub mod protected;
pub mod refusal;
pub mod schema;
