//! What a model wants to know of a customer, and one customer's values as it reads them.

use serde::{Deserialize, Serialize};

use super::frame::{Column, MISSING, Values};
use super::refusal::RowRefusal;

/// The inputs of a model, in the order in which it takes their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    inputs: Vec<Input>,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What its values are.
    pub kind: InputKind,
}

/// What the values of an input are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputKind {
    /// Finite numbers.
    Number,
    /// One of a list of words.
    Category {
        /// The words that were there in training, sorted. Any other one is taken as "other": scored
        /// like the rare ones of training, and like the average of all where none was rare.
        levels: Vec<String>,
    },
}

/// One value of a customer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Not known.
    Missing,
    /// A number.
    Number(f64),
    /// A category.
    Category(&'a str),
}

/// What one customer's category is to a model.
pub(super) const UNSEEN: u32 = u32::MAX - 1;

/// The values of one customer, checked against a schema.
#[derive(Clone, Debug)]
pub struct Row {
    pub(super) cells: Vec<Cell>,
}

/// One checked value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell {
    /// A number; `NaN` stands for "not known".
    Number(f64),
    /// The place among the levels, or [`MISSING`], or [`UNSEEN`].
    Code(u32),
}

impl Schema {
    /// The schema of columns.
    pub(super) fn of(columns: &[&Column]) -> Self {
        let inputs = columns
            .iter()
            .map(|column| Input {
                name: column.name.clone(),
                kind: match &column.values {
                    Values::Numbers(_) => InputKind::Number,
                    Values::Categories { levels, .. } => InputKind::Category {
                        levels: levels.clone(),
                    },
                },
            })
            .collect();
        Self { inputs }
    }

    /// Returns the inputs.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Checks the values of one customer, given in the order of the inputs.
    pub fn row(&self, values: &[Value<'_>]) -> Result<Row, RowRefusal> {
        if values.len() != self.inputs.len() {
            return Err(RowRefusal::OtherLength {
                have: values.len(),
                need: self.inputs.len(),
            });
        }
        let cells: Result<Vec<Cell>, RowRefusal> = self
            .inputs
            .iter()
            .zip(values)
            .map(|(input, value)| input.cell(*value))
            .collect();
        Ok(Row { cells: cells? })
    }

    /// Checks the values of one customer, asked for by the inputs' names.
    pub fn row_by_name<'a>(
        &self,
        mut value: impl FnMut(&str) -> Value<'a>,
    ) -> Result<Row, RowRefusal> {
        let cells: Result<Vec<Cell>, RowRefusal> = self
            .inputs
            .iter()
            .map(|input| input.cell(value(&input.name)))
            .collect();
        Ok(Row { cells: cells? })
    }
}

impl Input {
    /// Returns the number of levels; none for numbers.
    pub(super) fn levels(&self) -> Option<usize> {
        match &self.kind {
            InputKind::Number => None,
            InputKind::Category { levels } => Some(levels.len()),
        }
    }

    /// Whether the levels are sorted, each once: they are searched.
    pub(super) fn is_sound(&self) -> bool {
        match &self.kind {
            InputKind::Number => true,
            InputKind::Category { levels } => levels.windows(2).all(|pair| pair[0] < pair[1]),
        }
    }

    fn cell(&self, value: Value<'_>) -> Result<Cell, RowRefusal> {
        match (&self.kind, value) {
            (InputKind::Number, Value::Missing) => Ok(Cell::Number(f64::NAN)),
            (InputKind::Category { .. }, Value::Missing) => Ok(Cell::Code(MISSING)),
            (InputKind::Number, Value::Number(number)) if number.is_finite() => {
                Ok(Cell::Number(number))
            }
            (InputKind::Number, Value::Number(_)) => Err(RowRefusal::NotFinite {
                input: self.name.clone(),
            }),
            (InputKind::Number, Value::Category(_)) => Err(RowRefusal::OtherKind {
                input: self.name.clone(),
                expected: "a number",
            }),
            (InputKind::Category { .. }, Value::Number(_)) => Err(RowRefusal::OtherKind {
                input: self.name.clone(),
                expected: "a category",
            }),
            (InputKind::Category { levels }, Value::Category(word)) => {
                let place = levels.binary_search_by(|level| level.as_str().cmp(word));
                let code = place.ok().and_then(|place| u32::try_from(place).ok());
                Ok(Cell::Code(code.unwrap_or(UNSEEN)))
            }
        }
    }
}
