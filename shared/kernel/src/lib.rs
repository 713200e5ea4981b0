//! Words every service shares: identifiers, money, time, randomness and refusals.
//!
//! Pure by rule: no async, no I/O, no wire types. A word belongs here when two services need it;
//! a behaviour never does.

pub mod entropy;
pub mod id;
pub mod money;
pub mod refusal;
pub mod time;
