//! Storage on real parts: a Postgres, a Redis, and a proxy that misbehaves.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "what fails here fails its test, and tests stand outside the rules they test"
)]

mod batch;
mod black_hole;
mod cache;
mod feed_cursor;
mod outbox;
mod read;
mod request_log;
mod schema;
mod stage;
mod write;
