//! Log lines: one event each, with the trace and the method of the call being served.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::settings::LogFormat;

/// Writes events to standard error. Spans are for traces; their fields are not repeated here.
pub(crate) struct LogLines {
    service: &'static str,
    format: LogFormat,
    rate: Rate,
}

impl LogLines {
    pub(crate) fn new(service: &'static str, format: LogFormat, most_per_second: u64) -> Self {
        Self {
            service,
            format,
            rate: Rate::new(most_per_second),
        }
    }

    fn line(&self, event: &Event<'_>, time: &str) -> String {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(trace) = edge::trace::current() {
            fields.set(
                "trace_id",
                Value::String(format!("{:032x}", trace.trace_id)),
            );
        }
        if let Some(method) = edge::trace::current_method() {
            fields.set("rpc.method", Value::from(method));
        }
        let left_out = self.rate.left_out();
        if left_out > 0 {
            fields.set("lines_left_out_before", Value::from(left_out));
        }
        let metadata = event.metadata();
        let level = metadata.level().as_str();
        match self.format {
            LogFormat::Text => fields.text(time, level, metadata.target()),
            LogFormat::Json => fields.json(time, level, metadata.target(), self.service),
        }
    }
}

impl<S: Subscriber> Layer<S> for LogLines {
    #[expect(
        clippy::disallowed_methods,
        reason = "the log has no clock handed to it"
    )]
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let now = kernel::time::Timestamp::now();
        if !self.rate.admits(now.as_second().unsigned_abs()) {
            return;
        }
        let line = self.line(event, &format!("{now:.6}"));
        // Without an output there is nobody to tell.
        drop(std::io::stderr().lock().write_all(line.as_bytes()));
    }
}

/// How many lines are written in a second. An outage fails thousands of calls a second for the same
/// reason; writing all of it would cost more than the outage.
struct Rate {
    most: u64,
    /// The second in the upper half, its lines so far in the lower.
    window: AtomicU64,
    left_out: AtomicU64,
}

impl Rate {
    fn new(most: u64) -> Self {
        Self {
            most,
            window: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
        }
    }

    fn admits(&self, second: u64) -> bool {
        if self.window.load(Ordering::Relaxed) >> 32 != second {
            // Two threads at the turn of a second may both begin it: a line more or less.
            self.window.store(second << 32, Ordering::Relaxed);
        }
        let lines = self.window.fetch_add(1, Ordering::Relaxed) & u64::from(u32::MAX);
        if lines < self.most {
            return true;
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        false
    }

    /// Returns, once, how many lines were left out.
    fn left_out(&self) -> u64 {
        if self.left_out.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.left_out.swap(0, Ordering::Relaxed)
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn set(&mut self, name: &str, value: Value) {
        self.others.insert(name.to_owned(), value);
    }

    fn json(self, time: &str, level: &str, target: &str, service: &str) -> String {
        let mut line = Map::new();
        let head = [
            ("time", time),
            ("level", level),
            ("service", service),
            ("target", target),
        ];
        for (name, value) in head {
            line.insert(name.to_owned(), Value::from(value));
        }
        line.insert("message".to_owned(), Value::from(self.message));
        line.extend(self.others);
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        text
    }

    fn text(self, time: &str, level: &str, target: &str) -> String {
        let mut line = format!("{time} {level:>5} {target}: {}", self.message);
        for (name, value) in self.others {
            line.push(' ');
            line.push_str(&name);
            line.push('=');
            line.push_str(&value.to_string());
        }
        line.push('\n');
        line
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.set(field.name(), Value::String(text));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.set(field.name(), Value::from(value));
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field.name(), Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), Value::from(value));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::Registry;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    struct Collected(LogLines, Arc<Mutex<String>>);

    impl<S: Subscriber> Layer<S> for Collected {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            self.1
                .lock()
                .unwrap()
                .push_str(&self.0.line(event, "2026-11-30T12:00:00Z"));
        }
    }

    fn logged(format: LogFormat) -> String {
        let text = Arc::new(Mutex::new(String::new()));
        let lines = Collected(LogLines::new("offers", format, 10), Arc::clone(&text));
        tracing::subscriber::with_default(Registry::default().with(lines), || {
            tracing::warn!(session_id = "s-1", count = 3, "a \"quoted\"\nmessage");
        });
        let text = text.lock().unwrap();
        text.clone()
    }

    #[test]
    fn a_json_line_is_one_object_with_its_fields() {
        let line = logged(LogFormat::Json);
        assert_eq!(
            line.matches('\n').count(),
            1,
            "one line a message, whatever it contains"
        );
        let object: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["level"], "WARN");
        assert_eq!(object["service"], "offers");
        assert_eq!(object["message"], "a \"quoted\"\nmessage");
        assert_eq!(
            (&object["session_id"], &object["count"]),
            (&"s-1".into(), &3.into())
        );
    }

    #[test]
    fn a_text_line_is_for_people() {
        let line = logged(LogFormat::Text);
        assert!(line.starts_with("2026-11-30T12:00:00Z  WARN "), "{line}");
        assert!(
            line.contains("session_id=\"s-1\"") && line.contains("count=3"),
            "{line}"
        );
    }

    #[test]
    fn a_flood_is_cut_and_counted() {
        let rate = Rate::new(10);
        assert_eq!((0..100).filter(|_| rate.admits(7)).count(), 10);
        assert!(rate.admits(8));
        assert_eq!((rate.left_out(), rate.left_out()), (90, 0));
    }
}
