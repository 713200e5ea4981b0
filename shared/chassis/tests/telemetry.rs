//! Traces and metrics over the real exporter, into a receiver inside the test.
//!
//! A test process of its own: telemetry is installed once per process.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "what fails here fails its test; the echo service has more than is used here"
)]

#[path = "it/echo.rs"]
mod echo;

use chassis::telemetry::Telemetry;
use chassis::{Context, RunningService, TelemetrySettings};
use testkit::otlp::{ReceivedSpan, Sink};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::echo::{Echo, ask, caller, channel, patient, text, toward};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER_SPAN: &str = "b7ad6b7169203331";

async fn call(channel: &Channel, what: &str, flags: &str) -> Result<String, tonic::Status> {
    let mut request = text(what);
    let parent = format!("00-{TRACE}-{CALLER_SPAN}-{flags}");
    request
        .metadata_mut()
        .insert("traceparent", parent.parse().unwrap());
    ask(channel, request).await
}

async fn near_and_far() -> (RunningService, RunningService) {
    let context = Context::default();
    let far = Echo::new(None).serve(&patient(), &context).await;
    let onward = caller(&toward(far.uri()));
    let near = Echo::new(Some(onward)).serve(&patient(), &context).await;
    (near, far)
}

fn child_of<'s>(spans: &'s [ReceivedSpan], parent: &str) -> &'s ReceivedSpan {
    spans
        .iter()
        .find(|span| span.parent_span_id == parent)
        .unwrap_or_else(|| panic!("no child of {parent} in {spans:#?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_trace_leads_through_both_services_and_others_cost_no_spans() {
    let sink = Sink::start().await;
    let settings = TelemetrySettings {
        otlp_endpoint: sink.endpoint.clone(),
        ..TelemetrySettings::default()
    };
    let telemetry = Telemetry::install("echo", &settings).unwrap();
    let (near, _far) = near_and_far().await;
    let channel = channel(&near).await;

    // Neither of these may leave a span behind.
    assert_eq!(
        call(&channel, "trace", "00").await.unwrap(),
        format!("{TRACE} false")
    );
    HealthClient::new(channel.clone())
        .check(HealthCheckRequest::default())
        .await
        .unwrap();
    tracing::info_span!("outside of any trace").in_scope(|| ());

    call(&channel, "forward hello", "01").await.unwrap();
    let spans = sink.wait_for(|spans| spans.len() >= 3).await;
    assert_eq!(spans.len(), 3, "{spans:#?}");
    assert!(
        spans
            .iter()
            .all(|span| span.trace_id == TRACE && span.service == "echo")
    );
    let served = child_of(&spans, CALLER_SPAN);
    let called = child_of(&spans, &served.span_id);
    let far_served = child_of(&spans, &called.span_id);
    for span in [served, called, far_served] {
        assert_eq!(span.name, "echo.v1.Echo/Ask");
        assert_eq!(span.attributes["rpc.system.name"], "grpc");
        assert_eq!(span.attributes["rpc.method"], "echo.v1.Echo/Ask");
        assert_eq!(span.attributes["rpc.response.status_code"], "OK");
        assert!(!span.failed);
    }

    // Refusals are answers, panics are failures.
    assert!(call(&channel, "refuse", "01").await.is_err());
    assert!(call(&channel, "panic", "01").await.is_err());
    telemetry.shut_down().await;
    let spans = sink.spans();
    let with_code = |code: &str| {
        let has = |span: &&ReceivedSpan| span.attributes["rpc.response.status_code"] == code;
        spans
            .iter()
            .find(has)
            .unwrap_or_else(|| panic!("no {code} in {spans:#?}"))
    };
    assert!(!with_code("FAILED_PRECONDITION").failed);
    assert!(with_code("INTERNAL").failed);

    let metrics = sink.metrics();
    let durations = &metrics["rpc.server.call.duration"];
    assert!(durations.contains("echo.v1.Echo/Ask") && durations.contains("FAILED_PRECONDITION"));
    assert!(
        !durations.contains("grpc.health"),
        "health calls are not counted"
    );
    assert!(metrics.contains_key("rpc.client.call.duration"));
    assert!(metrics.contains_key("rekindle.handler.panics"));
    assert!(metrics.contains_key("rekindle.server.calls_in_flight"));
}
