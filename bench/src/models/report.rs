//! The report: one document for programs, one table for people.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::contest::{Line, Setting};
use super::figure::Figure;

/// The report of a run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// The figures as a tree, by the parts of their names.
    #[serde(flatten)]
    tree: Map<String, Json>,
    figures: Vec<Figure>,
    measures: Vec<Line>,
    /// With what was worked, where anything was timed.
    setting: Option<Setting>,
    /// What could not be found, and why.
    left_out: Vec<String>,
}

impl Report {
    /// Adds figures.
    pub(super) fn add(&mut self, figures: Vec<Figure>) {
        for figure in &figures {
            insert(&mut self.tree, &figure.name, json!(figure.value));
        }
        self.figures.extend(figures);
    }

    /// Adds how long things took.
    pub(super) fn time(&mut self, lines: Vec<Line>, setting: Setting) {
        self.measures = lines;
        self.setting = Some(setting);
    }

    /// Says what was left out.
    pub(super) fn leave_out(&mut self, reason: impl Into<String>) {
        self.left_out.push(reason.into());
    }

    /// The table.
    pub(crate) fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = self.write(&mut text);
        text.trim_end().to_owned()
    }

    fn write(&self, text: &mut String) -> std::fmt::Result {
        if let Some(setting) = &self.setting {
            write_setting(setting, text)?;
        }
        for line in &self.measures {
            write_line(line, text)?;
        }
        if !self.measures.is_empty() {
            writeln!(text)?;
        }
        for figure in &self.figures {
            write_figure(figure, text)?;
        }
        for reason in &self.left_out {
            writeln!(text, "left out: {reason}")?;
        }
        Ok(())
    }
}

/// Puts a value where its dotted name says.
fn insert(tree: &mut Map<String, Json>, name: &str, value: Json) {
    let Some((first, rest)) = name.split_once('.') else {
        tree.insert(name.to_owned(), value);
        return;
    };
    let below = tree
        .entry(first)
        .or_insert_with(|| Json::Object(Map::new()));
    if let Json::Object(below) = below {
        insert(below, rest, value);
    }
}

fn write_setting(setting: &Setting, text: &mut String) -> std::fmt::Result {
    writeln!(
        text,
        "{} customers, {} distinct; {} rounds, medians; one thread each, {} where it says all\n",
        setting.customers, setting.distinct, setting.rounds, setting.threads
    )
}

fn write_line(line: &Line, text: &mut String) -> std::fmt::Result {
    let (low, high) = range(&line.seconds);
    writeln!(
        text,
        "{:36} {:>10.2} ms   rounds {:.2} to {:.2}",
        line.label,
        line.median_seconds * 1e3,
        low * 1e3,
        high * 1e3
    )
}

fn write_figure(figure: &Figure, text: &mut String) -> std::fmt::Result {
    write!(text, "{:38} {}", figure.name, figure.value)?;
    if !figure.rounds.is_empty() {
        let (low, high) = range(&figure.rounds);
        write!(text, "   rounds {low:.2} to {high:.2}")?;
    }
    if let (Some(goal), Some(reached)) = (&figure.goal, figure.reached) {
        let word = if reached { "reached" } else { "MISSED" };
        write!(text, "   goal {goal} {word}")?;
    }
    writeln!(text)
}

fn range(values: &[f64]) -> (f64, f64) {
    values
        .iter()
        .fold((f64::MAX, 0.0_f64), |(low, high), value| {
            (low.min(*value), high.max(*value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::figure::{Goal, Value};

    #[test]
    fn names_are_the_places_in_the_document() {
        let mut report = Report::default();
        report.add(vec![
            Figure::new(
                "telco.auc",
                Value::Number(0.85),
                Some(Goal::AtLeast(0.8495)),
            ),
            Figure::new("telco.ece", Value::Number(0.02), Some(Goal::AtMost(0.01))),
            Figure::new("memory_mib", Value::Number(30.0), None),
        ]);
        report.leave_out("nothing else");
        let document = json!(report);
        assert_eq!(document["telco"], json!({"auc": 0.85, "ece": 0.02}));
        assert_eq!(document["memory_mib"], json!(30.0));
        assert_eq!(document["figures"][1]["reached"], json!(false));
        let table = report.table();
        assert!(table.contains("MISSED") && table.contains("left out: nothing else"));
    }
}
