//! The columns of the logistic model: curves of numbers, one column for each group of a category,
//! one for what is not known. A row has few cells that are not zero.

use serde::{Deserialize, Serialize};

use super::curve::Curve;
use super::frame::{MISSING, Values};
use super::levels::{Levels, OTHERS};
use super::schema::{Cell, Schema};

/// Columns for all categories together.
const CATEGORY_COLUMNS: usize = 600;
/// The most groups of one category.
const MOST_GROUPS: usize = 60;
/// With more numbers than this, a curve is made of straight lines only.
const MOST_CURVES: usize = 250;

/// The columns of all inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Design {
    pub(super) inputs: Vec<InputColumns>,
    pub(super) width: usize,
}

/// The columns of one input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct InputColumns {
    pub(super) first: usize,
    pub(super) shape: Shape,
    /// The column of what is not known, where that occurred.
    pub(super) missing: Option<usize>,
}

/// What the columns of one input stand for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shape {
    /// Nothing: the input is constant.
    Nothing,
    /// The functions of a curve.
    Curve(Curve),
    /// The groups, the others being last where they occurred.
    Levels {
        levels: Levels,
        others: Option<usize>,
    },
}

/// One cell that is not zero.
pub(super) type Entry = (u32, f64);

impl Design {
    /// Learns the columns from some rows.
    pub(super) fn learn(columns: &[&Values], rows: &[u32]) -> Self {
        let numbers = columns
            .iter()
            .filter(|values| matches!(values, Values::Numbers(_)))
            .count();
        let intervals = match numbers {
            0..=20 => 6,
            21..=60 => 3,
            61..=MOST_CURVES => 2,
            _ => 1,
        };
        let categories = (columns.len() - numbers).max(1);
        let groups = (CATEGORY_COLUMNS / categories).clamp(2, MOST_GROUPS);
        let mut width = 0;
        let inputs = columns
            .iter()
            .map(|values| {
                let columns = match values {
                    Values::Numbers(numbers) => of_numbers(numbers, rows, intervals, width),
                    Values::Categories { levels, codes } => {
                        of_categories(codes, rows, levels.len(), groups, width)
                    }
                };
                width = columns.end();
                columns
            })
            .collect();
        Self { inputs, width }
    }
}

impl Design {
    /// Whether the columns follow each other without gaps and fit these inputs.
    pub(super) fn fits(&self, schema: &Schema) -> bool {
        let mut next = 0;
        self.inputs.len() == schema.inputs().len()
            && self
                .inputs
                .iter()
                .zip(schema.inputs())
                .all(|(columns, input)| {
                    let follows = columns.first == next;
                    next = columns.end();
                    follows && columns.fits(input.levels())
                })
            && next == self.width
    }
}

impl InputColumns {
    /// Whether the columns fit an input with so many levels; none for numbers.
    fn fits(&self, levels: Option<usize>) -> bool {
        let own = match (&self.shape, levels) {
            (Shape::Nothing, _) => 0,
            (Shape::Curve(curve), None) if curve.is_sound() => curve.functions(),
            (Shape::Levels { levels, others }, Some(count)) if levels.fits(count, u8::MAX) => {
                let own = usize::from(levels.groups());
                if others.is_some_and(|column| column != self.first + own) {
                    return false;
                }
                own + usize::from(others.is_some())
            }
            _ => return false,
        };
        self.missing.is_none_or(|column| column == self.first + own)
    }

    /// Returns the place after the last column.
    pub(super) fn end(&self) -> usize {
        let own = match &self.shape {
            Shape::Nothing => 0,
            Shape::Curve(curve) => curve.functions(),
            Shape::Levels { levels, others } => {
                usize::from(levels.groups()) + usize::from(others.is_some())
            }
        };
        self.first + own + usize::from(self.missing.is_some())
    }

    /// Adds the entries of one value, ascending.
    pub(super) fn entries(&self, cell: Cell, entries: &mut Vec<Entry>) {
        let mut push = |column: usize, value: f64| {
            if let Ok(column) = u32::try_from(column) {
                entries.push((column, value));
            }
        };
        let is_missing = match cell {
            Cell::Number(number) => number.is_nan(),
            Cell::Code(code) => code == MISSING,
        };
        if is_missing {
            if let Some(column) = self.missing {
                push(column, 1.0);
            }
            return;
        }
        match (&self.shape, cell) {
            (Shape::Curve(curve), Cell::Number(number)) => {
                let at = curve.at(number);
                for (place, value) in at.values[..at.count].iter().enumerate() {
                    push(self.first + at.first + place, *value);
                }
            }
            (Shape::Levels { levels, others }, Cell::Code(code)) => match levels.group(code) {
                OTHERS => {
                    if let Some(column) = *others {
                        push(column, 1.0);
                    }
                }
                group => push(self.first + usize::from(group) - 1, 1.0),
            },
            _ => {}
        }
    }
}

fn of_numbers(numbers: &[f64], rows: &[u32], intervals: usize, first: usize) -> InputColumns {
    let known: Vec<f64> = rows
        .iter()
        .map(|row| numbers[*row as usize])
        .filter(|number| !number.is_nan())
        .collect();
    let has_missing = known.len() < rows.len();
    let curve = Curve::learn(known, intervals);
    let functions = curve.as_ref().map_or(0, Curve::functions);
    InputColumns {
        first,
        shape: curve.map_or(Shape::Nothing, Shape::Curve),
        missing: has_missing.then_some(first + functions),
    }
}

fn of_categories(
    codes: &[u32],
    rows: &[u32],
    levels: usize,
    most: usize,
    first: usize,
) -> InputColumns {
    let levels = Levels::learn(codes, rows, levels, most);
    let own = first + usize::from(levels.groups());
    let any = |test: &dyn Fn(u32) -> bool| rows.iter().any(|row| test(codes[*row as usize]));
    let has_others = any(&|code| code != MISSING && levels.group(code) == OTHERS);
    let has_missing = any(&|code| code == MISSING);
    InputColumns {
        first,
        shape: Shape::Levels {
            levels,
            others: has_others.then_some(own),
        },
        missing: has_missing.then_some(own + usize::from(has_others)),
    }
}

/// Returns one value of a column.
pub(super) fn cell(values: &Values, row: u32) -> Cell {
    match values {
        Values::Numbers(numbers) => Cell::Number(numbers[row as usize]),
        Values::Categories { codes, .. } => Cell::Code(codes[row as usize]),
    }
}

/// The entries of many rows, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Entries {
    ends: Vec<usize>,
    entries: Vec<Entry>,
}

impl Entries {
    /// Writes down the entries of every row of a frame.
    pub(super) fn of(design: &Design, columns: &[&Values], rows: usize) -> Self {
        let mut all = Self::default();
        for row in (0..).take(rows) {
            for (input, values) in design.inputs.iter().zip(columns) {
                input.entries(cell(values, row), &mut all.entries);
            }
            all.ends.push(all.entries.len());
        }
        all
    }

    /// The entries of columns without zeros.
    #[cfg(test)]
    pub(super) fn dense(columns: &[Vec<f64>]) -> Self {
        let mut all = Self::default();
        for row in 0..columns[0].len() {
            all.entries.extend(
                (0..)
                    .zip(columns)
                    .map(|(place, column)| (place, column[row])),
            );
            all.ends.push(all.entries.len());
        }
        all
    }

    /// Returns the entries of one row.
    pub(super) fn row(&self, row: u32) -> &[Entry] {
        let row = row as usize;
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.entries[from..self.ends[row]]
    }
}
