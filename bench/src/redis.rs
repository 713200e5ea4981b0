//! A Redis of our own, because it is going to be killed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use rekindle::failure::Failure;
use rekindle::stack::{ServerCommand, ServerProcess, StopSignals, ask_redis};
use tokio::process::Command;

const START_PATIENCE: Duration = Duration::from_secs(10);

/// Killed, not stopped: that is what is measured.
const KILL: StopSignals = StopSignals {
    gentle: Signal::SIGKILL,
    firm: Signal::SIGKILL,
    patience: Duration::from_secs(5),
};

/// One Redis on a unix socket, which keeps nothing on the disk.
#[derive(Debug)]
pub(crate) struct Redis {
    program: PathBuf,
    folder: PathBuf,
    socket: PathBuf,
    process: Option<ServerProcess>,
}

impl Redis {
    /// Starts a Redis whose socket and log are in `folder`.
    pub(crate) async fn start(program: &Path, folder: &Path) -> Result<Self, Failure> {
        let mut redis = Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            socket: folder.join("r.sock"),
            process: None,
        };
        redis.restart().await?;
        Ok(redis)
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }

    /// The number of its process.
    pub(crate) fn process_id(&self) -> Option<u32> {
        self.process.as_ref().and_then(ServerProcess::id)
    }

    /// Kills it.
    pub(crate) async fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop().await;
        }
    }

    /// Starts it again, empty.
    pub(crate) async fn restart(&mut self) -> Result<(), Failure> {
        self.kill().await;
        let mut command = Command::new(&self.program);
        command
            .args(["--port", "0", "--save", "", "--appendonly", "no"])
            .arg("--unixsocket")
            .arg(&self.socket)
            .arg("--dir")
            .arg(&self.folder);
        let process = ServerProcess::spawn(ServerCommand {
            name: "killed-redis",
            command,
            folder: &self.folder,
            mark: &self.socket.to_string_lossy(),
            stop_signals: KILL,
        })?;
        let url = self.url();
        self.process
            .insert(process)
            .ready(START_PATIENCE, async |_id| ask_redis(&url).await.is_ok())
            .await
    }
}
