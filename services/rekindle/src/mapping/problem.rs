//! What is wrong in a mapping file, each with its place, all of them at once.

use std::fmt;
use std::ops::Range;

/// One thing wrong in a mapping file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from one.
    pub line: usize,
    /// The column, from one.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// Collects problems while a file is read, and knows where each of them is.
#[derive(Debug)]
pub(super) struct Complaints<'text> {
    text: &'text str,
    found: Vec<Problem>,
}

impl<'text> Complaints<'text> {
    pub(super) fn about(text: &'text str) -> Self {
        Self {
            text,
            found: Vec::new(),
        }
    }

    /// Notes a problem at a place given in bytes.
    pub(super) fn at(&mut self, place: &Range<usize>, message: impl Into<String>) {
        let before = self.text.get(..place.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        self.found.push(Problem {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            message: message.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All problems, in the order of the file.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.found
            .sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_lines_and_columns_from_one_in_the_order_of_the_file() {
        let mut complaints = Complaints::about("one\nzwölf x\n");
        complaints.at(&(11..12), "second");
        complaints.at(&(0..3), "first");
        let problems: Vec<String> = complaints
            .into_problems()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(problems, ["1:1: first", "2:7: second"]);
    }
}
