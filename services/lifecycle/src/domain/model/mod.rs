//! The models of customer-base analysis: their mathematics, pure.

pub mod gamma_functions;
pub mod hypergeometric;
pub mod log_space;
pub mod quadrature;
pub mod tricomi;

#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod special_functions_tests;
