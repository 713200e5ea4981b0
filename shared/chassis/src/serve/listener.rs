//! Where connections come from: TCP or a unix socket.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use futures::stream::unfold;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use super::settings::ServeSettings;
use super::socket::Socket;

pub(crate) struct Listener {
    source: Source,
    places: Arc<Semaphore>,
    longest_silence: Duration,
    cut: CancellationToken,
}

enum Source {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// Removes the socket's file when the listener is gone.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // A file that is gone already needs no removing.
        drop(std::fs::remove_file(&self.0));
    }
}

impl Listener {
    pub(crate) async fn bind(settings: &ServeSettings, cut: CancellationToken) -> io::Result<Self> {
        let source = match settings.listen.strip_prefix("unix://") {
            Some(path) => bind_unix(Path::new(path))?,
            None => Source::Tcp(TcpListener::bind(&settings.listen).await?),
        };
        Ok(Self {
            source,
            places: Arc::new(Semaphore::new(settings.max_connections.max(1))),
            longest_silence: Duration::from_millis(settings.first_byte_timeout_ms),
            cut,
        })
    }

    /// Returns the address as clients write it.
    pub(crate) fn uri(&self) -> io::Result<String> {
        Ok(match &self.source {
            Source::Tcp(listener) => format!("http://{}", listener.local_addr()?),
            Source::Unix(_, file) => format!("unix://{}", file.0.display()),
        })
    }

    pub(crate) fn connections(self) -> impl Stream<Item = io::Result<Socket>> {
        unfold(self, |listener| async move {
            let accepted = listener.accept().await;
            if accepted.is_err() {
                pause().await;
            }
            Some((accepted, listener))
        })
    }

    async fn accept(&self) -> io::Result<Socket> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(io::Error::other)?;
        let inner = match &self.source {
            Source::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Either::Left(stream)
            }
            Source::Unix(listener, _) => Either::Right(listener.accept().await?.0),
        };
        Ok(Socket::new(
            inner,
            self.longest_silence,
            self.cut.clone(),
            place,
        ))
    }
}

fn bind_unix(path: &Path) -> io::Result<Source> {
    // The file of a process that was killed is in the way; a living one's is not ours to take.
    if path.exists() && std::os::unix::net::UnixStream::connect(path).is_err() {
        std::fs::remove_file(path)?;
    }
    Ok(Source::Unix(
        UnixListener::bind(path)?,
        SocketFile(path.to_owned()),
    ))
}

/// Out of file descriptors, accepting fails at once, again and again: give the others time to end.
#[expect(clippy::disallowed_methods, reason = "there is no event to wait for")]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
