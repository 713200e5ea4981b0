//! The report: one document for programs, one table for people.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::world::real;

/// How many standard errors a 95 % interval reaches to each side.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// Which share of a budget that is short is to be spent.
const ON_TARGET: f64 = 0.995;
/// From what price on a budget is short.
const SHORT_PRICE: f64 = 0.05;

/// A mean over worlds, and how far other worlds may be from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Mean {
    pub(super) value: f64,
    pub(super) standard_error: f64,
}

impl Mean {
    /// The mean of values, one for each world.
    pub(super) fn of(values: &[f64]) -> Self {
        let count = real(values.len());
        let value = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|each| (each - value).powi(2)).sum();
        let variance = squares / (count - 1.0).max(1.0) / count;
        Self {
            value,
            standard_error: variance.sqrt(),
        }
    }

    fn interval(self) -> (f64, f64) {
        let reach = NORMAL_95 * self.standard_error;
        (self.value - reach, self.value + reach)
    }
}

/// One way of choosing in one setting.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The parts of its name.
    pub(super) name: Vec<String>,
    /// Which share it captured of what could be gained.
    pub(super) captured: Mean,
    /// What else is worth knowing.
    pub(super) more: Vec<(&'static str, Mean)>,
    /// How much it should capture at least, and how much is aimed at.
    pub(super) goal: Option<[f64; 2]>,
}

/// The report of a run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(super) worlds: String,
    pub(super) lines: Vec<Line>,
}

impl Serialize for Report {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tree = Map::new();
        for line in &self.lines {
            insert(&mut tree, &line.name, line.document());
        }
        json!({"worlds": self.worlds, "selection": tree}).serialize(serializer)
    }
}

impl Line {
    /// Whether a budget was spent to half a per cent, and whether no more than that ever was; absent
    /// without one. Where a unit costs no more than itself there was nothing left to spend it on.
    fn budget_kept(&self) -> Option<(bool, bool)> {
        let mean = |name| {
            let mut more = self.more.iter();
            more.find(|(each, _)| *each == name)
                .map(|(_, mean)| mean.value)
        };
        let (spent, most) = (mean("spent")?, mean("most_spent")?);
        let is_short = mean("price").is_some_and(|price| price > SHORT_PRICE);
        Some((!is_short || spent >= ON_TARGET, most <= 1.0))
    }

    fn document(&self) -> Json {
        let (low, high) = self.captured.interval();
        let mut document = json!({
            "captured": self.captured.value,
            "low": low,
            "high": high,
        });
        if let Json::Object(document) = &mut document {
            for (name, mean) in &self.more {
                document.insert((*name).to_owned(), json!(mean.value));
            }
            if let Some((on_target, never_over)) = self.budget_kept() {
                document.insert("on_target".to_owned(), json!(on_target));
                document.insert("never_over".to_owned(), json!(never_over));
            }
            if let Some([least, aim]) = self.goal {
                document.insert("goal".to_owned(), json!(least));
                document.insert("aim".to_owned(), json!(aim));
                let reached = self.captured.value >= least;
                document.insert("reached".to_owned(), json!(reached));
            }
        }
        document
    }
}

fn insert(tree: &mut Map<String, Json>, name: &[String], value: Json) {
    match name {
        [] => {}
        [last] => {
            tree.insert(last.clone(), value);
        }
        [first, rest @ ..] => {
            let below = tree.entry(first).or_insert_with(|| json!({}));
            if let Json::Object(below) = below {
                insert(below, rest, value);
            }
        }
    }
}

impl Report {
    /// The table.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("{}\n", self.worlds);
        let mut setting = &[][..];
        for line in &self.lines {
            let (last, above) = line
                .name
                .split_last()
                .map_or(("", &[][..]), |(last, above)| (last.as_str(), above));
            if above != setting {
                setting = above;
                // Writing to a text cannot fail.
                let _ = writeln!(text, "\n{}", above.join(", "));
            }
            let (low, high) = line.captured.interval();
            let captured = line.captured.value;
            let _ = write!(text, "  {last:<10} {captured:>7.3}  {low:.3} to {high:.3}");
            for (name, mean) in &line.more {
                let _ = write!(text, "  {name} {:.3}", mean.value);
            }
            if let Some([least, aim]) = line.goal {
                let word = match captured {
                    captured if captured >= aim => "aim reached",
                    captured if captured >= least => "reached",
                    _ => "MISSED",
                };
                let _ = write!(text, "  goal {least}, aim {aim}: {word}");
            }
            if let Some((on_target, never_over)) = line.budget_kept() {
                let word = |kept| if kept { "yes" } else { "NO" };
                let (on_target, never_over) = (word(on_target), word(never_over));
                let _ = write!(text, "  on target: {on_target}, never over: {never_over}");
            }
            text.push('\n');
        }
        text.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_kept_where_it_is_short_and_spent_or_not_short() {
        let kept = |spent: f64, most: f64, price: f64| {
            let more = [("spent", spent), ("most_spent", most), ("price", price)];
            let line = Line {
                name: Vec::new(),
                captured: Mean::default(),
                more: more.map(|(name, value)| (name, Mean::of(&[value]))).into(),
                goal: None,
            };
            line.budget_kept()
        };
        assert_eq!(kept(0.996, 1.0, 0.8), Some((true, true)));
        assert_eq!(kept(0.994, 1.0, 0.8), Some((false, true)));
        assert_eq!(kept(0.54, 0.6, 0.0), Some((true, true)));
        assert_eq!(kept(1.0, 1.001, 0.8), Some((true, false)));
    }

    #[test]
    fn names_are_the_places_in_the_document() {
        let name = |parts: [&str; 3]| parts.map(str::to_owned).to_vec();
        let report = Report {
            worlds: "two worlds".to_owned(),
            lines: vec![
                Line {
                    name: name(["mild", "200", "ours"]),
                    captured: Mean::of(&[0.6, 0.8]),
                    more: vec![("last_quarter", Mean::of(&[0.9, 0.9]))],
                    goal: Some([0.70, 0.74]),
                },
                Line {
                    name: name(["mild", "200", "expert"]),
                    captured: Mean::of(&[0.5, 0.5]),
                    more: Vec::new(),
                    goal: None,
                },
            ],
        };
        let document = json!(report);
        let ours = &document["selection"]["mild"]["200"]["ours"];
        assert!((ours["captured"].as_f64().unwrap() - 0.7).abs() < 1e-12);
        // A standard error of 0.1, and no more than two worlds to tell it.
        assert!((ours["low"].as_f64().unwrap() - (0.7 - 0.196)).abs() < 1e-4);
        assert!((ours["last_quarter"].as_f64().unwrap() - 0.9).abs() < 1e-12);
        let expert = &document["selection"]["mild"]["200"]["expert"];
        assert_eq!(expert["captured"], json!(0.5));
        assert_eq!(expert["reached"], Json::Null);
        let table = report.table();
        assert!(table.contains("mild, 200\n  ours"), "{table}");
        assert_eq!(table.matches("mild, 200").count(), 1);
    }
}
