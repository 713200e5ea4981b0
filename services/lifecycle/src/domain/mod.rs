//! Owns the decisions: stages and their evidence, life tables, models, scores. Pure.

pub mod buyer;
mod clock_days;
pub mod drift;
pub mod facts;
pub mod fit;
pub mod fit_refusal;
pub mod forecast;
pub mod life_tables;
pub mod model;
pub mod models_in_use;
pub mod observation;
pub mod purchase_evaluation;
pub mod purchase_fit;
pub mod purchase_model;
pub mod retention;
pub mod retention_sample;
pub mod rules;
pub mod rules_check;
pub mod score;
pub mod stage;
pub mod status;
mod subject;
mod trend;
