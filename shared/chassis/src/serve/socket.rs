//! A connection that cannot be held for nothing: silent ones end, and all end when told.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Sleep, sleep};
use tokio_util::either::Either;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// Beyond this the connection waits until some of it is sent.
const MOST_OUTGOING: usize = 64 * 1024;

pub(crate) struct Socket {
    inner: Either<TcpStream, UnixStream>,
    /// What was written and not yet sent: the answers of calls that are done at about the same time
    /// leave together.
    outgoing: BytesMut,
    /// The peer takes nothing more for now; the connection is woken when it does.
    is_blocked: bool,
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
            outgoing: BytesMut::new(),
            is_blocked: false,
            silence,
            cut: Box::pin(cut.cancelled_owned()),
            _place: place,
        }
    }

    /// Sends what was written.
    fn poll_send(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let inner = Pin::new(&mut self.inner);
            let sent = inner.poll_write(context, &self.outgoing);
            self.is_blocked = sent.is_pending();
            let sent = ready!(sent)?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.advance(sent);
        }
        Poll::Ready(Ok(()))
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
        // Each turn of the connection reads first: what the last one wrote leaves now.
        if let Poll::Ready(Err(error)) = this.poll_send(context) {
            return Poll::Ready(Err(error));
        }
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
        self.poll_write_vectored(context, &[io::IoSlice::new(bytes)])
    }

    /// Sends in the connection's next turn, after the calls that are about to answer.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.outgoing.is_empty() && !self.is_blocked {
            context.waker().wake_by_ref();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_send(context))?;
        Pin::new(&mut this.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.outgoing.len() >= MOST_OUTGOING {
            ready!(this.poll_send(context))?;
        }
        let before = this.outgoing.len();
        for slice in slices {
            this.outgoing.extend_from_slice(slice);
        }
        Poll::Ready(Ok(this.outgoing.len() - before))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    use futures::poll;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::Semaphore;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    const PATIENCE: Duration = Duration::from_mins(1);

    fn socket() -> (Socket, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let cut = CancellationToken::new();
        (
            Socket::new(Either::Right(ours), PATIENCE, cut, place),
            theirs,
        )
    }

    #[tokio::test]
    async fn what_is_written_in_one_turn_leaves_together_in_the_next() {
        let (mut socket, theirs) = socket();
        for answer in [b"one", b"two"] {
            socket.write_all(answer).await.unwrap();
            socket.flush().await.unwrap();
        }
        let mut seen = [0; 16];
        let early = theirs.try_read(&mut seen).unwrap_err();
        assert_eq!(early.kind(), io::ErrorKind::WouldBlock);
        let mut unread = [0; 1];
        assert!(poll!(Box::pin(socket.read(&mut unread))).is_pending());
        theirs.readable().await.unwrap();
        assert_eq!(theirs.try_read(&mut seen).unwrap(), 6);
        assert_eq!(&seen[..6], b"onetwo");
    }

    #[tokio::test]
    async fn what_nobody_takes_is_not_written_without_end() {
        let (mut socket, mut theirs) = socket();
        let piece = vec![7; MOST_OUTGOING];
        let mut written = 0;
        while poll!(Box::pin(socket.write_all(&piece))).is_ready() {
            written += piece.len();
            assert!(written < 64 * MOST_OUTGOING, "nothing holds it back");
        }
        assert!(socket.outgoing.len() <= 2 * MOST_OUTGOING);
        // Nor is it tried again and again: a peer that stands still costs nothing.
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut socket).poll_flush(&mut context).is_ready());
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
        let taking = async {
            let mut taken = vec![0; written];
            theirs.read_exact(&mut taken).await.map(drop)
        };
        let (sent, taken) = futures::join!(socket.shutdown(), taking);
        assert!(sent.is_ok() && taken.is_ok());
    }
}
