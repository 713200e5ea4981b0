//! The profiles service as a program.

use std::process::ExitCode;

fn main() -> ExitCode {
    chassis::run::<profiles::app::Profiles>()
}
