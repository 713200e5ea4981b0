//! Draws the spans of one trace as a tree, parents above their children, in the order of time.

use std::collections::{HashMap, HashSet};

use super::CollectedSpan;
use crate::screen::paper::printable;

/// Names that are longer are cut, so that one statement stays on one line.
const MAX_NAME: usize = 90;

/// Whether nothing of the trace seems to be missing: every service named has spoken, and every
/// parent is there.
pub fn is_whole(spans: &[CollectedSpan], services: &[&str]) -> bool {
    let ids: HashSet<&[u8]> = spans.iter().map(|span| span.span_id.as_slice()).collect();
    let has_spoken = |service: &&str| spans.iter().any(|span| span.service == *service);
    let has_parent =
        |span: &CollectedSpan| span.parent_id.is_empty() || ids.contains(span.parent_id.as_slice());
    services.iter().all(has_spoken) && spans.iter().all(has_parent)
}

/// The tree as lines: how long, who, what.
pub fn tree(spans: &[CollectedSpan]) -> String {
    let ids: HashSet<&[u8]> = spans.iter().map(|span| span.span_id.as_slice()).collect();
    let mut children: HashMap<&[u8], Vec<&CollectedSpan>> = HashMap::new();
    let mut roots = Vec::new();
    for span in spans {
        if ids.contains(span.parent_id.as_slice()) {
            children.entry(&span.parent_id).or_default().push(span);
        } else {
            roots.push(span);
        }
    }
    let mut drawing = Drawing {
        children,
        lines: Vec::new(),
    };
    roots.sort_by_key(|span| span.start_nanoseconds);
    for root in roots {
        drawing.draw(root, "", "");
    }
    drawing.lines.join("\n")
}

struct Drawing<'spans> {
    children: HashMap<&'spans [u8], Vec<&'spans CollectedSpan>>,
    lines: Vec<String>,
}

impl Drawing<'_> {
    fn draw(&mut self, span: &CollectedSpan, branch: &str, below: &str) {
        self.lines.push(format!(
            "{:>10}  {:<9}  {branch}{}",
            milliseconds(span.duration_nanoseconds),
            span.service,
            described(span)
        ));
        // Taken out, so that spans that name each other as parents cannot run for ever.
        let mut children = self
            .children
            .remove(span.span_id.as_slice())
            .unwrap_or_default();
        children.sort_by_key(|child| child.start_nanoseconds);
        let count = children.len();
        for (index, child) in children.into_iter().enumerate() {
            let (turn, line) = if index + 1 == count {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            self.draw(child, &format!("{below}{turn}"), &format!("{below}{line}"));
        }
    }
}

fn described(span: &CollectedSpan) -> String {
    let name = printable(&span.name);
    let mut text: String = name.chars().take(MAX_NAME).collect();
    if name.chars().count() > MAX_NAME {
        text.push('…');
    }
    if !span.system.is_empty() {
        text = format!("{text} [{}]", printable(&span.system));
    }
    if span.is_error {
        text.push_str(" FAILED");
    }
    text
}

fn milliseconds(nanoseconds: u64) -> String {
    let microseconds = nanoseconds / 1_000;
    format!(
        "{}.{:02} ms",
        microseconds / 1_000,
        microseconds % 1_000 / 10
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(id: u8, parent: u8, service: &str, name: &str, start: u64) -> CollectedSpan {
        CollectedSpan {
            trace_id: vec![9; 16],
            span_id: vec![id; 8],
            parent_id: if parent == 0 {
                Vec::new()
            } else {
                vec![parent; 8]
            },
            service: service.to_owned(),
            name: name.to_owned(),
            system: String::new(),
            start_nanoseconds: start,
            duration_nanoseconds: 1_230_000,
            is_error: false,
        }
    }

    fn call() -> Vec<CollectedSpan> {
        let mut redis = span(4, 3, "offers", "GET", 30);
        redis.system = "redis".to_owned();
        let mut insert = span(5, 3, "offers", "INSERT decision", 40);
        insert.system = "postgresql".to_owned();
        insert.is_error = true;
        vec![
            insert,
            redis,
            span(3, 2, "offers", "RequestSaveOffer", 20),
            span(2, 1, "rekindle", "RequestSaveOffer", 15),
            span(1, 0, "rekindle", "rekindle call", 10),
            span(6, 1, "rekindle", "RecordResponse", 50),
        ]
    }

    #[test]
    fn children_stand_below_their_parents_in_the_order_of_time() {
        let expected = "   1.23 ms  rekindle   rekindle call
   1.23 ms  rekindle   ├─ RequestSaveOffer
   1.23 ms  offers     │  └─ RequestSaveOffer
   1.23 ms  offers     │     ├─ GET [redis]
   1.23 ms  offers     │     └─ INSERT decision [postgresql] FAILED
   1.23 ms  rekindle   └─ RecordResponse";
        assert_eq!(tree(&call()), expected);
    }

    #[test]
    fn spans_without_their_parent_stand_on_their_own() {
        let orphan = [span(3, 2, "offers", "orphan", 20)];
        assert_eq!(tree(&orphan).lines().count(), 1);
        assert!(!is_whole(&orphan, &["offers"]));
    }

    #[test]
    fn spans_that_are_each_others_parents_do_not_hang() {
        let ring = [span(1, 2, "a", "one", 1), span(2, 1, "a", "two", 2)];
        assert_eq!(tree(&ring), "");
    }

    #[test]
    fn a_tree_is_whole_when_every_service_has_spoken() {
        assert!(is_whole(&call(), &["offers"]));
        assert!(!is_whole(&call(), &["offers", "lifecycle"]));
    }
}
