//! The customers that a propensity model learns from, column by column, as they come.

use std::collections::BTreeMap;

use statistics::propensity::frame::Frame;
use statistics::propensity::refusal::FrameRefusal;

use super::bins::Bins;
use super::features::{Feature, Features};

/// The most customers of a line that are learnt from; of more, every second is left out until there
/// are no more, which is the same choice at every fit of the same data.
const MOST_ROWS: usize = 100_000;
/// The most inputs; further ones are not looked at.
const MOST_INPUTS: usize = 400;

/// One value as it came.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Number(f64),
    Word(Box<str>),
    /// A number or a word, whichever all of its column are.
    Text(Box<str>),
}

/// Labelled customers.
#[derive(Clone, Debug)]
pub struct Training {
    columns: BTreeMap<String, Vec<Option<Cell>>>,
    labels: Vec<bool>,
    /// Every how many are taken.
    stride: usize,
    seen: usize,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            columns: BTreeMap::new(),
            labels: Vec::new(),
            stride: 1,
            seen: 0,
        }
    }
}

impl Training {
    /// Adds a customer, and whether they left.
    pub fn add(&mut self, features: &Features<'_>, left: bool) {
        self.seen += 1;
        if !(self.seen - 1).is_multiple_of(self.stride) {
            return;
        }
        let row = self.labels.len();
        self.labels.push(left);
        for (name, feature) in features {
            let is_known = self.columns.contains_key(name.as_ref());
            if !is_known && self.columns.len() >= MOST_INPUTS {
                continue;
            }
            let cell = match feature {
                Feature::Number(number) => Cell::Number(*number),
                Feature::Word(word) => Cell::Word(word.as_ref().into()),
                Feature::Text(text) => Cell::Text((*text).into()),
            };
            let column = self.columns.entry(name.to_string()).or_default();
            column.resize(row, None);
            column.push(Some(cell));
        }
        if self.labels.len() >= MOST_ROWS {
            self.thin();
        }
    }

    /// Leaves out every second customer.
    fn thin(&mut self) {
        let rows = self.labels.len();
        for column in self.columns.values_mut() {
            column.resize(rows, None);
            let mut place = 0;
            column.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
        let mut place = 0;
        self.labels.retain(|_| {
            place += 1;
            place % 2 == 1
        });
        self.stride *= 2;
    }

    /// Returns whether each left.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// Adds the customers of another line.
    pub fn append(&mut self, other: &Self) {
        let rows = self.labels.len();
        for (name, values) in &other.columns {
            let column = self.columns.entry(name.clone()).or_default();
            column.resize(rows, None);
            column.extend(values.iter().cloned());
        }
        self.labels.extend(&other.labels);
    }

    /// Spreads each column over bins.
    pub fn bins(&self) -> BTreeMap<String, Bins> {
        let bins = self.columns.iter().map(|(name, cells)| {
            let cells = padded(cells, self.labels.len());
            let bins = match numbers(&cells) {
                Some(numbers) => Bins::of_numbers(&weighed(numbers)),
                None => Bins::of_words(&words(&cells)),
            };
            (name.clone(), bins)
        });
        bins.collect()
    }

    /// Says how far each column has moved from how it was spread.
    pub fn moved_from(&self, bins: &BTreeMap<String, Bins>) -> Vec<(String, f64)> {
        let nothing = Vec::new();
        let moved = bins.iter().filter_map(|(name, old)| {
            let cells = self.columns.get(name).unwrap_or(&nothing);
            let cells = padded(cells, self.labels.len());
            let index = match (old, numbers(&cells)) {
                (Bins::Numbers { .. }, Some(numbers)) => old.moved_by_numbers(&weighed(numbers)),
                (Bins::Numbers { .. }, None) => None,
                (Bins::Words { .. }, _) => old.moved_by_words(&words(&cells)),
            };
            Some((name.clone(), index?))
        });
        moved.collect()
    }

    /// Makes a frame. A column of texts is one of numbers where each of them is one.
    pub fn frame(&self) -> Result<Frame, FrameRefusal> {
        let mut frame = Frame::new(self.labels.len())?;
        for (name, cells) in &self.columns {
            let cells = padded(cells, self.labels.len());
            match numbers(&cells) {
                Some(numbers) => frame.add_numbers(name, &numbers)?,
                None => frame.add_categories(name, &words(&cells))?,
            }
        }
        Ok(frame)
    }
}

fn padded(cells: &[Option<Cell>], rows: usize) -> Vec<Option<&Cell>> {
    let mut padded: Vec<Option<&Cell>> = cells.iter().map(Option::as_ref).collect();
    padded.resize(rows, None);
    padded
}

fn weighed(numbers: Vec<Option<f64>>) -> Vec<(Option<f64>, f64)> {
    numbers.into_iter().map(|number| (number, 1.0)).collect()
}

/// Reads a column as numbers; `None` where one is no number.
fn numbers(cells: &[Option<&Cell>]) -> Option<Vec<Option<f64>>> {
    let read = |cell: Option<&Cell>| match cell {
        None => Some(None),
        Some(Cell::Number(number)) => Some(Some(*number)),
        Some(Cell::Text(text)) => number_of(text).map(Some),
        Some(Cell::Word(_)) => None,
    };
    cells.iter().copied().map(read).collect()
}

fn words(cells: &[Option<&Cell>]) -> Vec<Option<String>> {
    let read = |cell: Option<&Cell>| {
        let word = match cell? {
            Cell::Number(number) => number.to_string(),
            Cell::Word(word) | Cell::Text(word) => word.to_string(),
        };
        Some(word)
    };
    cells.iter().copied().map(read).collect()
}

/// Reads an imported text as a number; `None` where it is none.
pub fn number_of(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn row<'a>(texts: &[(&'a str, &'a str)]) -> Features<'a> {
        let feature =
            |(name, text): &(&'a str, &'a str)| (Cow::Borrowed(*name), Feature::Text(text));
        texts.iter().map(feature).collect()
    }

    #[test]
    fn a_column_is_of_numbers_where_every_text_is_one() {
        let mut training = Training::default();
        training.add(&row(&[("speed", "50"), ("code", "7")]), false);
        training.add(&row(&[("code", "x7")]), true);
        let speed = padded(&training.columns["speed"], 2);
        assert_eq!(numbers(&speed), Some(vec![Some(50.0), None]));
        let code = padded(&training.columns["code"], 2);
        assert_eq!(numbers(&code), None);
        assert_eq!(words(&code), [Some("7".to_owned()), Some("x7".to_owned())]);
        assert_eq!(training.frame().unwrap().rows(), 2);
    }

    #[test]
    fn more_than_can_be_learnt_from_are_thinned_evenly() {
        let mut training = Training::default();
        for number in 0..250_000 {
            training.add(&row(&[("a", "1")]), number % 8 == 0);
        }
        let rows = training.labels().len();
        assert!((50_000..MOST_ROWS).contains(&rows), "{rows}");
        let left = training.labels().iter().filter(|left| **left).count();
        // Every fourth is taken, so that every second of these left.
        assert_eq!(left * 2, rows);
    }
}
