//! Trace context of W3C, read and written without an SDK, so that unsampled calls cost nothing.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderValue};
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::call;

const HEADER: &str = "traceparent";

/// Target of the spans that begin a sampled trace in this process. The exporter keeps these, and
/// every span below a kept one; spans outside a kept one are never made.
pub const ROOT_TARGET: &str = "rekindle.trace";

/// Where a call stands in its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Identifies the trace.
    pub trace_id: u128,
    /// Identifies the span that caused the call.
    pub span_id: u64,
    /// Whether the trace is kept.
    pub sampled: bool,
}

/// Returns the trace of the call being served by this task, if any.
pub fn current() -> Option<TraceContext> {
    call::current().map(|call| call.trace)
}

/// Returns the full name of the method being served by this task, if any.
pub fn current_method() -> Option<&'static str> {
    call::current().map(|call| call.method)
}

impl TraceContext {
    /// Starts a trace.
    pub(crate) fn start(sampled: bool) -> Self {
        // Zero means "no id" on the wire.
        Self {
            trace_id: rand::random::<u128>() | 1,
            span_id: rand::random::<u64>() | 1,
            sampled,
        }
    }

    /// Reads the caller's context; anything malformed counts as none.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        Self::parse(headers.get(HEADER)?.to_str().ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let known_version = version == "00" && parts.next().is_none();
        let later_version = version != "ff" && version != "00";
        if !(known_version || later_version) || hex(version, 2).is_none() {
            return None;
        }
        let trace_id = hex(trace, 32).filter(|id| *id != 0)?;
        let span_id = u64::try_from(hex(span, 16)?).ok().filter(|id| *id != 0)?;
        Some(Self {
            trace_id,
            span_id,
            sampled: hex(flags, 2)? & 1 == 1,
        })
    }

    /// Writes the context for a callee.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.to_string()) {
            headers.insert(HEADER, value);
        }
    }

    /// Makes `span` a child of this context.
    pub(crate) fn adopt(&self, span: &Span) {
        let remote = SpanContext::new(
            TraceId::from_bytes(self.trace_id.to_be_bytes()),
            SpanId::from_bytes(self.span_id.to_be_bytes()),
            if self.sampled {
                TraceFlags::SAMPLED
            } else {
                TraceFlags::default()
            },
            true,
            TraceState::default(),
        );
        let context = opentelemetry::Context::new().with_remote_span_context(remote);
        // Fails only where no exporter is installed, and then nobody misses the parent.
        drop(span.set_parent(context));
    }

    /// Returns the context of a span that is being exported.
    pub(crate) fn of(span: &Span) -> Option<Self> {
        if span.is_disabled() {
            return None;
        }
        let context = span.context();
        let exported = context.span().span_context().clone();
        exported.is_valid().then(|| Self {
            trace_id: u128::from_be_bytes(exported.trace_id().to_bytes()),
            span_id: u64::from_be_bytes(exported.span_id().to_bytes()),
            sampled: exported.is_sampled(),
        })
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(
            formatter,
            "00-{:032x}-{:016x}-{flags:02x}",
            self.trace_id, self.span_id
        )
    }
}

fn hex(text: &str, length: usize) -> Option<u128> {
    let lower_case = text
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != length || !lower_case {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

/// Decides which of the traces that begin here are kept: a fixed share, evenly spread.
#[derive(Debug)]
pub(crate) struct Sampler {
    per_million: u64,
    seen: AtomicU64,
}

impl Sampler {
    pub(crate) fn new(ratio: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 0..=1 before"
        )]
        let per_million = (ratio.clamp(0.0, 1.0) * 1_000_000.0).round() as u64;
        Self {
            per_million,
            seen: AtomicU64::new(0),
        }
    }

    pub(crate) fn keeps_next(&self) -> bool {
        if self.per_million == 0 {
            return false;
        }
        let before = self.seen.fetch_add(self.per_million, Ordering::Relaxed);
        let after = before.wrapping_add(self.per_million);
        // The share's sum passes a whole number exactly as often as a trace is to be kept.
        before / 1_000_000 != after / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_context_reads_and_writes_the_same_text() {
        let context = TraceContext::parse(EXAMPLE).unwrap();
        assert!(context.sampled);
        assert_eq!(context.to_string(), EXAMPLE);
        assert!(
            !TraceContext::parse(&EXAMPLE.replace("-01", "-00"))
                .unwrap()
                .sampled
        );
    }

    #[test]
    fn a_malformed_context_is_none() {
        for text in [
            "",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_sampler_keeps_its_share() {
        for (ratio, expected) in [
            (0.0, 0),
            (0.1, 100),
            (0.25, 250),
            (1.0, 1_000),
            (7.0, 1_000),
        ] {
            let sampler = Sampler::new(ratio);
            assert_eq!(
                (0..1_000).filter(|_| sampler.keeps_next()).count(),
                expected,
                "{ratio}"
            );
        }
    }

    #[test]
    fn a_started_trace_is_valid_on_the_wire() {
        let context = TraceContext::start(false);
        assert_eq!(TraceContext::parse(&context.to_string()), Some(context));
    }
}
