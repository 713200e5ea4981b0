//! The service processes of the suite on this machine: found beside `rekindle`, migrated, started,
//! watched and stopped in order.

mod health;
mod local;
mod settings;

pub use health::{Health, ask_health};
pub use local::LocalSuite;
pub use settings::{Addresses, SERVICES};

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::output::Output;
use crate::stack::{Endpoints, ServerCommand, ServerProcess, StopSignals};

/// A first migration makes every table; it takes a second or two.
const MIGRATE_PATIENCE: Duration = Duration::from_mins(2);

/// From the start of a service to its first SERVING.
const START_PATIENCE: Duration = Duration::from_secs(30);

/// A little longer than a service takes to drain.
const STOP: StopSignals = StopSignals {
    gentle: Signal::SIGTERM,
    firm: Signal::SIGKILL,
    patience: Duration::from_secs(25),
};

/// The three services.
#[derive(Debug)]
pub struct Suite {
    programs: Vec<(&'static str, PathBuf)>,
    addresses: Addresses,
    endpoints: Endpoints,
    folder: PathBuf,
    added: Vec<(String, OsString)>,
    processes: Vec<ServerProcess>,
}

impl Suite {
    /// Finds the programs and checks that their ports are free; nothing runs yet.
    pub fn open(
        addresses: Addresses,
        endpoints: &Endpoints,
        folder: &Path,
        added: Vec<(String, OsString)>,
    ) -> Result<Self, Failure> {
        let mut programs = Vec::new();
        for service in SERVICES {
            programs.push((service, program_of(service)?));
            check_port(service, addresses.port(service))?;
        }
        Ok(Self {
            programs,
            addresses,
            endpoints: endpoints.clone(),
            folder: folder.to_owned(),
            added,
            processes: Vec::new(),
        })
    }

    /// Where the services listen.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Brings every database to the level its service needs.
    pub async fn migrate(&self, output: Output) -> Result<(), Failure> {
        for (service, program) in &self.programs {
            output.progress(format_args!("migrate   {service}"));
            let mut command = self.command(service, program);
            command
                .arg("migrate")
                .kill_on_drop(true)
                .stdin(Stdio::null());
            let answer = timeout(MIGRATE_PATIENCE, command.output())
                .await
                .map_err(|_elapsed| Failure::failed(format!("{service} migrate takes too long")))?
                .map_err(|source| {
                    Failure::unavailable(format!("{} does not start: {source}", program.display()))
                })?;
            if !answer.status.success() {
                let said = [answer.stdout, answer.stderr].concat();
                let said = String::from_utf8_lossy(&said);
                let message = format!("{service} migrate failed: {}", said.trim());
                return Err(Failure::failed(message).advice(
                    "data kept from other migrations can be given up: rm -r .rekindle/kept",
                ));
            }
        }
        Ok(())
    }

    /// Starts the services and waits until each of them serves.
    pub async fn start(&mut self, output: Output) -> Result<(), Failure> {
        for (service, program) in &self.programs {
            let process = ServerProcess::spawn(ServerCommand {
                name: service,
                command: self.command(service, program),
                folder: &self.folder,
                mark: &program.to_string_lossy(),
                stop_signals: STOP,
            })?;
            self.processes.push(process);
        }
        for process in &mut self.processes {
            let url = self.addresses.url(process.name());
            process
                .ready(START_PATIENCE, async |_id| {
                    ask_health(&url, "").await == Ok(Health::Serving)
                })
                .await?;
            output.progress(format_args!("{:9} {url}", process.name()));
        }
        Ok(())
    }

    fn command(&self, service: &str, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .envs(settings::variables(
                service,
                &self.addresses,
                &self.endpoints,
            ))
            .envs(self.added.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Waits until one of them ends by itself, which none should.
    pub async fn first_end(&mut self) -> Failure {
        let mut waiting: Vec<_> = self
            .processes
            .iter_mut()
            .map(|process| {
                Box::pin(async {
                    process.ended().await;
                    process.failure("ended by itself")
                })
            })
            .collect();
        std::future::poll_fn(|context| {
            for future in &mut waiting {
                if let std::task::Poll::Ready(failure) = future.as_mut().poll(context) {
                    return std::task::Poll::Ready(failure);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }

    /// The services that run, with the numbers of their processes.
    pub fn process_ids(&self) -> Vec<(&'static str, u32)> {
        let processes = self.programs.iter().zip(&self.processes);
        processes
            .filter_map(|((service, _), process)| Some((*service, process.id()?)))
            .collect()
    }

    /// Stops them all at once, each within its bound.
    pub async fn stop(&mut self) {
        for process in &self.processes {
            process.ask_to_stop();
        }
        for process in &mut self.processes {
            process.stop().await;
        }
    }
}

/// The service's program: beside ours, where cargo and the image put it.
pub fn program_of(service: &str) -> Result<PathBuf, Failure> {
    let ours = std::env::current_exe()
        .map_err(|source| Failure::failed(format!("rekindle cannot find itself: {source}")))?;
    let program = ours.with_file_name(service);
    if program.is_file() {
        return Ok(program);
    }
    let message = format!("the program of {service} is not at {}", program.display());
    Err(Failure::unavailable(message)
        .advice("build it: cargo build -p profiles -p lifecycle -p offers, or use ./dev up"))
}

fn check_port(service: &str, port: u16) -> Result<(), Failure> {
    TcpListener::bind(("127.0.0.1", port))
        .map(drop)
        .map_err(|source| {
            Failure::failed(format!("{service} cannot listen on port {port}: {source}")).advice(
            "stop what listens there (another rekindle up?), or take other ports: --port-base 7201",
        )
        })
}
