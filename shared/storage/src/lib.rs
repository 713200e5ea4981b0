//! Postgres and Redis as we use them: bounded, cancel-safe, honest about failure.
//!
//! Postgres holds the truth. Redis holds copies: it costs latency when it is gone, never
//! correctness, and its errors never reach a caller.

pub mod batch;
mod error;
pub mod feed_cursor;
pub mod migrate;
mod order;
pub mod outbox;
pub mod postgres;
pub mod redis;
pub mod request_log;
mod retention;
mod span;
mod write;

pub use error::StoreError;
pub use order::order_by_key;
pub use postgres::{Postgres, PostgresSettings};
pub use retention::{RetentionSettings, forget_requests};
pub use span::statement_span;
pub use write::{unhurried, write};
