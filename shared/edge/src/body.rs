//! A message body under watch: its last trailer ends the observation, its deadline cuts it off.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Code, Status};

use crate::call::{CALL, Call};
use crate::observation::Observation;

/// Header and trailer that carry the final status.
const GRPC_STATUS: &str = "grpc-status";

/// Reads the final status from headers or trailers.
pub(crate) fn final_code(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(GRPC_STATUS)
        .map(|value| Code::from_bytes(value.as_bytes()))
}

/// How the body must end when it does not end by itself.
pub(crate) enum Cut {
    /// The server says why in trailers.
    Trailers(fn() -> Status),
    /// The client sees an error.
    Error(fn() -> Status),
}

/// A response body, watched until its end.
pub(crate) struct Watched<G> {
    inner: tonic::body::Body,
    observation: Observation,
    /// Cuts the body off; a unary answer has no use for it once its status is known.
    deadline: Option<Pin<Box<Sleep>>>,
    cut: Cut,
    /// The call to be seen by whatever produces the messages; none on the client's side.
    call: Option<Call>,
    /// Held until the body is gone: the call's place among the calls in flight.
    _guard: G,
    over: bool,
}

impl<G: Unpin> Watched<G> {
    pub(crate) fn new(
        inner: tonic::body::Body,
        observation: Observation,
        deadline: Option<Instant>,
        cut: Cut,
        call: Option<Call>,
        guard: G,
    ) -> Self {
        let deadline = deadline.map(|instant| Box::pin(sleep_until(instant)));
        Self {
            inner,
            observation,
            deadline,
            cut,
            call,
            _guard: guard,
            over: false,
        }
    }

    fn poll_inner(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let _entered = self.observation.span.enter();
        let inner = Pin::new(&mut self.inner);
        // A panic in a stream must not take the connection's other calls down.
        let polled = catch_unwind(AssertUnwindSafe(|| match self.call {
            Some(call) => CALL.sync_scope(call, || inner.poll_frame(context)),
            None => inner.poll_frame(context),
        }));
        polled.unwrap_or_else(|_| Poll::Ready(Some(Err(crate::server::panicked()))))
    }

    fn cut_off(&mut self, status: &Status) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        self.over = true;
        self.observation.end(status.code());
        let mut trailers = HeaderMap::new();
        match (&self.cut, status.add_header(&mut trailers)) {
            (Cut::Trailers(_), Ok(())) => Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
            _ => Poll::Ready(Some(Err(status.clone()))),
        }
    }

    fn see(&mut self, frame: &Frame<Bytes>) {
        if let Some(trailers) = frame.trailers_ref() {
            self.over = true;
            self.observation
                .end(final_code(trailers).unwrap_or(Code::Unknown));
        }
    }
}

impl<G: Unpin> Body for Watched<G> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        if this.over {
            return Poll::Ready(None);
        }
        match this.poll_inner(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.see(&frame);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(status))) => this.cut_off(&status),
            Poll::Ready(None) => {
                this.over = true;
                this.observation.end(Code::Ok);
                Poll::Ready(None)
            }
            Poll::Pending => {
                let deadline = this
                    .deadline
                    .as_mut()
                    .map(|deadline| deadline.as_mut().poll(context));
                if !matches!(deadline, Some(Poll::Ready(()))) {
                    return Poll::Pending;
                }
                let (Cut::Trailers(late) | Cut::Error(late)) = &this.cut;
                let status = late();
                this.cut_off(&status)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
