//! Fixtures for tests, on real parts: databases, Redis, an OTLP sink, a fault proxy, a clock.
//!
//! For tests only: it panics where a test should fail, with a message that says what to do.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    clippy::disallowed_methods,
    reason = "a fixture that cannot be set up must fail its test, and stands outside the rules it helps to test"
)]

pub mod clock;
pub mod data;
pub mod entropy;
pub mod fault;
pub mod otlp;
pub mod postgres;
pub mod redis;

/// Writes bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
