//! The models of customer-base analysis: their mathematics, pure.

pub mod beta_geometric;
mod beta_geometric_forecast;
mod chunked_sum;
pub mod customer_value;
mod death_integral;
pub mod gamma_functions;
pub mod gamma_gamma;
pub mod hiatus;
pub mod hypergeometric;
pub mod log_space;
pub mod optimise;
pub mod pareto_nbd;
pub mod purchase_base;
pub mod purchase_model;
pub mod purchase_summary;
pub mod quadrature;
pub mod ranking;
pub mod refusal;
pub mod tricomi;

#[cfg(test)]
mod hiatus_reference_tests;
#[cfg(test)]
mod purchase_reference_tests;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod special_functions_tests;
#[cfg(test)]
mod spend_reference_tests;
