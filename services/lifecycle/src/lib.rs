//! The lifecycle service: where each customer stands, with the evidence.
//!
//! Owns the rules of each business line, the models, and what these are fitted on. A status is
//! computed on read from the facts that the profiles service gives and the stage before; kept about
//! a customer are these facts, the stage with its history, and what a fit needs.

pub mod app;
pub mod clients;
pub mod domain;
pub mod jobs;
pub mod rpc;
pub mod settings;
pub mod store;
pub mod usecase;
