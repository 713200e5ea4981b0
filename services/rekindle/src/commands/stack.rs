//! `rekindle stack -- COMMAND`: a command on a private Postgres and Redis.

use std::ffi::OsString;

use clap::Args;

use crate::arguments::StackArguments;
use crate::commands::child::run_child;
use crate::failure::Failure;
use crate::output::Output;
use crate::signals::StopSignals;
use crate::stack::{DataStack, Durability, Lifetime, StackOptions};

/// Run a command with `DATABASE_URL`, `REDIS_URL` and one `…_DATABASE_URL` per service set to a
/// private Postgres and Redis, and end with its exit code.
///
/// The stack is empty at the start and gone at the end. What `DATABASE_URL` or `REDIS_URL` already
/// name is used instead.
#[derive(Debug, Args)]
pub struct Stack {
    /// Postgres without fsync: faster, for tests.
    #[arg(long)]
    ephemeral_fast: bool,

    /// Use the data that `up --keep` keeps, and its running Postgres and Redis when it is up.
    #[arg(long, conflicts_with = "ephemeral_fast")]
    keep: bool,

    #[command(flatten)]
    data: StackArguments,

    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Stack {
    /// Starts, runs the command, stops.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let mut signals = StopSignals::listen()?;
        let options = StackOptions {
            durability: if self.ephemeral_fast {
                Durability::FsyncOff
            } else {
                Durability::Durable
            },
            lifetime: if self.keep {
                Lifetime::Kept
            } else {
                Lifetime::ThisRun
            },
        };
        let mut stack = DataStack::open(&self.data, options, output).await?;
        let ran = tokio::select! {
            started = stack.start(output) => match started {
                Ok(()) => run_child(&self.command, stack.environment(), &mut signals).await,
                Err(failure) => Err(failure),
            },
            signal = signals.next() => Ok(signal.exit_code()),
        };
        let stopped = stack.stop().await;
        let code = ran?;
        stopped?;
        Ok(code)
    }
}
