//! What is seen of one call, served or made: its span, its duration, its final status.

use std::time::Instant;

use opentelemetry::KeyValue;
use opentelemetry::metrics::{Histogram, Meter};
use tonic::Code;
use tracing::Span;

/// All canonical codes, by their number.
const CODES: [(Code, &str); 17] = [
    (Code::Ok, "OK"),
    (Code::Cancelled, "CANCELLED"),
    (Code::Unknown, "UNKNOWN"),
    (Code::InvalidArgument, "INVALID_ARGUMENT"),
    (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"),
    (Code::NotFound, "NOT_FOUND"),
    (Code::AlreadyExists, "ALREADY_EXISTS"),
    (Code::PermissionDenied, "PERMISSION_DENIED"),
    (Code::ResourceExhausted, "RESOURCE_EXHAUSTED"),
    (Code::FailedPrecondition, "FAILED_PRECONDITION"),
    (Code::Aborted, "ABORTED"),
    (Code::OutOfRange, "OUT_OF_RANGE"),
    (Code::Unimplemented, "UNIMPLEMENTED"),
    (Code::Internal, "INTERNAL"),
    (Code::Unavailable, "UNAVAILABLE"),
    (Code::DataLoss, "DATA_LOSS"),
    (Code::Unauthenticated, "UNAUTHENTICATED"),
];

/// Upper bounds of the duration buckets, in seconds, of OpenTelemetry's rpc conventions.
const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Name of a code as the specification writes it.
pub(crate) fn code_name(code: Code) -> &'static str {
    CODES[code as usize % CODES.len()].1
}

/// A histogram of call durations, `rpc.server.call.duration` or `rpc.client.call.duration`.
pub(crate) fn durations(meter: &Meter, name: &'static str) -> Histogram<f64> {
    meter
        .f64_histogram(name)
        .with_unit("s")
        .with_description("Duration of calls")
        .with_boundaries(BUCKETS.to_vec())
        .build()
}

/// The metric labels of one method, made once for every code.
#[derive(Debug)]
pub(crate) struct Labels([[KeyValue; 3]; 17]);

impl Labels {
    pub(crate) fn of(method: &'static str) -> Self {
        Self(CODES.map(|(_, code)| {
            [
                KeyValue::new("rpc.system.name", "grpc"),
                KeyValue::new("rpc.method", method),
                KeyValue::new("rpc.response.status_code", code),
            ]
        }))
    }

    fn with(&self, code: Code) -> &[KeyValue] {
        &self.0[code as usize % CODES.len()]
    }
}

/// One call under way. Dropping it without an end means that the caller has left.
pub(crate) struct Observation {
    pub(crate) span: Span,
    started: Instant,
    durations: Histogram<f64>,
    labels: std::sync::Arc<Labels>,
    ended: bool,
}

impl Observation {
    pub(crate) fn begin(
        span: Span,
        started: Instant,
        durations: Histogram<f64>,
        labels: std::sync::Arc<Labels>,
    ) -> Self {
        Self {
            span,
            started,
            durations,
            labels,
            ended: false,
        }
    }

    /// Notes the final status. Only the first one counts.
    pub(crate) fn end(&mut self, code: Code) {
        if self.ended {
            return;
        }
        self.ended = true;
        self.durations
            .record(self.started.elapsed().as_secs_f64(), self.labels.with(code));
        if self.span.is_disabled() {
            return;
        }
        let name = code_name(code);
        self.span.record("rpc.response.status_code", name);
        if is_failure(code) {
            self.span.record("error.type", name);
            self.span.record("otel.status_code", "ERROR");
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.end(Code::Cancelled);
    }
}

/// Codes that mean a failure of the server rather than an answer to the caller.
fn is_failure(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_sits_at_its_number() {
        for (number, (code, name)) in CODES.iter().enumerate() {
            assert_eq!(*code as usize, number);
            assert_eq!(code_name(*code), *name);
        }
    }
}
