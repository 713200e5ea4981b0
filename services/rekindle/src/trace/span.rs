//! One span, from any of the services or from the command line itself.

use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};

use crate::client::ClientSpan;

/// What a tree needs of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectedSpan {
    /// The trace.
    pub trace_id: Vec<u8>,
    /// The span.
    pub span_id: Vec<u8>,
    /// The span it is part of; empty for a root.
    pub parent_id: Vec<u8>,
    /// Who did it.
    pub service: String,
    /// What was done.
    pub name: String,
    /// What it was done with, for example `postgresql` or `redis`; empty for our own code.
    pub system: String,
    /// When it began, in nanoseconds since 1970.
    pub start_nanoseconds: u64,
    /// How long it took, in nanoseconds.
    pub duration_nanoseconds: u64,
    /// It failed.
    pub is_error: bool,
}

impl CollectedSpan {
    /// A span of the command line itself.
    pub fn of_client(trace_id: [u8; 16], span: &ClientSpan) -> Self {
        let nanoseconds =
            |time: kernel::time::Timestamp| u64::try_from(time.as_nanosecond()).unwrap_or_default();
        let (start, end) = (nanoseconds(span.start), nanoseconds(span.end));
        Self {
            trace_id: trace_id.to_vec(),
            span_id: span.span_id.to_vec(),
            parent_id: span.parent_id.map_or_else(Vec::new, |id| id.to_vec()),
            service: "rekindle".to_owned(),
            name: span.name.clone(),
            system: String::new(),
            start_nanoseconds: start,
            duration_nanoseconds: end.saturating_sub(start),
            is_error: !span.is_ok,
        }
    }

    /// The spans of one service, as OTLP has them.
    pub(super) fn of_resource(resource_spans: ResourceSpans) -> Vec<Self> {
        let attributes = resource_spans
            .resource
            .map(|it| it.attributes)
            .unwrap_or_default();
        let service = text(&attributes, "service.name").unwrap_or_else(|| "unknown".to_owned());
        resource_spans
            .scope_spans
            .into_iter()
            .flat_map(|scope| scope.spans)
            .map(|span| Self::of_service(&service, span))
            .collect()
    }

    fn of_service(service: &str, span: Span) -> Self {
        let is_error = span
            .status
            .is_some_and(|status| status.code() == StatusCode::Error);
        Self {
            trace_id: span.trace_id,
            span_id: span.span_id,
            parent_id: span.parent_span_id,
            service: service.to_owned(),
            name: span.name,
            system: text(&span.attributes, "db.system.name").unwrap_or_default(),
            start_nanoseconds: span.start_time_unix_nano,
            duration_nanoseconds: span
                .end_time_unix_nano
                .saturating_sub(span.start_time_unix_nano),
            is_error,
        }
    }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}
