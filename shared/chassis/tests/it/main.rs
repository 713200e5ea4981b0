//! A whole service inside the test: real sockets, real gRPC, real shutdowns.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "what fails here fails its test, and tests stand outside the rules they test"
)]

mod calls;
mod deadlines;
mod echo;
mod health;
mod outgoing;
mod overload;
mod program;
mod reflection;
mod shutdown;
