//! Contractual relationships: who stays until they give notice.
//!
//! - [`curve`]: the Kaplan–Meier curve of a life table.
//! - [`tenure_base`]: tenures, some censored; [`retention_fit`] and [`retention_model`]: shifted
//!   beta-geometric and beta-discrete-Weibull curves; [`retention_errors`]: how well they are known;
//!   [`retention`]: what follows from any curve.
//!
//! Tenures are whole periods between two renewals.

pub mod curve;
pub mod retention;
pub mod retention_errors;
pub mod retention_fit;
pub mod retention_model;
pub mod tenure_base;

#[cfg(test)]
mod retention_reference_tests;
