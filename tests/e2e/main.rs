//! Call stories over the three services, in one process and over real sockets, on real Postgres
//! and Redis.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what these functions meet in a test is the test's failure"
)]

mod stories;
mod suite;
