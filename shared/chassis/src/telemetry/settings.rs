//! What is logged, traced and measured, and where to.

use serde::{Deserialize, Serialize};

/// What is logged, traced and measured, and where to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySettings {
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, for example `info` or `warn,offers=debug`.
    pub log_filter: String,
    /// How many log lines are written in a second; more are left out and counted.
    pub log_lines_per_second: u64,
    /// Where spans and metrics go, for example `http://collector:4317`; empty means nowhere.
    pub otlp_endpoint: String,
    /// Share of the traces beginning here that is kept, from 0 to 1. Callers' decisions come first.
    pub trace_ratio: f64,
    /// How many spans may wait to be sent; more are dropped and counted.
    pub span_queue: usize,
    /// How often metrics are sent.
    pub metrics_interval_seconds: u64,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        Self {
            log_format: LogFormat::Json,
            log_filter: "info".to_owned(),
            log_lines_per_second: 200,
            otlp_endpoint: String::new(),
            trace_ratio: 0.1,
            span_queue: 8_192,
            metrics_interval_seconds: 15,
        }
    }
}
