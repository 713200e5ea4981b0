//! Call stories over the three services, in one process and over real sockets, on real Postgres
//! and Redis.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what these functions meet in a test is the test's failure"
)]

mod bad_input;
mod bank;
mod care;
mod faults;
mod fuzz;
mod killed;
mod messages;
mod processes;
mod sound;
mod stories;
mod suite;
mod trace;
