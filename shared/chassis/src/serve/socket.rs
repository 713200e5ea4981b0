//! A connection that cannot be held for nothing: silent ones end, and all end when told.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};
use tokio_util::either::Either;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

pub(crate) struct Socket {
    inner: Either<TcpStream, UnixStream>,
    /// Runs until the first byte arrives.
    silence: Option<Pin<Box<Sleep>>>,
    /// Becomes ready when all connections must end.
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The connection's place among the open ones.
    _place: OwnedSemaphorePermit,
}

impl Socket {
    pub(crate) fn new(
        inner: Either<TcpStream, UnixStream>,
        longest_silence: Duration,
        cut: CancellationToken,
        place: OwnedSemaphorePermit,
    ) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a time-out of a poll function")]
        let silence = Some(Box::pin(sleep(longest_silence)));
        Self {
            inner,
            silence,
            cut: Box::pin(cut.cancelled_owned()),
            _place: place,
        }
    }

    fn poll_cut(&mut self, context: &mut Context<'_>) -> Option<io::Error> {
        if self.cut.as_mut().poll(context).is_ready() {
            return Some(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "the service is stopping",
            ));
        }
        let silence = self.silence.as_mut()?;
        let silent = silence.as_mut().poll(context).is_ready();
        silent.then(|| io::Error::new(io::ErrorKind::TimedOut, "the connection stayed silent"))
    }
}

impl Connected for Socket {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.inner).poll_read(context, buffer) {
            Poll::Ready(read) => {
                this.silence = None;
                Poll::Ready(read)
            }
            // Only a connection that waits needs to be told.
            Poll::Pending => match this.poll_cut(context) {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}
