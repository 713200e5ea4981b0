//! The commands, one file each: arguments, steps, result.
//!
//! A new command is a file here, a variant of [`Command`] and a line in [`run`].

mod child;
mod doctor;
mod health;
mod stack;
mod up;

use clap::Subcommand;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Output;

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start Postgres, Redis and the three services, and stop them with Ctrl-C.
    Up(up::Up),
    /// Run a command on a private Postgres and Redis.
    Stack(stack::Stack),
    /// Check this machine and what runs on it, and say what to do.
    Doctor(doctor::Doctor),
    /// Ask one service whether it serves.
    Health(health::Health),
}

/// Runs the command and answers with its exit code.
pub async fn run(arguments: &Arguments, output: Output) -> Result<u8, Failure> {
    match &arguments.command {
        Command::Up(up) => up.run(output).await,
        Command::Stack(stack) => stack.run(output).await,
        Command::Doctor(doctor) => doctor.run(output).await,
        Command::Health(health) => health.run(output).await,
    }
}
