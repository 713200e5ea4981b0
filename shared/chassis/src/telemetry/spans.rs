//! Sending spans: a bounded queue that counts what it drops.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::metrics::Counter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Span, SpanData, SpanExporter, SpanProcessor,
};

/// How many spans go out in one message.
const BATCH: usize = 512;

/// A batch processor that drops, and counts, what does not fit into its queue. The library's own
/// says how many it dropped only when it shuts down.
#[derive(Debug)]
pub(crate) struct BoundedSpans {
    inner: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
    most: usize,
    dropped: Counter<u64>,
}

/// Notes what leaves the queue.
#[derive(Debug)]
struct Leaving<E> {
    inner: E,
    waiting: Arc<AtomicUsize>,
}

impl BoundedSpans {
    pub(crate) fn new<E: SpanExporter + 'static>(exporter: E, most: usize) -> Self {
        let waiting = Arc::new(AtomicUsize::new(0));
        let leaving = Leaving {
            inner: exporter,
            waiting: Arc::clone(&waiting),
        };
        // Larger than ours, so that it is always ours that drops.
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(most + 2 * BATCH)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(Duration::from_secs(1))
            .build();
        let inner = BatchSpanProcessor::builder(leaving)
            .with_batch_config(config)
            .build();
        let dropped = opentelemetry::global::meter("chassis")
            .u64_counter("rekindle.telemetry.spans_dropped")
            .with_description("Spans that did not fit into the queue")
            .build();
        Self {
            inner,
            waiting,
            most,
            dropped,
        }
    }
}

impl SpanProcessor for BoundedSpans {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if self.waiting.fetch_add(1, Ordering::Relaxed) < self.most {
            self.inner.on_end(span);
        } else {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.dropped.add(1, &[]);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl<E: SpanExporter> SpanExporter for Leaving<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len();
        let result = self.inner.export(batch).await;
        self.waiting.fetch_sub(count, Ordering::Relaxed);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Counting(Arc<AtomicUsize>);

    impl SpanExporter for Counting {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.fetch_add(batch.len(), Ordering::SeqCst);
            Ok(())
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_there_is_room_again_afterwards() {
        let sent = Counting::default();
        let processor = BoundedSpans::new(sent.clone(), 10);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .build();
        let tracer = provider.tracer("test");
        for expected in [10, 20] {
            for _ in 0..30 {
                drop(tracer.start("span"));
            }
            provider.force_flush().unwrap();
            assert_eq!(sent.0.load(Ordering::SeqCst), expected);
        }
    }
}
