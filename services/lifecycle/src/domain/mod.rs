//! Owns the decisions: stages and their evidence, life tables, models, scores. Pure.

pub mod activation;
pub mod basis;
pub mod bins;
pub mod buyer;
mod clock_days;
pub mod comparison;
pub mod drift;
pub mod explanation;
pub mod facts;
pub mod features;
pub mod fit;
pub mod fit_refusal;
pub mod forecast;
pub mod foreign;
pub mod foreign_evaluation;
pub mod foreign_in_use;
mod hysteresis;
pub mod life_tables;
pub mod memory;
pub mod model;
pub mod models_in_use;
pub mod observation;
pub mod occasion_model;
pub mod opportunities;
pub mod portfolio;
pub mod propensity;
pub mod propensity_drift;
mod propensity_held_out;
pub mod propensity_models;
pub mod propensity_sample;
pub mod purchase_drift;
pub mod purchase_evaluation;
pub mod purchase_fit;
pub mod purchase_model;
pub mod purchase_sample;
mod purchase_search;
mod reasons;
pub mod retention;
pub mod retention_outlook;
pub mod retention_sample;
pub mod rules;
pub mod rules_check;
pub mod score;
mod score_buyer;
mod score_contract;
mod score_occasions;
pub mod scored_customer;
pub mod stage;
pub mod standard_errors;
pub mod status;
mod subject;
pub mod tenure_drift;
pub mod ticket;
pub mod training;
pub mod transition;
mod trend;

#[cfg(test)]
mod fitted_tests;
#[cfg(test)]
mod foreign_tests;
#[cfg(test)]
mod retention_outlook_tests;
pub mod watch;
