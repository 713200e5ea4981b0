//! The trace that begins at the command line: its id travels in `traceparent`, and its own spans
//! are kept, so that a tree of the whole call can be drawn.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use kernel::time::{Clock as _, SystemClock, Timestamp};

/// A span of the command line itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSpan {
    /// The id.
    pub span_id: [u8; 8],
    /// The span it is part of; none for the root.
    pub parent_id: Option<[u8; 8]>,
    /// What was done.
    pub name: String,
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// Whether it went well.
    pub is_ok: bool,
}

/// One trace: a root span and the calls under it.
#[derive(Debug)]
pub struct Trace {
    id: [u8; 16],
    root_id: [u8; 8],
    name: String,
    start: Timestamp,
    calls: Mutex<Vec<ClientSpan>>,
}

/// A call that has begun.
#[derive(Debug)]
pub(super) struct OpenSpan<'trace> {
    trace: &'trace Trace,
    span_id: [u8; 8],
    name: String,
    start: Timestamp,
}

impl Trace {
    /// Begins a trace.
    pub fn begin(name: impl Into<String>) -> Self {
        Self {
            // The last bit keeps it from being all zeros, which the standard forbids.
            id: (rand::random::<u128>() | 1).to_be_bytes(),
            root_id: new_span_id(),
            name: name.into(),
            start: SystemClock.now(),
            calls: Mutex::new(Vec::new()),
        }
    }

    /// The id in hexadecimal, as logs have it.
    pub fn trace_id(&self) -> String {
        hexadecimal(&self.id)
    }

    /// The id as it travels.
    pub fn trace_id_bytes(&self) -> [u8; 16] {
        self.id
    }

    pub(super) fn open(&self, name: &str) -> OpenSpan<'_> {
        OpenSpan {
            trace: self,
            span_id: new_span_id(),
            name: name.to_owned(),
            start: SystemClock.now(),
        }
    }

    /// The root, which ends now, and the calls made so far.
    pub fn spans(&self) -> Vec<ClientSpan> {
        let root = ClientSpan {
            span_id: self.root_id,
            parent_id: None,
            name: self.name.clone(),
            start: self.start,
            end: SystemClock.now(),
            is_ok: true,
        };
        let mut spans = vec![root];
        spans.extend(
            self.calls
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .cloned(),
        );
        spans
    }
}

impl OpenSpan<'_> {
    /// The W3C header that makes the service's span a child of this one.
    pub(super) fn traceparent(&self) -> String {
        format!(
            "00-{}-{}-01",
            self.trace.trace_id(),
            hexadecimal(&self.span_id)
        )
    }

    pub(super) fn close(self, is_ok: bool) {
        let span = ClientSpan {
            span_id: self.span_id,
            parent_id: Some(self.trace.root_id),
            name: self.name,
            start: self.start,
            end: SystemClock.now(),
            is_ok,
        };
        self.trace
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(span);
    }
}

fn new_span_id() -> [u8; 8] {
    (rand::random::<u64>() | 1).to_be_bytes()
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_form_of_the_standard_and_names_the_call() {
        let trace = Trace::begin("call");
        let span = trace.open("offers/RequestSaveOffer");
        let header = span.traceparent();
        let parts: Vec<&str> = header.split('-').collect();
        assert_eq!(
            parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
            [2, 32, 16, 2]
        );
        assert_eq!(parts[1], trace.trace_id());
        let id = hexadecimal(&span.span_id);
        assert_eq!(parts[2], id);
        span.close(true);
        let spans = trace.spans();
        assert_eq!(spans.len(), 2);
        assert_eq!(spans[1].parent_id, Some(spans[0].span_id));
        assert_eq!(hexadecimal(&spans[1].span_id), id);
    }
}
