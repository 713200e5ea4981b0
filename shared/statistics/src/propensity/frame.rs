//! What is known of many customers: named columns of numbers or of categories, either with gaps.

use std::collections::HashMap;

use super::refusal::FrameRefusal;

/// The most inputs of a model.
pub const MOST_INPUTS: usize = 2_000;
/// The most customers that a model is fitted on.
pub const MOST_ROWS: usize = 10_000_000;

/// The code of a category that is not known.
pub(super) const MISSING: u32 = u32::MAX;

/// Named columns of equal length.
#[derive(Clone, Debug)]
pub struct Frame {
    rows: usize,
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Values,
}

#[derive(Clone, Debug)]
pub(super) enum Values {
    /// Numbers; `NaN` stands for "not known" and nothing else.
    Numbers(Vec<f64>),
    /// Categories, as places in the list of levels, which is sorted.
    Categories {
        levels: Vec<String>,
        codes: Vec<u32>,
    },
}

impl Values {
    /// The values of some rows; the levels stay those of all.
    pub(super) fn of_rows(&self, rows: &[u32]) -> Self {
        match self {
            Self::Numbers(numbers) => {
                Self::Numbers(rows.iter().map(|row| numbers[*row as usize]).collect())
            }
            Self::Categories { levels, codes } => Self::Categories {
                levels: levels.clone(),
                codes: rows.iter().map(|row| codes[*row as usize]).collect(),
            },
        }
    }
}

impl Frame {
    /// A frame without columns, of so many rows.
    pub fn new(rows: usize) -> Result<Self, FrameRefusal> {
        if rows > MOST_ROWS {
            return Err(FrameRefusal::TooManyRows { limit: MOST_ROWS });
        }
        Ok(Self {
            rows,
            columns: Vec::new(),
        })
    }

    /// Adds a column of numbers; `None` where one is not known.
    pub fn add_numbers(&mut self, name: &str, values: &[Option<f64>]) -> Result<(), FrameRefusal> {
        self.check(name, values.len())?;
        let not_finite = |value: &Option<f64>| value.is_some_and(|value| !value.is_finite());
        if let Some(row) = values.iter().position(not_finite) {
            return Err(FrameRefusal::NotFinite {
                input: name.to_owned(),
                row,
            });
        }
        let numbers = values
            .iter()
            .map(|value| value.unwrap_or(f64::NAN))
            .collect();
        self.push(name, Values::Numbers(numbers));
        Ok(())
    }

    /// Adds a column of categories; `None` where one is not known.
    pub fn add_categories<T: AsRef<str>>(
        &mut self,
        name: &str,
        values: &[Option<T>],
    ) -> Result<(), FrameRefusal> {
        self.check(name, values.len())?;
        let mut levels: Vec<&str> = values.iter().flatten().map(AsRef::as_ref).collect();
        levels.sort_unstable();
        levels.dedup();
        let places: HashMap<&str, u32> = levels.iter().copied().zip(0..).collect();
        let codes = values
            .iter()
            .map(|value| {
                let level = value.as_ref().map(AsRef::as_ref);
                level
                    .and_then(|level| places.get(level).copied())
                    .unwrap_or(MISSING)
            })
            .collect();
        let levels = levels.into_iter().map(str::to_owned).collect();
        self.push(name, Values::Categories { levels, codes });
        Ok(())
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the names of the columns, in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(super) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn push(&mut self, name: &str, values: Values) {
        self.columns.push(Column {
            name: name.to_owned(),
            values,
        });
    }

    fn check(&self, name: &str, rows: usize) -> Result<(), FrameRefusal> {
        if rows != self.rows {
            return Err(FrameRefusal::OtherLength {
                input: name.to_owned(),
                have: rows,
                need: self.rows,
            });
        }
        if self.column(name).is_some() {
            return Err(FrameRefusal::Twice {
                input: name.to_owned(),
            });
        }
        if self.columns.len() >= MOST_INPUTS {
            return Err(FrameRefusal::TooManyInputs { limit: MOST_INPUTS });
        }
        Ok(())
    }
}
