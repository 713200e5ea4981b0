//! The report: one document for programs, one table for people.

use std::fmt::Write as _;

use serde::Serialize;

use super::measure::{Measure, Measured, Rounds};
use super::ratio::{Figure, figures};

/// With what it was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Setting {
    /// How often.
    pub(crate) rounds: u32,
    /// How long each measure took.
    pub(crate) seconds: u64,
    /// Calls in flight in the closed loops.
    pub(crate) in_flight: u32,
    /// Connections of the load.
    pub(crate) connections: u32,
    /// Customers that were generated.
    pub(crate) customers: u64,
    /// Customers that asked for offers.
    pub(crate) callers: usize,
    /// The share of the requests that ended with an offer.
    pub(crate) offered_share: f64,
    /// Processors of the machine, shared by everything here.
    pub(crate) processors: usize,
    /// What could not be measured, and why.
    pub(crate) left_out: Vec<String>,
}

/// The report of a run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    figures: Vec<Figure>,
    measures: Vec<Line>,
    setting: Setting,
}

#[derive(Debug, Serialize)]
struct Line {
    measure: Measure,
    median: Measured,
    rounds: Vec<Measured>,
}

impl Report {
    /// Reports on rounds.
    pub(crate) fn of(rounds: &Rounds, setting: Setting) -> Self {
        let lines = Measure::ALL.into_iter().filter_map(|measure| {
            Some(Line {
                measure,
                median: rounds.median(measure)?,
                rounds: rounds.of(measure).to_vec(),
            })
        });
        Self {
            figures: figures(rounds),
            measures: lines.collect(),
            setting,
        }
    }

    /// The table.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = self.write(&mut text);
        text.trim_end().to_owned()
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        let setting = &self.setting;
        writeln!(
            text,
            "{} rounds of {} s, medians; {} in flight over {} connections; {} processors for \
             everything, the load included",
            setting.rounds,
            setting.seconds,
            setting.in_flight,
            setting.connections,
            setting.processors
        )?;
        writeln!(
            text,
            "{} customers, of whom {} ask; {:.0} % of the requests end with an offer\n",
            setting.customers,
            setting.callers,
            setting.offered_share * 100.0
        )?;
        for line in &self.measures {
            line.write(text)?;
        }
        writeln!(text)?;
        for figure in &self.figures {
            write_figure(figure, text)?;
        }
        for reason in &setting.left_out {
            writeln!(text, "left out: {reason}")?;
        }
        Ok(())
    }
}

impl Line {
    fn write(&self, text: &mut String) -> std::fmt::Result {
        let Measured {
            per_second,
            p50_ms,
            p99_ms,
            cpu_us,
        } = &self.median;
        write!(text, "{:30} {per_second:>8.0}/s", self.measure.label())?;
        if *p99_ms > 0.0 {
            write!(text, "   p50 {p50_ms:>7.2} ms   p99 {p99_ms:>7.2} ms")?;
        }
        let used: Vec<String> = cpu_us
            .iter()
            .filter(|(_, micros)| **micros >= 0.5)
            .map(|(process, micros)| format!("{process} {micros:.0}"))
            .collect();
        if !used.is_empty() {
            write!(text, "   CPU µs: {}", used.join(", "))?;
        }
        writeln!(text)
    }
}

fn write_figure(figure: &Figure, text: &mut String) -> std::fmt::Result {
    let value = figure.value.unwrap_or_default();
    let (low, high) = figure
        .rounds
        .iter()
        .fold((f64::MAX, 0.0_f64), |(low, high), one| {
            (low.min(*one), high.max(*one))
        });
    write!(
        text,
        "{:30} {value:>6.2}   rounds {low:.2} to {high:.2}",
        figure.name
    )?;
    if let (Some(least), Some(reached)) = (figure.at_least, figure.reached) {
        let word = if reached { "reached" } else { "MISSED" };
        write!(text, "   goal {least:.2} {word}")?;
    }
    writeln!(text)
}
