//! The customers that a propensity model learns from, column by column, as they come.

use std::borrow::Cow;
use std::collections::BTreeMap;

use statistics::propensity::frame::Frame;
use statistics::propensity::refusal::FrameRefusal;

use super::features::{Feature, Features};
use crate::domain::model::ticket::{Share, Ticket};

/// The most customers of a line that are learnt from; of more, the half whose tickets are not drawn
/// is left out until there are no more.
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
#[derive(Clone, Debug, Default)]
pub struct Training {
    columns: BTreeMap<String, Vec<Option<Cell>>>,
    labels: Vec<bool>,
    tickets: Vec<Ticket>,
    share: Share,
}

impl Training {
    /// Adds a customer, and whether they left.
    pub fn add(&mut self, ticket: Ticket, features: &Features<'_>, left: bool) {
        self.share.seen += 1;
        if !ticket.is_drawn(self.share.halvings) {
            return;
        }
        let row = self.labels.len();
        self.labels.push(left);
        self.tickets.push(ticket);
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
        if self.labels.len() > MOST_ROWS {
            self.halve();
        }
    }

    /// Leaves out every customer whose ticket is not drawn any more.
    pub fn halve(&mut self) {
        let rows = self.labels.len();
        self.share.halvings += 1;
        let halvings = self.share.halvings;
        for column in self.columns.values_mut() {
            column.resize(rows, None);
            let mut tickets = self.tickets.iter();
            column.retain(|_| is_drawn(tickets.next(), halvings));
            column.shrink_to_fit();
        }
        let mut tickets = self.tickets.iter();
        self.labels.retain(|_| is_drawn(tickets.next(), halvings));
        self.tickets.retain(|ticket| ticket.is_drawn(halvings));
    }

    /// Returns how many values are held at most.
    pub fn cells(&self) -> usize {
        self.columns.len() * self.labels.len()
    }

    /// Returns how much of what there was this is.
    pub const fn share(&self) -> Share {
        self.share
    }

    /// Returns what is known of a customer, as it was added.
    pub fn customer(&self, row: usize) -> Features<'_> {
        let known = self.columns.iter().filter_map(|(name, cells)| {
            let feature = match cells.get(row)?.as_ref()? {
                Cell::Number(number) => Feature::Number(*number),
                Cell::Word(word) => Feature::Word(Cow::Borrowed(word)),
                Cell::Text(text) => Feature::Text(text),
            };
            Some((Cow::Borrowed(name.as_str()), feature))
        });
        known.collect()
    }

    /// Says whether anything is known of anybody under a name.
    pub fn knows(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// Returns whether each left.
    pub fn labels(&self) -> &[bool] {
        &self.labels
    }

    /// Adds the customers of another line. Both are shares of their line: each is halved until they
    /// are the same.
    pub fn append(&mut self, mut other: Self) {
        while self.share.halvings < other.share.halvings {
            self.halve();
        }
        while other.share.halvings < self.share.halvings {
            other.halve();
        }
        let rows = self.labels.len();
        for (name, values) in other.columns {
            let column = self.columns.entry(name).or_default();
            column.resize(rows, None);
            column.extend(values);
        }
        self.labels.extend(other.labels);
        self.tickets.extend(other.tickets);
        self.share.seen += other.share.seen;
    }

    /// Makes a frame. A column of texts is one of numbers where each of them is one.
    pub fn frame(&self) -> Result<Frame, FrameRefusal> {
        self.frame_of(|_| true)
    }

    /// Makes a frame of the columns that are wanted.
    pub fn frame_of(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Frame, FrameRefusal> {
        let mut frame = Frame::new(self.labels.len())?;
        for (name, cells) in self.columns.iter().filter(|(name, _)| is_wanted(name)) {
            let cells = padded(cells, self.labels.len());
            match numbers(&cells) {
                Some(numbers) => frame.add_numbers(name, &numbers)?,
                None => frame.add_categories(name, &words(&cells))?,
            }
        }
        Ok(frame)
    }
}

fn is_drawn(ticket: Option<&Ticket>, halvings: u32) -> bool {
    ticket.is_some_and(|ticket| ticket.is_drawn(halvings))
}

fn padded(cells: &[Option<Cell>], rows: usize) -> Vec<Option<&Cell>> {
    let mut padded: Vec<Option<&Cell>> = cells.iter().map(Option::as_ref).collect();
    padded.resize(rows, None);
    padded
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
    use super::*;

    fn row<'a>(texts: &[(&'a str, &'a str)]) -> Features<'a> {
        let feature =
            |(name, text): &(&'a str, &'a str)| (Cow::Borrowed(*name), Feature::Text(text));
        texts.iter().map(feature).collect()
    }

    #[test]
    fn a_column_is_of_numbers_where_every_text_is_one() {
        let mut training = Training::default();
        training.add(
            Ticket::of("c-1"),
            &row(&[("speed", "50"), ("code", "7")]),
            false,
        );
        training.add(Ticket::of("c-2"), &row(&[("code", "x7")]), true);
        let speed = padded(&training.columns["speed"], 2);
        assert_eq!(numbers(&speed), Some(vec![Some(50.0), None]));
        let code = padded(&training.columns["code"], 2);
        assert_eq!(numbers(&code), None);
        assert_eq!(words(&code), [Some("7".to_owned()), Some("x7".to_owned())]);
        assert_eq!(training.frame().unwrap().rows(), 2);
    }

    fn many(numbers: impl Iterator<Item = u32>) -> Training {
        let mut training = Training::default();
        for number in numbers {
            let (id, text) = (format!("c-{number}"), number.to_string());
            training.add(Ticket::of(&id), &row(&[("number", &text)]), number % 8 == 0);
        }
        training
    }

    fn drawn(training: &Training) -> Vec<String> {
        let cells = padded(&training.columns["number"], training.labels.len());
        let mut drawn: Vec<String> = words(&cells).into_iter().flatten().collect();
        drawn.sort_unstable();
        drawn
    }

    #[test]
    fn of_more_than_can_be_learnt_from_a_share_is_drawn_whatever_the_order() {
        let training = many(0..250_000);
        let rows = training.labels().len();
        assert_eq!(
            (training.share().seen, training.share().one_in()),
            (250_000, 4)
        );
        assert!(rows.abs_diff(62_500) < 1_000, "{rows}");
        let left = training.labels().iter().filter(|left| **left).count();
        assert!((left * 8).abs_diff(rows) < rows / 20, "{left} of {rows}");
        let backwards = many((0..250_000).rev());
        assert!(drawn(&backwards) == drawn(&training));
    }

    #[test]
    fn lines_are_put_together_in_the_same_shares() {
        let mut large = many(0..150_000);
        let small = many(200_000..201_000);
        large.append(small);
        assert_eq!((large.share().seen, large.share().one_in()), (151_000, 2));
        let of_small = drawn(&large)
            .iter()
            .filter(|it| it.len() == 6 && it.as_str() >= "200000")
            .count();
        assert!(of_small.abs_diff(500) < 60, "{of_small}");
        assert_eq!(large.labels.len(), large.tickets.len());
    }
}
