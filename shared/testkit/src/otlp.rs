//! An OTLP receiver inside the test: what the real exporter sent over a real socket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

use crate::hex;

/// A span as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedSpan {
    /// `service.name` of the sender.
    pub service: String,
    /// Name of the span.
    pub name: String,
    /// Whether it is a `server`'s, a `client`'s or `internal`.
    pub kind: &'static str,
    /// Trace, in hexadecimal.
    pub trace_id: String,
    /// Span, in hexadecimal.
    pub span_id: String,
    /// Parent span, in hexadecimal; empty for a root.
    pub parent_span_id: String,
    /// Attributes, as text.
    pub attributes: BTreeMap<String, String>,
    /// Whether the span ended in an error.
    pub failed: bool,
}

/// Receives spans and metrics. Clones share what was received.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    /// Where to send to, for settings.
    pub endpoint: String,
    received: Arc<Received>,
}

#[derive(Debug, Default)]
struct Received {
    spans: Mutex<Vec<ReceivedSpan>>,
    metrics: Mutex<BTreeMap<String, String>>,
    messages: Mutex<Vec<Vec<u8>>>,
    changed: Notify,
}

impl Received {
    fn keep(&self, message: &impl Message) {
        self.messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message.encode_to_vec());
    }
}

impl Sink {
    /// Starts receiving on a port of its own.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let sink = Self {
            endpoint: format!("http://{address}"),
            ..Self::default()
        };
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(sink.clone()))
            .add_service(MetricsServiceServer::new(sink.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        sink
    }

    /// Returns the spans received so far.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.received
            .spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns the metrics received so far: the last value of each, as its debug text, by name.
    pub fn metrics(&self) -> BTreeMap<String, String> {
        self.received
            .metrics
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Returns every message received so far, encoded: whatever was sent is in there, read or not.
    pub fn messages(&self) -> Vec<Vec<u8>> {
        self.received
            .messages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until `enough` spans are there; fails the test after ten seconds.
    pub async fn wait_for(&self, enough: impl Fn(&[ReceivedSpan]) -> bool) -> Vec<ReceivedSpan> {
        let waiting = async {
            loop {
                let changed = self.received.changed.notified();
                let spans = self.spans();
                if enough(&spans) {
                    return spans;
                }
                changed.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting)
            .await
            .unwrap_or_else(|_| panic!("not enough spans arrived: {:#?}", self.spans()))
    }
}

#[tonic::async_trait]
impl TraceService for Sink {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.received.keep(request.get_ref());
        let mut spans = self
            .received
            .spans
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for resource in request.into_inner().resource_spans {
            let about = attributes(&resource.resource.unwrap_or_default().attributes);
            let service = about.get("service.name").cloned().unwrap_or_default();
            for span in resource
                .scope_spans
                .into_iter()
                .flat_map(|scope| scope.spans)
            {
                spans.push(ReceivedSpan {
                    service: service.clone(),
                    kind: kind(span.kind()),
                    name: span.name,
                    trace_id: hex(&span.trace_id),
                    span_id: hex(&span.span_id),
                    parent_span_id: hex(&span.parent_span_id),
                    attributes: attributes(&span.attributes),
                    failed: span.status.is_some_and(|status| status.code == 2),
                });
            }
        }
        drop(spans);
        self.received.changed.notify_waiters();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Sink {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.received.keep(request.get_ref());
        let mut metrics = self
            .received
            .metrics
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let scopes = request
            .into_inner()
            .resource_metrics
            .into_iter()
            .flat_map(|resource| resource.scope_metrics);
        for metric in scopes.flat_map(|scope| scope.metrics) {
            metrics.insert(metric.name.clone(), format!("{:?}", metric.data));
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Internal => "internal",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
        SpanKind::Unspecified => "unspecified",
    }
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|pair| (pair.key.clone(), text(pair.value.as_ref())))
        .collect()
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}
