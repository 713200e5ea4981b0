//! Which value of the target column means that a customer left.

use super::table::{Column, Table, known};
use crate::failure::Failure;

/// Words for "left", in lower case.
const LEFT: [&str; 18] = [
    "yes",
    "y",
    "true",
    "t",
    "1",
    "1.0",
    "churn",
    "churned",
    "left",
    "lost",
    "leaver",
    "cancelled",
    "canceled",
    "attrited",
    "attrited customer",
    "exited",
    "lapsed",
    "gone",
];
/// Words for "stayed", in lower case.
const STAYED: [&str; 19] = [
    "no",
    "n",
    "false",
    "f",
    "0",
    "0.0",
    "stayed",
    "stay",
    "retained",
    "kept",
    "active",
    "current",
    "existing",
    "existing customer",
    "loyal",
    "not churned",
    "no churn",
    "remained",
    "-1",
];

/// Who left.
#[derive(Debug)]
pub struct Outcome {
    /// Whether each row's customer left.
    pub labels: Vec<bool>,
    /// The value that means it.
    pub event: String,
}

impl Outcome {
    /// Reads the target column. Without `event`, the value that means "left" is known only where it
    /// and the other one are plain: yes and no, 1 and 0, true and false, churned and stayed.
    pub fn read(table: &Table, target: &str, event: Option<&str>) -> Result<Self, Failure> {
        let column = table.column(target)?;
        check_all_known(table, column)?;
        let values: Vec<&str> = column.values.iter().map(String::as_str).collect();
        if let [only] = values[..] {
            let problem = format!("column {target} says \"{only}\" for everybody");
            return Err(table
                .unusable(problem)
                .advice("a model learns from those who left and those who stayed"));
        }
        if values.is_empty() {
            return Err(table
                .unusable("it has no rows below its first line")
                .advice("give a file with a row for each customer"));
        }
        let [one, other] = values[..] else {
            let problem = format!(
                "column {target} has {} values, not two: {}",
                values.len(),
                shown(&values)
            );
            return Err(table
                .unusable(problem)
                .advice("name a column of two values"));
        };
        let event = match event {
            Some(event) => named(event, one, other),
            None => plain(one, other),
        };
        let event = event.ok_or_else(|| {
            let values = shown(&[one, other]);
            let problem = match event {
                Some(event) => format!("column {target} has no value \"{event}\" but {values}"),
                None => format!("which value of column {target} means left? It has {values}"),
            };
            let advice = format!("say --event {one} or --event {other}");
            table.unusable(problem).advice(advice)
        })?;
        let is_event: Vec<bool> = values.iter().map(|value| *value == event).collect();
        let places = column.places.iter();
        Ok(Self {
            labels: places.map(|place| is_event[*place as usize]).collect(),
            event: event.to_owned(),
        })
    }
}

fn check_all_known(table: &Table, column: &Column) -> Result<(), Failure> {
    let gap = column
        .places
        .iter()
        .position(|place| known(&column.values[*place as usize]).is_none());
    let Some(row) = gap else { return Ok(()) };
    let problem = format!(
        "line {}, column {}: the outcome is not known",
        table.line(row),
        column.name
    );
    Err(table
        .unusable(problem)
        .advice("leave customers out whose outcome is not known"))
}

/// The one of two values that was named, in any case where this is not ambiguous.
fn named<'a>(event: &str, one: &'a str, other: &'a str) -> Option<&'a str> {
    let exact = [one, other].into_iter().find(|value| *value == event);
    let alike = |value: &&str| value.eq_ignore_ascii_case(event);
    exact.or_else(|| match (alike(&one), alike(&other)) {
        (true, false) => Some(one),
        (false, true) => Some(other),
        _ => None,
    })
}

/// The one of two values that plainly means "left", the other one plainly meaning "stayed".
fn plain<'a>(one: &'a str, other: &'a str) -> Option<&'a str> {
    let is = |value: &str, words: &[&str]| {
        let word = value.to_lowercase();
        words.contains(&word.trim_end_matches('.'))
    };
    match (is(one, &LEFT), is(other, &LEFT)) {
        (true, false) if is(other, &STAYED) => Some(one),
        (false, true) if is(one, &STAYED) => Some(other),
        _ => None,
    }
}

/// At most ten values, in quotation marks.
fn shown(values: &[&str]) -> String {
    let some: Vec<String> = values
        .iter()
        .take(10)
        .map(|it| format!("\"{it}\""))
        .collect();
    let more = if values.len() > some.len() {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", some.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    fn labels(one: &str, other: &str, event: Option<&str>) -> Result<Vec<bool>, Failure> {
        let table = table(&format!("id,target\n1,{one}\n2,{other}\n3,{one}\n"))?;
        Outcome::read(&table, "target", event).map(|outcome| outcome.labels)
    }

    #[test]
    fn plain_words_need_no_explanation() {
        for (left, stayed) in [
            ("Yes", "No"),
            ("1", "0"),
            ("True.", "False."),
            ("Churned", "Stayed"),
            ("Attrited Customer", "Existing Customer"),
        ] {
            assert_eq!(labels(left, stayed, None).unwrap(), [true, false, true]);
            assert_eq!(labels(stayed, left, None).unwrap(), [false, true, false]);
        }
    }

    #[test]
    fn other_words_have_to_be_told() {
        let failure = labels("blue", "green", None).unwrap_err();
        assert!(failure.to_string().contains("\"blue\", \"green\""));
        assert!(failure.what_to_do().unwrap().contains("--event blue"));
        assert!(labels("Yes", "Perhaps", None).is_err());
        assert_eq!(
            labels("blue", "green", Some("GREEN")).unwrap(),
            [false, true, false]
        );
        assert_eq!(
            labels("No", "Yes", Some("No")).unwrap(),
            [true, false, true]
        );
        assert!(labels("blue", "green", Some("red")).is_err());
    }

    #[test]
    fn what_is_no_outcome_is_refused() {
        let message = |one, other| labels(one, other, None).unwrap_err().to_string();
        assert!(message("Yes", " ").contains("line 3, column target"));
        assert!(message("Yes", "Yes").contains("for everybody"));
        let three = table("target\nYes\nNo\nMaybe\n").unwrap();
        let failure = Outcome::read(&three, "target", None).unwrap_err();
        assert!(failure.to_string().contains("3 values"));
        let failure = Outcome::read(&three, "Target", None).unwrap_err();
        assert!(failure.what_to_do().unwrap().contains("target"));
        let empty = table("target\n").unwrap();
        assert!(Outcome::read(&empty, "target", None).is_err());
    }
}
