//! What the tests of the whole workspace share: reading the tree and its sources, and playing
//! calls against running services as any client would.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "for tests only: what these functions meet is the test's failure"
)]

pub mod clients;
pub mod desk;
pub mod people;
pub mod refusal;
pub mod seed;
pub mod source;
pub mod tree;
pub mod wait;
