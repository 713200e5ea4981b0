//! Owns the decisions: stages and their evidence, life tables, models, scores. Pure.

pub mod care;
mod clock_days;
pub mod facts;
pub mod foreign;
pub mod model;
pub mod portfolio;
pub mod propensity;
pub mod purchase;
pub mod rules;
pub mod score;
pub mod stage;
pub mod status;
pub mod tenure;

#[cfg(test)]
mod fitted_tests;
