//! Measures the suite as ratios within one run: the services against a bare tonic echo and against
//! pgbench on the same Postgres; the models against published figures and against Python.
//!
//! | room | owns |
//! |---|---|
//! | `arguments` | what can be typed |
//! | `speed`   | what runs, and the measures round by round |
//! | `models`  | the models' figures, and the contests with numpy and lifetimes |
//! | `portfolio` | a whole portfolio scored, against a plain COPY of its rows |
//! | `selection` | a simulated save desk, through the product's arbitration |
//! | `year` | a year of simulated calls through the services, and their review against the truth |
//! | `load`    | closed and open loops, and what became of their calls |
//! | `echo`, `pgbench` | the ceilings |
//! | `figures` | medians, ratios, the report |
//! | `cpu`, `redis`, `connections` | processor time, a Redis to kill, the way to a server |

mod arguments;
mod connections;
mod cpu;
mod echo;
mod figures;
mod load;
mod models;
mod pgbench;
mod portfolio;
mod redis;
mod selection;
mod speed;
mod year;

use std::process::ExitCode;

use clap::Parser as _;
use rekindle::failure::Failure;
use rekindle::output::Output;

use arguments::{Arguments, Command};
use figures::Report;

fn main() -> ExitCode {
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
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("the runtime does not start: {error}")))?;
    runtime.block_on(async {
        match &arguments.command {
            Command::Echo { next } => echo::serve(next.as_deref(), output).await.map(|()| 0),
            Command::Models(models) => {
                let report = models::run(models, output)?;
                output.result(&report, models::Report::table)?;
                Ok(0)
            }
            Command::Speed(speed) => {
                let report = speed::run(speed, today(), output).await?;
                output.result(&report, Report::table)?;
                Ok(0)
            }
            Command::Selection(selection) => {
                let report = selection::run(selection, output)?;
                output.result(&report, selection::Report::table)?;
                Ok(0)
            }
            Command::Year(year) => {
                let report = year::run(year, output).await?;
                output.result(&report, year::Report::table)?;
                Ok(0)
            }
            Command::Portfolio(portfolio) => {
                let report = portfolio::run(portfolio, today(), output).await?;
                output.result(&report, portfolio::Report::table)?;
                Ok(0)
            }
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "the customers live today")]
fn today() -> jiff::civil::Date {
    jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date()
}
