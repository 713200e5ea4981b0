//! `rekindle up`: the suite in the foreground.

use std::ffi::OsString;
use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::arguments::StackArguments;
use crate::commands::child::run_child;
use crate::failure::Failure;
use crate::output::Output;
use crate::signals::StopSignals;
use crate::stack::{Durability, Lifetime, StackOptions};
use crate::suite::{Addresses, LocalSuite, SERVICES};

/// What makes an empty suite answer a call: offers, policy and somebody who rings.
const FIRST_STEPS: &str = "  \
  rekindle catalogue publish deploy/seed/catalogue.yaml deploy/seed/reasons.yaml
  rekindle policy publish deploy/seed/policy.yaml
  rekindle budget put -f deploy/seed/budgets.toml
  rekindle rules publish deploy/seed/rules.toml
  rekindle contact rules publish deploy/seed/contact_rules.toml
  rekindle care plan publish deploy/seed/care_plan.toml
  rekindle generate-customers
  rekindle model fit
  rekindle call --customer c-000183 --reason too_expensive
  rekindle doctor
";

/// Start Postgres, Redis and the three services on this machine, and stop them with Ctrl-C.
///
/// Every run begins with empty databases and leaves nothing behind, unless --keep is given.
#[derive(Debug, Args)]
pub struct Up {
    /// Keep the data for the next `up --keep`.
    #[arg(long)]
    keep: bool,

    /// The first of three ports: profiles, lifecycle, offers. 0 takes free ones.
    #[arg(long, default_value_t = 7101, value_name = "PORT")]
    port_base: u16,

    #[command(flatten)]
    data: StackArguments,

    /// Run this command on the suite, with `REKINDLE_OFFERS_URL` and its like set, then stop.
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Up {
    /// Starts, waits for Ctrl-C or for the command, stops.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let mut signals = StopSignals::listen()?;
        let options = StackOptions {
            durability: Durability::Durable,
            lifetime: if self.keep {
                Lifetime::Kept
            } else {
                Lifetime::ThisRun
            },
        };
        let addresses = Addresses::from_port_base(self.port_base)?;
        let mut suite =
            LocalSuite::open(&self.data, options, addresses, Vec::new(), output).await?;
        let ran = tokio::select! {
            started = suite.start(output) => match started {
                Ok(()) => self.stay(&mut suite, &mut signals, output).await,
                Err(failure) => Err(failure),
            },
            signal = signals.next() => Ok(signal.exit_code()),
        };
        output.progress("stopping");
        let stopped = suite.stop().await;
        let code = ran?;
        stopped?;
        Ok(code)
    }

    async fn stay(
        &self,
        suite: &mut LocalSuite,
        signals: &mut StopSignals,
        output: Output,
    ) -> Result<u8, Failure> {
        let environment = suite.environment();
        if self.command.is_empty() {
            show(suite, output)?;
            tokio::select! {
                failure = suite.first_end() => Err(failure),
                // Stopping is what Ctrl-C is for here: nothing failed.
                _signal = signals.next() => Ok(0),
            }
        } else {
            tokio::select! {
                failure = suite.first_end() => Err(failure),
                code = run_child(&self.command, environment, signals) => code,
            }
        }
    }
}

fn show(suite: &LocalSuite, output: Output) -> Result<(), Failure> {
    let addresses = suite.addresses();
    let result = json!({
        "services": addresses,
        "stack": suite.stack().endpoints(),
        "logs": suite.stack().directory(),
    });
    output.result(&result, |_| {
        let mut text = "The suite is up; Ctrl-C stops it.\n".to_owned();
        for service in SERVICES {
            let _ = writeln!(text, "  {service:10} {}", addresses.url(service));
        }
        if let Some(folder) = suite.stack().directory() {
            let _ = writeln!(text, "  {:10} {}/*.log", "logs", folder.display());
        }
        text.push_str("Try it from another terminal:\n");
        if !addresses.are_ordinary() {
            for (variable, url) in addresses.environment() {
                let _ = writeln!(text, "  export {variable}={}", url.display());
            }
        }
        let _ = write!(
            text,
            "{FIRST_STEPS}  rekindle health {}",
            addresses.url("offers")
        );
        text
    })
}
