//! A proxy that misbehaves on demand.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

/// How a proxy treats its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Passes everything on.
    Pass,
    /// Passes everything on, later.
    Latency(Duration),
    /// Accepts and swallows: connections stay open and nothing arrives, as behind a dead firewall.
    BlackHole,
    /// Closes new connections at once; open ones go on.
    Refuse,
}

/// Where a proxy connects to.
#[derive(Clone, Debug)]
pub enum Target {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

/// A proxy on a TCP port of its own.
#[derive(Debug)]
pub struct Proxy {
    /// Where to connect instead of the target.
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
    cut: watch::Sender<CancellationToken>,
    accepting: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy that passes everything on.
    pub async fn start(target: Target) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let (mode, modes) = watch::channel(Mode::Pass);
        let (cut, cuts) = watch::channel(CancellationToken::new());
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *modes.borrow() == Mode::Refuse {
                    continue;
                }
                let cut = cuts.borrow().clone();
                let carried = carry(client, target.clone(), modes.clone());
                tokio::spawn(async move { cut.run_until_cancelled(carried).await });
            }
        });
        Self {
            address,
            mode,
            cut,
            accepting,
        }
    }

    /// A proxy in front of the Postgres of `DATABASE_URL`, and the URL of `database_url` through it.
    pub async fn postgres(database_url: &str) -> (Self, String) {
        let options: sqlx::postgres::PgConnectOptions =
            database_url.parse().expect("a Postgres URL");
        let host = options.get_host();
        let socket = options.get_socket().map(|path| path.display().to_string());
        let folder = socket.or_else(|| host.starts_with('/').then(|| host.to_owned()));
        let target = match folder {
            Some(folder) => {
                Target::Unix(format!("{folder}/.s.PGSQL.{}", options.get_port()).into())
            }
            None => Target::Tcp(
                format!("{host}:{}", options.get_port())
                    .parse()
                    .expect("DATABASE_URL names an IP address"),
            ),
        };
        let proxy = Self::start(target).await;
        let url = format!(
            "postgres://{}@{}/{}?sslmode=disable",
            options.get_username(),
            proxy.address,
            options.get_database().expect("the URL names a database"),
        );
        (proxy, url)
    }

    /// Treats all connections differently from now on.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Closes every open connection.
    pub fn cut(&self) {
        self.cut.send_replace(CancellationToken::new()).cancel();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn carry(client: TcpStream, target: Target, modes: watch::Receiver<Mode>) {
    let connected = match target {
        Target::Tcp(address) => TcpStream::connect(address).await.map(Either::Left),
        Target::Unix(path) => UnixStream::connect(path).await.map(Either::Right),
    };
    let Ok(server) = connected else { return };
    let (client_reads, client_writes) = client.into_split();
    let (server_reads, server_writes) = tokio::io::split(server);
    tokio::select! {
        () = pump(client_reads, server_writes, modes.clone()) => {}
        () = pump(server_reads, client_writes, modes) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut modes: watch::Receiver<Mode>,
) {
    let mut bytes = vec![0; 16 * 1_024];
    while let Ok(count) = from.read(&mut bytes).await {
        if count == 0 {
            return;
        }
        let passing = modes
            .wait_for(|mode| *mode != Mode::BlackHole)
            .await
            .map(|mode| *mode);
        if let Ok(Mode::Latency(delay)) = passing {
            tokio::time::sleep(delay).await;
        }
        if passing.is_err() || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
