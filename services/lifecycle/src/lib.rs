//! The lifecycle service: where each customer stands, with the evidence.
//!
//! Owns the rules of each business line, the life tables, and what these are fitted on. A status is
//! computed on read from the facts that the profiles service gives; nothing about a customer is
//! kept here but what a fit needs.

mod clients;
pub mod domain;
mod rpc;
pub mod store;
pub mod usecase;
