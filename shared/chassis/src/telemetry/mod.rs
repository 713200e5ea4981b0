//! Logs, traces and metrics of a process.

mod filter;
mod log;
mod settings;
mod spans;

use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::Subscriber;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

pub use settings::{LogFormat, TelemetrySettings};

use filter::KeptTraces;
use log::LogLines;
use spans::BoundedSpans;

/// How long the last spans and metrics may take to leave.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The telemetry of this process.
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

impl Telemetry {
    /// Installs logs, traces and metrics for the whole process. Needs a runtime of two threads.
    pub fn install(service: &'static str, settings: &TelemetrySettings) -> anyhow::Result<Self> {
        let mut telemetry = Self {
            traces: None,
            metrics: None,
        };
        if !settings.otlp_endpoint.is_empty() {
            let metrics = metrics(service, settings)?;
            global::set_meter_provider(metrics.clone());
            telemetry.metrics = Some(metrics);
            telemetry.traces = Some(traces(service, settings)?);
        }
        let exported = telemetry.traces.as_ref().map(|traces| {
            tracing_opentelemetry::layer::<_>()
                .with_tracer(traces.tracer("rekindle"))
                .with_location(false)
                .with_threads(false)
                .with_target(false)
                .with_tracked_inactivity(false)
                .with_filter(KeptTraces)
        });
        // An absent layer would count as one that wants every span, so that all of them were made.
        match exported {
            Some(exported) => Registry::default()
                .with(exported)
                .with(log_lines(service, settings)?)
                .try_init()?,
            None => Registry::default()
                .with(log_lines(service, settings)?)
                .try_init()?,
        }
        log_panics();
        Ok(telemetry)
    }

    /// Sends what is left, within a bound, and off the runtime's threads: the exporter blocks.
    pub async fn shut_down(self) {
        let last_words = tokio::task::spawn_blocking(move || {
            let traces = self
                .traces
                .map(|traces| traces.shutdown_with_timeout(LAST_WORDS));
            let metrics = self
                .metrics
                .map(|metrics| metrics.shutdown_with_timeout(LAST_WORDS));
            for error in [traces, metrics]
                .into_iter()
                .flatten()
                .filter_map(Result::err)
            {
                tracing::warn!("telemetry was not sent to the end: {error}");
            }
        });
        if tokio::time::timeout(LAST_WORDS * 2, last_words)
            .await
            .is_err()
        {
            tracing::warn!("telemetry was not sent in time");
        }
    }
}

fn log_lines<S>(
    service: &'static str,
    settings: &TelemetrySettings,
) -> anyhow::Result<impl Layer<S>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let wanted = EnvFilter::try_new(&settings.log_filter)?.and(filter_fn(is_event));
    let lines = LogLines::new(service, settings.log_format, settings.log_lines_per_second);
    Ok(lines.with_filter(wanted))
}

fn is_event(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_event()
}

fn resource(service: &'static str) -> Resource {
    Resource::builder().with_service_name(service).build()
}

fn traces(
    service: &'static str,
    settings: &TelemetrySettings,
) -> anyhow::Result<SdkTracerProvider> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&settings.otlp_endpoint)
        .with_timeout(Duration::from_secs(2))
        .build()?;
    Ok(SdkTracerProvider::builder()
        .with_resource(resource(service))
        // Which traces are kept is decided at the edge, before any span is made.
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
        .with_span_processor(BoundedSpans::new(exporter, settings.span_queue))
        .build())
}

fn metrics(
    service: &'static str,
    settings: &TelemetrySettings,
) -> anyhow::Result<SdkMeterProvider> {
    let exporter = MetricExporter::builder()
        .with_tonic()
        .with_endpoint(&settings.otlp_endpoint)
        .with_timeout(Duration::from_secs(2))
        .build()?;
    let interval = Duration::from_secs(settings.metrics_interval_seconds.max(1));
    let reader = PeriodicReader::builder(exporter)
        .with_interval(interval)
        .build();
    Ok(SdkMeterProvider::builder()
        .with_resource(resource(service))
        .with_reader(reader)
        .build())
}

/// Logs where a panic happened and never its message, which may quote a customer.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "a task panicked");
    }));
}
