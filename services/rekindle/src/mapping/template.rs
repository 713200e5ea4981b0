//! Texts with columns in them, such as `a-{customerID}`.

use std::collections::BTreeSet;

/// The row's place among the rows that agree on the columns of `occurrence_of`.
const OCCURRENCE: &str = "occurrence";
/// The line of the row.
const ROW: &str = "row";

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Column(usize),
    Row,
    Occurrence,
}

/// A text made anew for each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

/// What a template draws on.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowView<'row> {
    /// The line.
    pub(super) row: u64,
    /// The cells, without surrounding blanks.
    pub(super) cells: &'row [&'row str],
    /// The place among the rows that agree on `occurrence_of`, from one.
    pub(super) occurrence: u64,
}

impl Template {
    /// Reads a template; `column` finds the number of a column and explains when there is none.
    pub(super) fn read(
        text: &str,
        mut column: impl FnMut(&str) -> Result<usize, String>,
    ) -> Result<Self, Vec<String>> {
        let mut pieces = Vec::new();
        let mut problems = BTreeSet::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else {
                problems.insert(format!("\"{text}\" has a {{ without its }}"));
                break;
            };
            pieces.push(Piece::Literal(before.to_owned()));
            match name {
                ROW => pieces.push(Piece::Row),
                OCCURRENCE => pieces.push(Piece::Occurrence),
                name => match column(name) {
                    Ok(index) => pieces.push(Piece::Column(index)),
                    Err(problem) => drop(problems.insert(problem)),
                },
            }
            rest = behind;
        }
        pieces.push(Piece::Literal(rest.to_owned()));
        pieces.retain(|piece| *piece != Piece::Literal(String::new()));
        if problems.is_empty() {
            Ok(Self(pieces))
        } else {
            Err(problems.into_iter().collect())
        }
    }

    /// Whether `{occurrence}` is in it.
    pub(super) fn counts_occurrences(&self) -> bool {
        self.0.contains(&Piece::Occurrence)
    }

    /// The text for a row; none when a cell it needs is blank.
    pub(super) fn fill(&self, view: RowView<'_>) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Row => text.push_str(&view.row.to_string()),
                Piece::Occurrence => text.push_str(&view.occurrence.to_string()),
                Piece::Column(index) => {
                    let cell = view.cells.get(*index).filter(|cell| !cell.is_empty())?;
                    text.push_str(cell);
                }
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Template, Vec<String>> {
        Template::read(text, |name| match name {
            "id" => Ok(0),
            "day" => Ok(1),
            other => Err(format!("no column \"{other}\"")),
        })
    }

    #[test]
    fn columns_rows_and_occurrences_are_filled_in() {
        let template = read("p-{id}-{day}-{occurrence}@{row}").expect("a good template");
        let view = RowView {
            row: 7,
            cells: &["c", "monday"],
            occurrence: 2,
        };
        assert_eq!(template.fill(view).as_deref(), Some("p-c-monday-2@7"));
        assert!(template.counts_occurrences());
        let blank = RowView {
            row: 7,
            cells: &["c", ""],
            occurrence: 2,
        };
        assert_eq!(template.fill(blank), None);
    }

    #[test]
    fn every_problem_of_a_template_is_named() {
        let problems = read("{ix}-{dat}-{id").expect_err("three problems");
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
