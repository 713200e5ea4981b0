//! An OTLP receiver inside this process. It keeps the spans of the traces that were asked for and
//! forgets the rest, so that a long load cannot fill the memory.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::CollectedSpan;
use crate::failure::Failure;

/// After the last span of a whole tree, how long to wait for one more.
const QUIET: Duration = Duration::from_millis(300);

/// The receiver. It stops when it is dropped.
#[derive(Debug)]
pub struct Collector {
    address: String,
    kept: Kept,
    changes: watch::Receiver<u64>,
    _server: JoinSet<()>,
}

#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Spans>>);

#[derive(Debug, Default)]
struct Spans {
    wanted: HashSet<Vec<u8>>,
    spans: Vec<CollectedSpan>,
}

impl Kept {
    fn open(&self) -> MutexGuard<'_, Spans> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Collector {
    /// Listens on a free port of this machine.
    pub fn start() -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::failed(format!(
                "no port is free for the receiver of spans: {error}"
            ))
        };
        let any = ([127, 0, 0, 1], 0).into();
        let incoming = TcpIncoming::bind(any).map_err(|error| failed(&error))?;
        let address = incoming.local_addr().map_err(|error| failed(&error))?;
        let kept = Kept::default();
        let (announce, changes) = watch::channel(0);
        let receiver = Receiver {
            kept: kept.clone(),
            announce,
        };
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It ends with the process; what it could say then, nobody reads.
            let _ = Server::builder()
                .add_service(TraceServiceServer::new(receiver))
                .add_service(MetricsServiceServer::new(NoMetrics))
                .serve_with_incoming(incoming)
                .await;
        });
        Ok(Self {
            address: format!("http://{address}"),
            kept,
            changes,
            _server: server,
        })
    }

    /// Where services send their spans.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Keeps the spans of a trace from now on.
    pub fn keep(&self, trace_id: [u8; 16]) {
        self.kept.open().wanted.insert(trace_id.to_vec());
    }

    /// The spans of a trace, once `is_whole` says so and no more come, or after `patience`.
    pub async fn spans(
        &mut self,
        trace_id: [u8; 16],
        patience: Duration,
        is_whole: impl Fn(&[CollectedSpan]) -> bool,
    ) -> Vec<CollectedSpan> {
        let end = Instant::now() + patience;
        loop {
            self.changes.borrow_and_update();
            let spans = self.of_trace(trace_id);
            let until = if is_whole(&spans) {
                (Instant::now() + QUIET).min(end)
            } else {
                end
            };
            match timeout_at(until, self.changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return self.of_trace(trace_id),
            }
        }
    }

    fn of_trace(&self, trace_id: [u8; 16]) -> Vec<CollectedSpan> {
        let kept = self.kept.open();
        kept.spans
            .iter()
            .filter(|span| span.trace_id == trace_id)
            .cloned()
            .collect()
    }
}

struct Receiver {
    kept: Kept,
    announce: watch::Sender<u64>,
}

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let all = request.into_inner().resource_spans;
        let spans = all.into_iter().flat_map(CollectedSpan::of_resource);
        {
            let mut kept = self.kept.open();
            let wanted: Vec<_> = spans
                .filter(|it| kept.wanted.contains(&it.trace_id))
                .collect();
            kept.spans.extend(wanted);
        }
        self.announce.send_modify(|count| *count += 1);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Services send metrics to the same place; a tree has no use for them.
struct NoMetrics;

#[tonic::async_trait]
impl MetricsService for NoMetrics {
    async fn export(
        &self,
        _request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
    use opentelemetry_proto::tonic::resource::v1::Resource;
    use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

    use super::*;

    fn named(service: &str) -> Resource {
        let value = Some(AnyValue {
            value: Some(Value::StringValue(service.to_owned())),
        });
        let name = KeyValue {
            key: "service.name".to_owned(),
            value,
            ..Default::default()
        };
        Resource {
            attributes: vec![name],
            ..Default::default()
        }
    }

    fn spans_of(service: &str, traces: &[[u8; 16]]) -> ExportTraceServiceRequest {
        let span = |trace_id: &[u8; 16]| Span {
            trace_id: trace_id.to_vec(),
            span_id: vec![1; 8],
            name: "insert decision".to_owned(),
            start_time_unix_nano: 10,
            end_time_unix_nano: 25,
            ..Default::default()
        };
        let spans = traces.iter().map(span).collect();
        let scope = ScopeSpans {
            spans,
            ..Default::default()
        };
        let resource_spans = vec![ResourceSpans {
            resource: Some(named(service)),
            scope_spans: vec![scope],
            ..Default::default()
        }];
        ExportTraceServiceRequest { resource_spans }
    }

    #[tokio::test]
    async fn spans_of_the_wanted_trace_are_kept_and_others_are_not() {
        let mut collector = Collector::start().expect("a free port");
        let (wanted, other) = ([7; 16], [8; 16]);
        collector.keep(wanted);
        let address = collector.address().to_owned();
        let mut client = TraceServiceClient::connect(address)
            .await
            .expect("it listens");
        let request = spans_of("offers", &[wanted, other]);
        client.export(request).await.expect("it takes spans");
        let patience = Duration::from_secs(10);
        let spans = collector
            .spans(wanted, patience, |spans| !spans.is_empty())
            .await;
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].service, "offers");
        assert_eq!(spans[0].duration_nanoseconds, 15);
        assert!(collector.of_trace(other).is_empty());
    }
}
