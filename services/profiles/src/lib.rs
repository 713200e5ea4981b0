//! Profiles: the authoritative record of customers, what they have, and what happened with them.

pub mod domain;
pub mod store;
pub mod usecase;
