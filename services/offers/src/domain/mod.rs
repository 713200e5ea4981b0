//! Decisions and invariants: pure, without input and output, clock, randomness or wire types.

pub mod answer;
pub mod arbitration;
pub mod authority;
pub mod catalogue;
pub mod contact_policy;
pub mod customer;
pub mod decision;
pub mod exit;
pub mod facts;
pub mod grant;
pub mod history;
pub mod named;
pub mod nearest;
pub mod observation;
pub mod policy;
pub mod predicate;
pub mod problem;
pub mod promise;
pub mod qualification;
pub mod request;
pub mod selection;
pub mod session;
pub mod verdict;
pub mod version;
