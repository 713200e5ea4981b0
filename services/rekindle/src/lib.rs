//! The command line of Rekindle: a private Postgres and Redis, the services on top of them, and
//! the commands that speak to the services.
//!
//! | room | owns |
//! |---|---|
//! | `arguments` | what can be typed |
//! | `commands`  | one file per command: what it does, step by step |
//! | `stack`     | Postgres and Redis of our own, under `.rekindle/` |
//! | `suite`     | the service processes on top of a stack |
//! | `screen`, `json`, `report` | answers for people, for programs, and as pages for a browser |
//! | `failure`, `output`, `signals` | how a command ends, speaks and is stopped |
//!
//! It knows no service crate and no SQL library: it starts programs and calls the contract.

use std::process::ExitCode;

use clap::Parser as _;

pub mod arguments;
pub mod budgets;
pub mod care_plan;
pub mod client;
pub mod commands;
pub mod contact_rules;
pub mod evaluation;
pub mod failure;
pub mod import;
pub mod json;
pub mod labelled;
pub mod mapping;
pub mod output;
pub mod progress;
pub mod report;
pub mod rules;
pub mod sample;
pub mod screen;
pub mod seed;
pub mod signals;
pub mod stack;
pub mod suite;
pub mod trace;
pub mod vocabulary;

use arguments::Arguments;
use failure::{Exit, Failure};
use output::Output;

/// Two worker threads: the exporter of traces needs a thread beside the one that waits for it.
const WORKER_THREADS: usize = 2;

/// Parses the arguments, runs the command and answers with its exit code.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    match run(&arguments, output) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(failure.exit().code())
        }
    }
}

fn run(arguments: &Arguments, output: Output) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .map_err(|source| {
            Failure::new(
                Exit::Failed,
                format!("the runtime does not start: {source}"),
            )
            .advice("check the limits on threads and open files: ulimit -u; ulimit -n")
        })?;
    runtime.block_on(commands::run(arguments, output))
}
