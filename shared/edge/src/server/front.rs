//! The tower service in front of a service's routes.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, Request, Response};
use kernel::refusal::{Kind, Refusal};
use kernel::time::Deadline;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};
use tracing::Instrument;

use super::admission::Place;
use super::routed::{Routed, Shared};
use super::{late, panicked};
use crate::body::{Cut, Watched, final_code};
use crate::call::{CALL, Call};
use crate::deadline;
use crate::observation::Observation;

/// Puts [`Front`] in front of a service.
#[derive(Clone)]
pub struct FrontLayer {
    shared: Arc<Shared>,
}

/// The service in front; see the module's description for what it does.
#[derive(Clone)]
pub struct Front<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl FrontLayer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl<S> Layer<S> for FrontLayer {
    type Service = Front<S>;

    fn layer(&self, inner: S) -> Front<S> {
        Front {
            inner,
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S> Service<Request<Body>> for Front<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The clone has not been polled ready; the original has, so that one serves the call.
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let shared = Arc::clone(&self.shared);
        // Read here, before the transport starts its own timer for the call: ours comes first.
        let arrived = Instant::now();
        Box::pin(async move { Ok(serve(&shared, inner, request, arrived).await) })
    }
}

async fn serve<S>(
    shared: &Shared,
    mut inner: S,
    request: Request<Body>,
    arrived: Instant,
) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let path = request.uri().path();
    if is_plumbing(path) {
        return uncaught(inner.call(request))
            .await
            .unwrap_or_else(Status::into_http);
    }
    let Some(routed) = shared.find(path) else {
        return unknown_method(shared, arrived);
    };
    let (trace, span) = shared.trace(request.headers(), routed.name);
    let labels = Arc::clone(&routed.labels);
    let mut observation = Observation::begin(span, arrived, shared.durations.clone(), labels);
    match admit(shared, routed, request.headers(), arrived) {
        Ok((place, deadline)) => {
            let call = Call {
                deadline,
                trace,
                method: routed.name,
            };
            let served = Served {
                shared,
                routed,
                call,
                arrived,
            };
            served.run(inner, request, observation, place).await
        }
        Err(refusal) => {
            let status = shared.boundary.render(&refusal);
            observation.end(status.code());
            status.into_http()
        }
    }
}

fn admit(
    shared: &Shared,
    routed: &Routed,
    headers: &HeaderMap,
    arrived: Instant,
) -> Result<(Place, Deadline), Refusal> {
    let time = routed.time(headers)?;
    if time.is_zero() {
        return Err(late(0));
    }
    let place = shared.admit(routed)?;
    Ok((place, Deadline::at(arrived + time)))
}

/// A call on its way to its handler.
struct Served<'s> {
    shared: &'s Shared,
    routed: &'s Routed,
    call: Call,
    arrived: Instant,
}

impl Served<'_> {
    async fn run<S>(
        self,
        mut inner: S,
        mut request: Request<Body>,
        mut observation: Observation,
        place: Place,
    ) -> Response<Body>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let limit = self.call.deadline;
        request.extensions_mut().insert(limit);
        let span = observation.span.clone();
        let handled = CALL
            .scope(self.call, uncaught(inner.call(request)))
            .instrument(span);
        let refused = match deadline::until(limit, handled).await {
            Some(Ok(response)) => return self.watch(response, observation, place),
            Some(Err(panic)) => {
                self.shared.panics.add(1, &[]);
                self.complete(panic)
            }
            None => self.shared.boundary.render(&late(self.time().as_millis())),
        };
        observation.end(refused.code());
        refused.into_http()
    }

    fn time(&self) -> Duration {
        self.call.deadline.remaining(self.arrived)
    }

    /// Watches the body of an answer; an answer without one has its status in the headers.
    fn watch(
        self,
        response: Response<Body>,
        mut observation: Observation,
        place: Place,
    ) -> Response<Body> {
        let Some(code) = final_code(response.headers()) else {
            let limit = self
                .routed
                .streaming
                .then(|| self.call.deadline.instant().into());
            let cut = Cut::Trailers(late_stream);
            return response.map(|body| {
                Body::new(Watched::new(
                    body,
                    observation,
                    limit,
                    cut,
                    Some(self.call),
                    place,
                ))
            });
        };
        let response = self.completed(code, response);
        observation.end(final_code(response.headers()).unwrap_or(code));
        response
    }

    /// Gives the errors of the transport itself what every error of ours has: a reason.
    fn completed(&self, code: Code, response: Response<Body>) -> Response<Body> {
        if code == Code::Ok || response.headers().contains_key("grpc-status-details-bin") {
            return response;
        }
        match Status::from_header_map(response.headers()) {
            Some(status) => self.complete(status).into_http(),
            None => response,
        }
    }

    fn complete(&self, status: Status) -> Status {
        let (kind, reason) = match status.code() {
            // The specification wants RESOURCE_EXHAUSTED for a message that is too large.
            Code::OutOfRange => (Kind::Exhausted, "MESSAGE_TOO_LARGE"),
            Code::Unimplemented => (Kind::Unimplemented, "UNIMPLEMENTED"),
            Code::Unavailable => (Kind::Unavailable, "OVERLOADED"),
            Code::Internal => (Kind::Internal, "INTERNAL"),
            _ => return status,
        };
        self.shared
            .boundary
            .render(&Refusal::new(kind, reason, status.message()))
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge itself")]
fn late_stream() -> Status {
    Status::new(
        Code::DeadlineExceeded,
        "the call's time was over before its end",
    )
}

async fn uncaught<F>(handled: F) -> Result<Response<Body>, Status>
where
    F: Future<Output = Result<Response<Body>, Infallible>>,
{
    match AssertUnwindSafe(handled).catch_unwind().await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(never)) => match never {},
        Err(_) => Err(panicked()),
    }
}

/// Health and reflection are asked all the time and are not work.
fn is_plumbing(path: &str) -> bool {
    path.starts_with("/grpc.health.") || path.starts_with("/grpc.reflection.")
}

fn unknown_method(shared: &Shared, arrived: Instant) -> Response<Body> {
    let labels = shared.unknown_labels();
    let mut observation = Observation::begin(
        tracing::Span::none(),
        arrived,
        shared.durations.clone(),
        labels,
    );
    observation.end(Code::Unimplemented);
    shared
        .boundary
        .render(&Refusal::unimplemented("no such method here"))
        .into_http()
}
