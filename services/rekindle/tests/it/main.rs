//! The `rekindle` program from outside, on real Postgres and Redis.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what these functions meet in a test is the test's failure"
)]

mod evaluate;
mod kept;
mod run;
mod stack;
mod stops;
mod up;
