//! The lifecycle service as a process.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<lifecycle::app::Lifecycle>()
}
