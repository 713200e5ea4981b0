//! How a process lives: settings, telemetry, listeners, health, signals, shutdown.
//!
//! A service implements [`Program`] and calls [`run`] from its `main`. Tests use [`serve()`] with a
//! [`Context`] of their own and get the same service on port 0 inside the test's process.

mod arguments;
mod context;
mod entropy;
mod program;
pub mod serve;
pub mod settings;
mod signals;
pub mod telemetry;

pub use context::Context;
pub use entropy::OsEntropy;
pub use program::{ProcessSettings, Program, run, run_with};
pub use serve::{RunningService, ServeSettings, Service, serve};
pub use settings::SettingsError;
pub use telemetry::TelemetrySettings;

/// Calls allocate in one thread and free in another, and many small texts: a third of the time of a
/// call went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
