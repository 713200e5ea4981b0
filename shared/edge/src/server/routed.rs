//! What the layer knows of each method before any call comes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use kernel::refusal::{Kind, Refusal};
use opentelemetry::global;
use opentelemetry::metrics::{Counter, Histogram};
use tracing::Span;

use super::admission::{Admission, Place};
use super::settings::EdgeSettings;
use crate::boundary::Boundary;
use crate::deadline;
use crate::methods::Methods;
use crate::observation::{Labels, durations};
use crate::trace::{ROOT_TARGET, Sampler, TraceContext};

/// One method with its limits.
pub(crate) struct Routed {
    pub(crate) name: &'static str,
    pub(crate) streaming: bool,
    pub(crate) labels: Arc<Labels>,
    admission: Admission,
    default_time: Duration,
    longest_time: Duration,
}

pub(crate) struct Shared {
    pub(crate) boundary: Boundary,
    pub(crate) durations: Histogram<f64>,
    pub(crate) panics: Counter<u64>,
    routed: HashMap<String, Routed>,
    unknown: Arc<Labels>,
    sampler: Sampler,
    overload_retry_after: Duration,
}

impl Shared {
    pub(crate) fn new(
        settings: &EdgeSettings,
        boundary: Boundary,
        methods: &Methods,
        trace_ratio: f64,
    ) -> Self {
        let meter = global::meter("edge");
        let calls = Admission::new(settings.max_calls_in_flight);
        let streams = Admission::new(settings.max_streams_in_flight);
        let routed = methods.iter().map(|(path, method)| {
            let admission = if method.streaming { &streams } else { &calls };
            let (default_time, longest_time) = settings.times_of(method);
            let routed = Routed {
                name: method.name,
                streaming: method.streaming,
                labels: Arc::new(Labels::of(method.name)),
                admission: admission.clone(),
                default_time,
                longest_time,
            };
            (path.clone(), routed)
        });
        let shared = Self {
            boundary,
            durations: durations(&meter, "rpc.server.call.duration"),
            panics: meter.u64_counter("rekindle.handler.panics").build(),
            routed: routed.collect(),
            unknown: Arc::new(Labels::of("_OTHER")),
            sampler: Sampler::new(trace_ratio),
            overload_retry_after: settings.overload_retry_after(),
        };
        observe_in_flight(&meter, calls, streams);
        shared
    }

    pub(crate) fn find(&self, path: &str) -> Option<&Routed> {
        self.routed.get(path)
    }

    /// Names of unknown methods are the caller's invention: they never label a metric.
    pub(crate) fn unknown_labels(&self) -> Arc<Labels> {
        Arc::clone(&self.unknown)
    }

    /// Joins the caller's trace or starts one, with a span if it is kept.
    pub(crate) fn trace(&self, headers: &HeaderMap, method: &'static str) -> (TraceContext, Span) {
        let caller = TraceContext::read(headers);
        let kept = caller.map_or_else(|| self.sampler.keeps_next(), |context| context.sampled);
        if !kept {
            return (
                caller.unwrap_or_else(|| TraceContext::start(false)),
                Span::none(),
            );
        }
        let span = tracing::info_span!(
            target: ROOT_TARGET,
            parent: None,
            "rpc",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = tracing::field::Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = tracing::field::Empty,
            error.type = tracing::field::Empty,
        );
        if let Some(context) = caller {
            context.adopt(&span);
        }
        let context = TraceContext::of(&span).or(caller);
        (context.unwrap_or_else(|| TraceContext::start(true)), span)
    }

    /// Takes a place among the calls in flight.
    pub(crate) fn admit(&self, routed: &Routed) -> Result<Place, Refusal> {
        routed.admission.enter().ok_or_else(|| {
            Refusal::unavailable(
                "OVERLOADED",
                "too many calls are in flight; try again later",
                self.overload_retry_after,
            )
        })
    }
}

impl Routed {
    /// Returns how long the call may take.
    pub(crate) fn time(&self, headers: &HeaderMap) -> Result<Duration, Refusal> {
        match deadline::read(headers) {
            Ok(None) => Ok(self.default_time),
            Ok(Some(given)) => Ok(deadline::early(given).min(self.longest_time)),
            Err(malformed) => {
                let text = malformed.to_string();
                Err(Refusal::new(Kind::Malformed, "INVALID_FIELD", text))
            }
        }
    }
}

fn observe_in_flight(meter: &opentelemetry::metrics::Meter, calls: Admission, streams: Admission) {
    let in_flight = move |kind: &Admission| u64::try_from(kind.in_flight()).unwrap_or(u64::MAX);
    meter
        .u64_observable_gauge("rekindle.server.calls_in_flight")
        .with_description("Calls being served, by kind")
        .with_callback(move |observer| {
            observer.observe(
                in_flight(&calls),
                &[opentelemetry::KeyValue::new("kind", "unary")],
            );
            observer.observe(
                in_flight(&streams),
                &[opentelemetry::KeyValue::new("kind", "stream")],
            );
        })
        .build();
}
