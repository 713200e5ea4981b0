//! The models of customer-base analysis: their mathematics, pure.
//!
//! Non-contractual, who buys when they like and leaves without a word:
//! - [`purchase_summary`]: what the models know of a customer, `(x, t_x, T)`; [`purchase_base`]: many
//!   of them, every distinct one once.
//! - [`beta_geometric`] (BG/NBD, MBG/NBD), [`pareto_nbd`]: the chance of being alive, transactions to
//!   come, discounted ones, all by way of [`purchase_model`], which also scores batches.
//! - [`beta_binomial`] (BG/BB): the same by occasions; [`gamma_gamma`]: spend; [`customer_value`].
//! - [`hiatus`]: lost by plain silence, with what that costs; [`ranking`] compares.
//!
//! Contractual, who stays until they give notice:
//! - [`tenure_base`]: tenures, some censored; [`retention_fit`] and [`retention_model`]: shifted
//!   beta-geometric and beta-discrete-Weibull curves; [`retention`]: what follows from any curve, the
//!   Kaplan–Meier one of [`super::curve`] included.
//!
//! Below these: [`optimise`], and the special functions [`gamma_functions`], [`hypergeometric`],
//! [`tricomi`], [`quadrature`] and [`log_space`]. [`refusal`] says no.
//!
//! Times of the non-contractual models are weeks (days over seven) in everything that is published;
//! any unit will do if it is the same throughout. Tenures are whole periods between two renewals. Money
//! is in any one unit. Numbers that come in are checked once, where the types are made; what is computed
//! from these types is never `NaN`.

pub mod beta_binomial;
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
pub mod retention;
pub mod retention_fit;
pub mod retention_model;
pub mod tenure_base;
pub mod tricomi;

#[cfg(test)]
mod beta_binomial_reference_tests;
#[cfg(test)]
mod extremes_tests;
#[cfg(test)]
mod gradient_tests;
#[cfg(test)]
mod hiatus_reference_tests;
#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod purchase_reference_tests;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod retention_reference_tests;
#[cfg(test)]
mod special_functions_tests;
#[cfg(test)]
mod spend_reference_tests;
