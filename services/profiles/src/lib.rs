//! Profiles: the authoritative record of customers, what they have, and what happened with them.

pub mod app;
pub mod domain;
mod jobs;
mod rpc;
pub mod settings;
pub mod store;
pub mod usecase;
