//! The figures of the portfolio, for programs and for people.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// One scoring of everybody.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Run {
    /// How many customers were scored.
    pub(super) scored_customers: u64,
    /// How many changed their stage.
    pub(super) transitions: u64,
    /// How long it took, from the first range to the last.
    pub(super) seconds: f64,
    /// Customers scored and stored for each second.
    pub(super) rows_per_second: f64,
}

impl Run {
    /// Reads what `rekindle portfolio score` says.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    pub(super) fn read(document: &Value) -> Option<Self> {
        let time = |field: &str| document.get(field)?.as_str()?.parse::<Timestamp>().ok();
        let count = |field: &str| document.get(field)?.as_u64();
        let seconds = time("end_time")?
            .duration_since(time("start_time")?)
            .as_secs_f64();
        let scored_customers = count("scored_customer_count")?;
        Some(Self {
            scored_customers,
            transitions: count("transition_count")?,
            seconds,
            rows_per_second: scored_customers as f64 / seconds.max(1e-3),
        })
    }
}

/// What was measured on a portfolio of one size.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Size {
    /// How many customers there are.
    pub(super) customers: u64,
    /// Scored for the first time.
    pub(super) first: Run,
    /// Scored again by other rules.
    pub(super) again: Run,
    /// The largest memory of the process that scored.
    pub(super) peak_rss_mib: u64,
    /// A plain COPY of the same rows into a table with the same indexes.
    pub(super) copy_rows_per_second: f64,
    /// A plain COPY of the same rows into a table without any.
    pub(super) bare_copy_rows_per_second: f64,
}

/// The report of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Scored and stored as a ratio to a plain COPY, at the largest size.
    pub(crate) portfolio_vs_copy: f64,
    /// The same when every row is replaced.
    pub(crate) rescored_vs_copy: f64,
    /// The largest memory of the process that scored, at the largest size.
    pub(crate) memory_mib: u64,
    sizes: Vec<Size>,
}

impl Report {
    pub(super) fn of(sizes: Vec<Size>) -> Self {
        let last = sizes.last();
        let ratio = |rate: fn(&Size) -> f64| {
            last.map_or(0.0, |size| rate(size) / size.copy_rows_per_second.max(1.0))
        };
        Self {
            portfolio_vs_copy: ratio(|size| size.first.rows_per_second),
            rescored_vs_copy: ratio(|size| size.again.rows_per_second),
            memory_mib: last.map_or(0, |size| size.peak_rss_mib),
            sizes,
        }
    }

    /// The figures as a table.
    pub(crate) fn table(&self) -> String {
        let mut text = String::from(
            "customers     first/s    again/s     COPY/s  bare COPY/s  first÷COPY  again÷COPY  peak MiB\n",
        );
        for size in &self.sizes {
            let copy = size.copy_rows_per_second.max(1.0);
            // Writing into a string cannot fail.
            let _ = writeln!(
                text,
                "{:>9}  {:>10.0} {:>10.0} {:>10.0}  {:>11.0}  {:>10.3}  {:>10.3}  {:>8}",
                size.customers,
                size.first.rows_per_second,
                size.again.rows_per_second,
                size.copy_rows_per_second,
                size.bare_copy_rows_per_second,
                size.first.rows_per_second / copy,
                size.again.rows_per_second / copy,
                size.peak_rss_mib
            );
        }
        text
    }
}
