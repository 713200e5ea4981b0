//! Decisions and invariants: pure, without input and output, clock, randomness or wire types.

pub mod catalogue;
pub mod facts;
pub mod named;
pub mod policy;
pub mod predicate;
pub mod problem;
pub mod request;
