//! The special functions, sums in log space, and the optimiser.

pub(crate) mod cholesky;
pub(crate) mod chunked_sum;
pub(crate) mod counting;
#[cfg(test)]
pub(crate) mod curvature;
pub(crate) mod draw;
pub mod gamma_functions;
pub mod hypergeometric;
pub mod log_space;
pub mod optimise;
pub mod quadrature;
pub mod standard_errors;
pub mod tricomi;

#[cfg(test)]
mod special_functions_tests;
