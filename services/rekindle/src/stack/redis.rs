//! A private Redis on a unix socket, which keeps nothing on the disk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::Signal;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::Account;
use super::databases::{escape_path, unescape_path};
use super::place::Place;
use super::process::{ServerCommand, ServerProcess, StopSignals};
use crate::failure::Failure;

const START_PATIENCE: Duration = Duration::from_secs(20);
const DEFAULT_PORT: u16 = 6379;
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
            // A library put before its own is one that its allocator has to start without.
            .env_remove("LD_PRELOAD")
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

/// Asks the Redis at an address, `redis+unix:///path` or `redis://host:port`, for an answer; the
/// error says why there is none.
pub async fn ask_redis(url: &str) -> Result<(), String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let place = rest.split('?').next().unwrap_or_default();
    let asked = async {
        if scheme.ends_with("unix") {
            return ping(UnixStream::connect(unescape_path(place)).await?).await;
        }
        let authority = place.split('/').next().unwrap_or_default();
        let address = authority.rsplit('@').next().unwrap_or_default();
        if address.contains(':') {
            ping(TcpStream::connect(address).await?).await
        } else {
            ping(TcpStream::connect((address, DEFAULT_PORT)).await?).await
        }
    };
    match timeout(PING_PATIENCE, asked).await {
        Ok(answered) => answered.map_err(|source| source.to_string()),
        Err(_elapsed) => Err("it does not answer in time".to_owned()),
    }
}

/// Sends a PING; any answer will do, since one that wants a password answers as well.
async fn ping(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
    stream.write_all(b"PING\r\n").await?;
    let mut answer = [0_u8; 1];
    stream.read_exact(&mut answer).await.map(drop)
}

async fn answers(socket: &Path) -> bool {
    let connected = async { ping(UnixStream::connect(socket).await?).await };
    matches!(timeout(PING_PATIENCE, connected).await, Ok(Ok(())))
}
