//! The tower service that generated clients call through.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt, Full};
use kernel::breaker::Breaker;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use opentelemetry::metrics::Histogram;
use tonic::Status;
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tower::Service;

use super::attempt::Outcome;
use super::budget::Budget;
use super::settings::ClientSettings;
use crate::boundary::Boundary;
use crate::deadline;
use crate::methods::{Method, Methods};
use crate::observation::{Labels, durations};

/// The domain of refusals that never left this process.
pub(crate) const LOCAL: Boundary = Boundary::new("edge.rekindle");

/// Another service. Cheap to clone; hand it to a generated client: `XClient::new(caller)`.
#[derive(Clone)]
pub struct Caller {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) settings: ClientSettings,
    pub(crate) durations: Histogram<f64>,
    addresses: Vec<Address>,
    callees: HashMap<String, Callee>,
    unknown: Callee,
    turn: AtomicUsize,
    budget: Budget,
}

/// One address of the service.
pub(crate) struct Address {
    pub(crate) channel: Channel,
    pub(crate) breaker: Breaker,
}

/// One method of the service.
pub(crate) struct Callee {
    pub(crate) method: Method,
    pub(crate) labels: Arc<Labels>,
}

/// The address of another service cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{uri:?} is not an address such as http://host:7101 or unix:///run/profiles.sock")]
pub struct BadAddress {
    uri: String,
    #[source]
    source: Option<tonic::transport::Error>,
}

impl Caller {
    /// Prepares connections without making them; the service need not be there. Needs a runtime.
    pub fn connect_lazy(settings: &ClientSettings, methods: &Methods) -> Result<Self, BadAddress> {
        let addresses = settings
            .uri
            .split(',')
            .map(|uri| Address::new(uri.trim(), settings));
        let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
        let callees = methods
            .iter()
            .map(|(path, method)| (path.clone(), Callee::new(*method)));
        let unknown = Method {
            name: "_OTHER",
            streaming: true,
            repeatable: false,
        };
        let shared = Shared {
            settings: settings.clone(),
            durations: durations(
                &opentelemetry::global::meter("edge"),
                "rpc.client.call.duration",
            ),
            addresses,
            callees: callees.collect(),
            unknown: Callee::new(unknown),
            turn: AtomicUsize::new(0),
            budget: Budget::new(),
        };
        Ok(Self {
            shared: Arc::new(shared),
        })
    }
}

impl Address {
    fn new(uri: &str, settings: &ClientSettings) -> Result<Self, BadAddress> {
        let bad = |source| BadAddress {
            uri: uri.to_owned(),
            source,
        };
        if !(uri.starts_with("http://") || uri.starts_with("unix:")) {
            return Err(bad(None));
        }
        let endpoint = Endpoint::from_shared(uri.to_owned()).map_err(|error| bad(Some(error)))?;
        let channel = endpoint
            .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
            .http2_keep_alive_interval(Duration::from_millis(settings.keepalive_interval_ms))
            .keep_alive_timeout(Duration::from_millis(settings.keepalive_timeout_ms))
            .keep_alive_while_idle(true)
            .tcp_nodelay(true)
            .connect_lazy();
        let open_for = Duration::from_millis(settings.breaker_open_ms);
        Ok(Self {
            channel,
            breaker: Breaker::new(settings.breaker_failures, open_for, Instant::now()),
        })
    }
}

impl Callee {
    fn new(method: Method) -> Self {
        Self {
            method,
            labels: Arc::new(Labels::of(method.name)),
        }
    }
}

impl Service<Request<Body>> for Caller {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { shared.call(request).await })
    }
}

impl Shared {
    async fn call(&self, request: Request<Body>) -> Result<Response<Body>, Status> {
        let (parts, body) = request.into_parts();
        let callee = self.callees.get(parts.uri.path()).unwrap_or(&self.unknown);
        let deadline = self.deadline(&parts.headers, callee)?;
        self.budget.call();
        if callee.method.streaming {
            return self
                .attempt(callee, deadline, &parts, body)
                .await
                .into_result();
        }
        let message = body.collect().await?.to_bytes();
        self.tries(callee, deadline, &parts, message).await
    }

    /// Returns when the call must be over: in the time its caller gave it, in what is left of the
    /// call it is made for less our own reserve, or in the default time.
    fn deadline(&self, headers: &HeaderMap, callee: &Callee) -> Result<Deadline, Status> {
        let now = Instant::now();
        let malformed = |error: deadline::MalformedTimeout| LOCAL.render(&Refusal::internal(error));
        let given = deadline::read(headers).map_err(malformed)?;
        let left = deadline::current().map(|deadline| {
            let left = deadline.remaining(now);
            left.saturating_sub(self.settings.reserve().min(left / 10))
        });
        let time = match (given, left) {
            (Some(given), Some(left)) => given.min(left),
            (Some(time), None) | (None, Some(time)) => time,
            // A stream on nobody's behalf, such as a follower's, lasts until it ends.
            (None, None) if callee.method.streaming => Duration::from_hours(1),
            (None, None) => self.settings.default_time(),
        };
        if time.is_zero() {
            return Err(LOCAL.render(&crate::server::late(0)));
        }
        Ok(Deadline::at(now + time))
    }

    async fn tries(
        &self,
        callee: &Callee,
        deadline: Deadline,
        parts: &Parts,
        message: Bytes,
    ) -> Result<Response<Body>, Status> {
        let mut pause = Duration::from_millis(10);
        for _ in 1..self.settings.max_tries {
            let body = Body::new(Full::new(message.clone()));
            let outcome = self.attempt(callee, deadline, parts, body).await;
            let again = outcome.may_be_tried_again(callee.method.repeatable)
                && deadline.remaining(Instant::now()) > pause * 2
                && self.budget.allows_retry();
            if !again {
                return outcome.into_result();
            }
            wait(pause).await;
            pause *= 2;
        }
        let body = Body::new(Full::new(message));
        self.attempt(callee, deadline, parts, body)
            .await
            .into_result()
    }

    async fn attempt(
        &self,
        callee: &Callee,
        deadline: Deadline,
        parts: &Parts,
        body: Body,
    ) -> Outcome {
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        let count = self.addresses.len();
        for offset in 0..count {
            let address = &self.addresses[(first.wrapping_add(offset)) % count];
            if let Some(attempt) = address.breaker.attempt(Instant::now()) {
                return self
                    .send(address, attempt, callee, deadline, parts, body)
                    .await;
            }
        }
        let pause = Duration::from_millis(self.settings.breaker_open_ms);
        let message = "the service keeps failing and is given a pause; try again later";
        Outcome::Skipped(LOCAL.render(&Refusal::unavailable(
            "UPSTREAM_UNAVAILABLE",
            message,
            pause,
        )))
    }
}

/// Waits around the given time, so that many callers do not come back at once.
#[expect(
    clippy::disallowed_methods,
    reason = "a retry's pause is what is wanted"
)]
async fn wait(pause: Duration) {
    let share = rand::random_range(0.5..1.5);
    tokio::time::sleep(pause.mul_f64(share)).await;
}
