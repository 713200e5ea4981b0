//! A private Postgres cluster on a unix socket.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::databases::{SERVICE_DATABASES, escape_path};
use super::place::Place;
use super::process::{ServerCommand, ServerProcess, StopSignals, stop_leftover};
use super::programs::PostgresPrograms;
use super::{Account, Durability};
use crate::failure::Failure;

/// The owner of the cluster, who may create databases; tests need that.
const ADMIN_ROLE: &str = "rekindle";

/// The part of the socket's name that libpq calls a port.
const PORT: &str = "5432";

/// Several test binaries and three services with three pools each share one cluster.
const CONNECTIONS: &str = "max_connections=300";

/// Long enough for a crash recovery on a slow disk.
const START_PATIENCE: Duration = Duration::from_mins(1);

/// SIGINT is the fast shutdown of Postgres, SIGQUIT the immediate one.
const STOP: StopSignals = StopSignals {
    gentle: Signal::SIGINT,
    firm: Signal::SIGQUIT,
    patience: Duration::from_secs(10),
};

/// One cluster: a data folder, a socket, and the process when it runs.
#[derive(Debug)]
pub(super) struct Postgres {
    programs: PostgresPrograms,
    durability: Durability,
    data: PathBuf,
    folder: PathBuf,
    sockets: PathBuf,
    process: Option<ServerProcess>,
}

impl Postgres {
    /// The cluster of a place; nothing is created yet.
    pub(super) fn at(place: &Place, programs: &PostgresPrograms, durability: Durability) -> Self {
        Self {
            programs: programs.clone(),
            durability,
            data: data_folder(place.directory()),
            folder: place.directory().to_owned(),
            sockets: place.sockets().to_owned(),
            process: None,
        }
    }

    /// The address for the owner of the cluster.
    pub(super) fn admin_url(&self) -> String {
        self.url("postgres", ADMIN_ROLE)
    }

    /// The address of each service's database, with the service's role.
    pub(super) fn service_urls(&self) -> BTreeMap<String, String> {
        let own = |database: &super::ServiceDatabase| {
            (
                database.service.to_owned(),
                self.url(database.name, database.name),
            )
        };
        SERVICE_DATABASES.iter().map(own).collect()
    }

    fn url(&self, database: &str, role: &str) -> String {
        // The port is spelled out because PGPORT would otherwise decide.
        let host = escape_path(&self.sockets);
        format!("postgres:///{database}?host={host}&port={PORT}&user={role}")
    }

    /// Makes the cluster where there is none and starts it.
    pub(super) async fn start(&mut self, account: &Account) -> Result<(), Failure> {
        if self.data.exists() {
            self.check_version()?;
        } else {
            self.initialise(account).await?;
        }
        let mut command = account.command(&self.programs.postgres);
        command
            .arg("-D")
            .arg(&self.data)
            .arg("-k")
            .arg(&self.sockets)
            .args(["-p", PORT, "-c", "listen_addresses=", "-c", CONNECTIONS])
            .args(["-c", "unix_socket_permissions=0700"])
            .env("LC_ALL", "C")
            .env_remove("PGDATA")
            .current_dir("/");
        if self.durability == Durability::FsyncOff {
            // Commits are still handed to the system: what was acknowledged outlives a killed server.
            command.args(["-c", "fsync=off", "-c", "full_page_writes=off"]);
        }
        let process = self.process.insert(ServerProcess::spawn(ServerCommand {
            name: "postgres",
            command,
            folder: &self.folder,
            mark: &self.data.to_string_lossy(),
            stop_signals: STOP,
        })?);
        let pid_file = pid_file(&self.data);
        process
            .ready(START_PATIENCE, async |id| is_ready(&pid_file, id))
            .await
    }

    /// Makes the cluster under another name and renames it, so that an interrupted initdb leaves
    /// nothing that looks like a cluster.
    async fn initialise(&self, account: &Account) -> Result<(), Failure> {
        let half_made = self.data.with_extension("new");
        if half_made.exists() {
            remove_folder(&half_made)?;
        }
        let mut command = account.command(&self.programs.initdb);
        command
            .arg("-D")
            .arg(&half_made)
            .args(["-U", ADMIN_ROLE, "--auth=trust", "--encoding=UTF8"])
            .args(["--locale=C", "--no-instructions"])
            .envs([("LC_ALL", "C")])
            .env_remove("PGDATA")
            .current_dir("/")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if self.durability == Durability::FsyncOff {
            command.arg("--no-sync");
        }
        let answer = command.output().await.map_err(|source| {
            let program = self.programs.initdb.display();
            Failure::unavailable(format!("{program} does not start: {source}"))
        })?;
        if !answer.status.success() {
            let said = String::from_utf8_lossy(&answer.stderr);
            let message = format!("initdb made no cluster in {}: {said}", half_made.display());
            return Err(Failure::failed(message.trim().to_owned())
                .advice("rekindle doctor says under which account it runs, and where"));
        }
        fs::rename(&half_made, &self.data).map_err(|source| {
            Failure::failed(format!(
                "{} cannot be renamed: {source}",
                half_made.display()
            ))
        })
    }

    /// A cluster of another major version cannot be opened by this server.
    fn check_version(&self) -> Result<(), Failure> {
        let file = self.data.join("PG_VERSION");
        let text = fs::read_to_string(&file).unwrap_or_default();
        let (made_with, ours) = (text.trim(), self.programs.major_version);
        if made_with == ours.to_string() {
            return Ok(());
        }
        let folder = self.data.display();
        let message = format!(
            "the kept data in {folder} was made by Postgres {made_with}, and {} is version {ours}",
            self.programs.postgres.display()
        );
        Err(Failure::failed(message).advice(format!(
            "name the older programs in REKINDLE_PG_BIN, or give the data up: rm -r {folder}"
        )))
    }

    /// Stops it, clients or not.
    pub(super) async fn stop(&mut self) {
        if let Some(process) = &mut self.process {
            process.stop().await;
        }
    }
}

/// Stops the server of an earlier run in `directory` and takes its stale pid file away: Postgres
/// itself would not start while another process happens to have that number.
pub(super) async fn clear_leftover(directory: &Path) -> Result<(), Failure> {
    let data = data_folder(directory);
    let file = pid_file(&data);
    let Some(id) = first_line_number(&file) else {
        return Ok(());
    };
    stop_leftover(id, &data.to_string_lossy(), STOP).await?;
    match fs::remove_file(&file) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Failure::failed(
            format!("the stale {} cannot be removed: {source}", file.display()),
        )),
        _ => Ok(()),
    }
}

fn data_folder(directory: &Path) -> PathBuf {
    directory.join("postgres")
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("postmaster.pid")
}

/// Postgres writes its state into line 8 of its pid file, for `pg_ctl`.
fn is_ready(pid_file: &Path, id: u32) -> bool {
    let text = fs::read_to_string(pid_file).unwrap_or_default();
    let mut lines = text.lines();
    let is_ours = lines
        .next()
        .is_some_and(|line| line.trim() == id.to_string());
    is_ours && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

fn first_line_number(file: &Path) -> Option<u32> {
    fs::read_to_string(file)
        .ok()?
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
}

fn remove_folder(folder: &Path) -> Result<(), Failure> {
    fs::remove_dir_all(folder).map_err(|source| {
        Failure::failed(format!("{} cannot be removed: {source}", folder.display()))
    })
}
