//! The spans of one trace as a tree, written so that two trees are easy to compare.

use std::fmt::Write;

use testkit::otlp::ReceivedSpan;
use tonic::Request;

/// A trace that a client has begun and wants to be kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClientTrace {
    /// Its number; ids are made of it.
    pub(super) number: u32,
}

impl ClientTrace {
    /// The id of the trace, in hexadecimal.
    pub(super) fn trace_id(self) -> String {
        format!("c0ffee{:026x}", self.number)
    }

    /// The id of the client's span, in hexadecimal.
    pub(super) fn span_id(self) -> String {
        format!("c11e47{:010x}", self.number)
    }

    /// Puts a call under the client's span; the flags say whether the trace is kept.
    pub(super) fn request<M>(self, message: M, flags: &str) -> Request<M> {
        let parent = format!("00-{}-{}-{flags}", self.trace_id(), self.span_id());
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        metadata.insert("traceparent", parent.parse().unwrap());
        request
    }

    /// The spans of the trace among all that were received.
    pub(super) fn among(self, all: &[ReceivedSpan]) -> Vec<ReceivedSpan> {
        let trace_id = self.trace_id();
        let of_trace = all.iter().filter(|span| span.trace_id == trace_id);
        of_trace.cloned().collect()
    }

    /// Draws the tree below the client's span: a span a line, indented below its parent, siblings
    /// by name. Fails the test if a span hangs elsewhere.
    pub(super) fn tree(self, spans: &[ReceivedSpan]) -> String {
        let mut text = String::new();
        draw(spans, &self.span_id(), 0, &mut text);
        let drawn = text.lines().count();
        assert_eq!(drawn, spans.len(), "not all below:\n{text}\n{spans:#?}");
        text
    }
}

fn draw(spans: &[ReceivedSpan], parent: &str, depth: usize, text: &mut String) {
    let children = spans.iter().filter(|span| span.parent_span_id == parent);
    let mut children: Vec<_> = children.map(|span| (line(span), span)).collect();
    children.sort_by(|one, other| one.0.cmp(&other.0));
    for (line, span) in children {
        writeln!(text, "{:indent$}{line}", "", indent = 2 * depth).unwrap();
        draw(spans, &span.span_id, depth + 1, text);
    }
}

/// What a span is: the service, the kind, the name, and how a call ended.
fn line(span: &ReceivedSpan) -> String {
    let mut line = format!("{} {} {}", span.service, span.kind, span.name);
    if let Some(code) = span.attributes.get("rpc.response.status_code") {
        line = format!("{line} {code}");
    }
    if span.failed {
        line.push_str(" failed");
    }
    line
}
