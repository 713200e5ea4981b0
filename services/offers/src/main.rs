//! The offers service as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<offers::app::Offers>()
}
