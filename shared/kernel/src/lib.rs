//! Words every service shares: identifiers, money, time, randomness, refusals, secrets.
//!
//! Pure by rule: no async, no I/O, no wire types. A word belongs here when two services need it;
//! a behaviour never does. (The
//! breaker is here because the edge and the storage both need it and neither may see the other.)

pub mod breaker;
pub mod entropy;
pub mod framed;
pub mod id;
pub mod key;
pub mod money;
pub mod page;
pub mod refusal;
pub mod secret;
pub mod time;
pub mod zone;
