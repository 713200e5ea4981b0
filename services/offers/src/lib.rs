//! The save desk: catalogue, policy, qualification, arbitration, sessions and exits.

pub mod app;
pub mod cache;
pub mod clients;
pub mod domain;
pub mod jobs;
pub mod rpc;
pub mod settings;
pub mod source;
pub mod store;
pub mod usecase;
