//! One try of a call, at one address.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::request::Parts;
use http::{HeaderMap, Request, Response};
use kernel::breaker::Attempt;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use tokio::time::timeout_at;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tower::{Service, ServiceExt};
use tracing::{Instrument, Span};

use super::caller::{Address, Callee, LOCAL, Shared};
use crate::body::{Cut, Watched, final_code};
use crate::deadline;
use crate::observation::Observation;
use crate::trace::{self, TraceContext};

/// A callee that does not answer within this time has failed; one that was given less may just
/// have had too little.
const FAIR_TIME: Duration = Duration::from_millis(100);

/// How one try ended.
pub(crate) enum Outcome {
    /// The service answered, with a message or a status.
    Answered(Response<Body>),
    /// The connection failed after the call may have reached the service.
    Broke(Status),
    /// The call never left this process.
    NeverSent(Status),
    /// Every address is being given a pause.
    Skipped(Status),
    /// The time is over.
    Late(Status),
}

impl Outcome {
    pub(crate) fn may_be_tried_again(&self, repeatable: bool) -> bool {
        match self {
            Self::Answered(response) => {
                repeatable && final_code(response.headers()) == Some(Code::Unavailable)
            }
            Self::Broke(_) => repeatable,
            Self::NeverSent(_) => true,
            Self::Skipped(_) | Self::Late(_) => false,
        }
    }

    pub(crate) fn into_result(self) -> Result<Response<Body>, Status> {
        match self {
            Self::Answered(response) => Ok(response),
            Self::Broke(status)
            | Self::NeverSent(status)
            | Self::Skipped(status)
            | Self::Late(status) => Err(status),
        }
    }
}

impl Shared {
    pub(crate) async fn send(
        &self,
        address: &Address,
        attempt: Attempt<'_>,
        callee: &Callee,
        deadline: Deadline,
        parts: &Parts,
        body: Body,
    ) -> Outcome {
        let started = Instant::now();
        let time = deadline.remaining(started);
        let span = client_span(callee.method.name);
        let labels = Arc::clone(&callee.labels);
        let mut observation =
            Observation::begin(span.clone(), started, self.durations.clone(), labels);
        let request = prepared(parts.clone(), body, time, &span);
        let mut channel = address.channel.clone();
        let sent = async { channel.ready().await?.call(request).await };
        let answer = timeout_at(deadline.instant().into(), sent.instrument(span)).await;
        match answer {
            Ok(Ok(response)) => {
                report(attempt, response.headers());
                Outcome::Answered(watch(response, observation, deadline))
            }
            Ok(Err(error)) if !ran_out_of_time(&error) => {
                attempt.failed(Instant::now());
                observation.end(Code::Unavailable);
                broken(error)
            }
            // Our timer or the channel's own: both read the same header.
            Ok(Err(_)) | Err(_) => {
                if time >= FAIR_TIME {
                    attempt.failed(Instant::now());
                }
                observation.end(Code::DeadlineExceeded);
                Outcome::Late(LOCAL.render(&crate::server::late(time.as_millis())))
            }
        }
    }
}

fn client_span(method: &'static str) -> Span {
    tracing::info_span!(
        "rpc.client",
        otel.name = method,
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
    )
}

fn prepared(mut parts: Parts, body: Body, time: Duration, span: &Span) -> Request<Body> {
    deadline::write(&mut parts.headers, time);
    if let Some(context) = TraceContext::of(span).or_else(trace::current) {
        context.write(&mut parts.headers);
    }
    Request::from_parts(parts, body)
}

/// A service that refuses because it has too much to do is alive: pausing it would waste what it
/// can still do.
fn report(attempt: Attempt<'_>, headers: &HeaderMap) {
    if final_code(headers) == Some(Code::Unavailable) && !is_overload(headers) {
        attempt.failed(Instant::now());
    } else {
        attempt.succeeded();
    }
}

fn is_overload(headers: &HeaderMap) -> bool {
    let details = Status::from_header_map(headers).map(|status| status.get_error_details());
    details.is_some_and(|details| {
        details
            .error_info()
            .is_some_and(|info| info.reason == "OVERLOADED")
    })
}

/// Watches the body of an answer; an answer without one has its status in the headers.
fn watch(
    response: Response<Body>,
    mut observation: Observation,
    deadline: Deadline,
) -> Response<Body> {
    if let Some(code) = final_code(response.headers()) {
        observation.end(code);
        return response;
    }
    let limit = Some(deadline.instant().into());
    let cut = Cut::Error(late_body);
    response.map(|body| Body::new(Watched::new(body, observation, limit, cut, None, ())))
}

fn late_body() -> Status {
    LOCAL.render(&Refusal::late(
        "the call's time was over before the end of its answer",
    ))
}

/// A connection that failed says nothing about the call: it is UNAVAILABLE, whatever the error.
fn broken(error: tonic::transport::Error) -> Outcome {
    let never_sent = was_never_sent(&error);
    let message = "the service cannot be reached";
    let refusal = Refusal::unavailable("UPSTREAM_UNAVAILABLE", message, Duration::from_millis(250));
    let mut status = LOCAL.render(&refusal);
    status.set_source(Arc::new(error));
    if never_sent {
        Outcome::NeverSent(status)
    } else {
        Outcome::Broke(status)
    }
}

fn was_never_sent(error: &tonic::transport::Error) -> bool {
    causes(error).any(|cause| {
        let canceled = cause
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_canceled);
        canceled || cause.is::<tonic::ConnectError>()
    })
}

fn ran_out_of_time(error: &tonic::transport::Error) -> bool {
    causes(error).any(<dyn Error + 'static>::is::<tonic::TimeoutExpired>)
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| cause.source())
}
