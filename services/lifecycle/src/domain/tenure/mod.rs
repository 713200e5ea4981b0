//! How long contractual customers stay, as counts and as curves.

pub mod drift;
pub mod life_table_fit;
pub mod life_tables;
pub mod observation;
pub mod retention;
pub mod retention_outlook;
pub mod retention_sample;

#[cfg(test)]
mod retention_outlook_tests;
