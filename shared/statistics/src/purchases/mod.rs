//! Non-contractual relationships: who buys when they like and leaves without a word.
//!
//! - [`purchase_summary`]: what the models know of a customer, `(x, t_x, T)`; [`purchase_base`]: many
//!   of them, every distinct one once.
//! - [`beta_geometric`] (BG/NBD, MBG/NBD), [`pareto_nbd`]: the chance of being alive, transactions to
//!   come, discounted ones, all by way of [`purchase_model`], which also scores batches.
//! - [`beta_binomial`] (BG/BB): the same by occasions; [`gamma_gamma`]: spend; [`customer_value`].
//! - [`hiatus`]: lost by plain silence, with what that costs.
//!
//! Times are weeks (days over seven) in everything that is published; any unit will do if it is the
//! same throughout. Money is in any one unit.

pub mod beta_binomial;
pub mod beta_geometric;
mod beta_geometric_forecast;
pub mod customer_value;
mod death_integral;
mod death_points;
mod death_table;
pub mod gamma_gamma;
pub mod hiatus;
pub mod pareto_nbd;
pub mod purchase_base;
pub mod purchase_model;
pub mod purchase_summary;

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
mod spend_reference_tests;
