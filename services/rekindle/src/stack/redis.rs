//! A private Redis on a unix socket, which keeps nothing on the disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::Account;
use super::databases::escape_path;
use super::place::Place;
use super::process::{ServerCommand, ServerProcess, StopSignals};
use crate::failure::Failure;

const START_PATIENCE: Duration = Duration::from_secs(20);
const PING_PATIENCE: Duration = Duration::from_millis(500);

/// Nothing in Redis is worth waiting for.
const STOP: StopSignals = StopSignals {
    gentle: Signal::SIGTERM,
    firm: Signal::SIGKILL,
    patience: Duration::from_secs(3),
};

/// One Redis and its process when it runs.
#[derive(Debug)]
pub(super) struct Redis {
    program: PathBuf,
    folder: PathBuf,
    socket: PathBuf,
    process: Option<ServerProcess>,
}

impl Redis {
    /// The Redis of a place; nothing runs yet.
    pub(super) fn at(place: &Place, program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            folder: place.directory().to_owned(),
            socket: place.sockets().join("redis.sock"),
            process: None,
        }
    }

    /// Its address, in the form that redis-rs and redis-cli read.
    pub(super) fn url(&self) -> String {
        format!("redis+unix://{}", escape_path(&self.socket))
    }

    /// Starts it and waits for its first PONG.
    pub(super) async fn start(&mut self, account: &Account) -> Result<(), Failure> {
        let mut command = account.command(&self.program);
        command
            .args(["--port", "0", "--unixsocketperm", "700", "--unixsocket"])
            .arg(&self.socket)
            .args([
                "--save",
                "",
                "--appendonly",
                "no",
                "--daemonize",
                "no",
                "--dir",
            ])
            .arg(&self.folder)
            .current_dir("/");
        let process = self.process.insert(ServerProcess::spawn(ServerCommand {
            name: "redis",
            command,
            folder: &self.folder,
            // Redis shows its socket as its command line.
            mark: &self.socket.to_string_lossy(),
            stop_signals: STOP,
        })?);
        let socket = &self.socket;
        process
            .ready(START_PATIENCE, async |_id| answers(socket).await)
            .await
    }

    /// Stops it.
    pub(super) async fn stop(&mut self) {
        if let Some(process) = &mut self.process {
            process.stop().await;
        }
    }
}

async fn answers(socket: &Path) -> bool {
    let ping = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0_u8; 5];
        stream.read_exact(&mut answer).await?;
        Ok::<bool, std::io::Error>(&answer == b"+PONG")
    };
    matches!(timeout(PING_PATIENCE, ping).await, Ok(Ok(true)))
}
