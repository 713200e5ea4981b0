//! Spans as JSON.

use serde_json::{Value, json};

use crate::client::hexadecimal;
use crate::trace::CollectedSpan;

/// One span of a trace.
pub fn span(span: &CollectedSpan) -> Value {
    json!({
        "span_id": hexadecimal(&span.span_id),
        "parent_id": hexadecimal(&span.parent_id),
        "service": span.service,
        "name": span.name,
        "system": span.system,
        "start_unix_nanoseconds": span.start_nanoseconds.to_string(),
        "duration_microseconds": span.duration_nanoseconds / 1_000,
        "is_error": span.is_error,
    })
}
