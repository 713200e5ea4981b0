//! A service as a program: from the command line to the exit code.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::arguments::{self, Arguments, Command, USAGE};
use crate::context::Context;
use crate::serve::{ServeSettings, Service, serve};
use crate::telemetry::{Telemetry, TelemetrySettings};
use crate::{settings, signals};

/// Exit code for settings and arguments that cannot be used.
const BAD_USAGE: u8 = 64;

/// What every process of ours needs to know. A service's settings hold it in a field `process`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProcessSettings {
    /// Where and how to listen.
    pub serve: ServeSettings,
    /// What is logged, traced and measured, and where to.
    pub telemetry: TelemetrySettings,
    /// Threads that run tasks; 0 means one per core, and never fewer than two.
    pub worker_threads: usize,
}

/// A service.
pub trait Program {
    /// Short name, such as `offers`.
    const NAME: &'static str;

    /// All settings of the service.
    type Settings: DeserializeOwned + Serialize + Default + Send + Sync;

    /// Returns the settings of the process among those of the service.
    fn process(settings: &Self::Settings) -> &ProcessSettings;

    /// Brings the database to this version's schema.
    fn migrate(settings: &Self::Settings) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// Wires the service. Jobs are spawned on the context's tracker and end on its `stop`.
    fn build(
        settings: &Self::Settings,
        context: &Context,
    ) -> impl Future<Output = anyhow::Result<Service>> + Send;
}

/// Runs a service: `fn main() -> ExitCode { chassis::run::<offers::app::Offers>() }`.
pub fn run<P: Program>() -> ExitCode {
    run_with::<P>(std::env::args().skip(1))
}

/// Runs a service with these arguments, for a program that has other ones of its own: a test.
pub fn run_with<P: Program>(arguments: impl Iterator<Item = String>) -> ExitCode {
    let arguments = match arguments::parse(arguments) {
        Ok(arguments) => arguments,
        Err(message) => return complain(&message),
    };
    match arguments.command {
        Command::Help => return say(&USAGE.replace("NAME", P::NAME)),
        Command::PrintConfig => return print_config::<P>(),
        Command::Serve | Command::Migrate | Command::CheckConfig => {}
    }
    let settings = match settings::load(P::NAME, arguments.config.as_deref(), std::env::vars()) {
        Ok(settings) => settings,
        Err(error) => return complain(&error.to_string()),
    };
    if arguments.command == Command::CheckConfig {
        return say("the settings are valid");
    }
    match start::<P>(&arguments, &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{}: {error:#}", P::NAME);
            report(&format!("{}: {error:#}", P::NAME));
            ExitCode::FAILURE
        }
    }
}

fn start<P: Program>(arguments: &Arguments, settings: &P::Settings) -> anyhow::Result<()> {
    let process = P::process(settings);
    let runtime = runtime(process.worker_threads)?;
    let result = runtime.block_on(async {
        let telemetry = Telemetry::install(P::NAME, &process.telemetry)?;
        let result = if arguments.command == Command::Migrate {
            P::migrate(settings).await
        } else {
            live::<P>(settings).await
        };
        telemetry.shut_down().await;
        result
    });
    // Whatever is still running has had its time.
    runtime.shutdown_timeout(Duration::from_millis(500));
    result
}

/// Two workers at least: the exporter blocks one of them while it shuts down.
fn runtime(worker_threads: usize) -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let workers = if worker_threads == 0 {
        cores
    } else {
        worker_threads
    };
    Builder::new_multi_thread()
        .worker_threads(workers.max(2))
        .enable_all()
        .build()
}

async fn live<P: Program>(settings: &P::Settings) -> anyhow::Result<()> {
    let process = P::process(settings);
    let context = Context::default();
    let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
    signals::watch(soft.clone(), hard.clone())?;
    let trace_ratio = process.telemetry.trace_ratio;
    let service = P::build(settings, &context).await?.trace_ratio(trace_ratio);
    let running = serve(&process.serve, service, &context).await?;
    running.ready().await;
    announce(P::NAME, running.uri(), &process.serve)?;
    soft.cancelled().await;
    tracing::info!("stopping {}", P::NAME);
    let clean = running.shutdown_unless(hard.cancelled()).await;
    tracing::info!(clean, "stopped {}", P::NAME);
    Ok(())
}

/// Says where the service listens, once it does: scripts wait for this line or file.
fn announce(name: &str, uri: &str, settings: &ServeSettings) -> anyhow::Result<()> {
    tracing::info!(uri, "{name} is ready");
    let mut output = std::io::stdout();
    writeln!(output, "{name} ready at {uri}")?;
    output.flush()?;
    if let Some(path) = &settings.ready_file {
        std::fs::write(path, uri)?;
    }
    Ok(())
}

fn print_config<P: Program>() -> ExitCode {
    match toml::to_string_pretty(&P::Settings::default()) {
        Ok(text) => say(text.trim_end()),
        Err(error) => complain(&error.to_string()),
    }
}

fn say(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn report(text: &str) {
    // With nobody left to tell, the exit code still tells.
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn complain(text: &str) -> ExitCode {
    report(text);
    ExitCode::from(BAD_USAGE)
}
