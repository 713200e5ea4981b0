//! A comma-separated file in memory, each column as places in the list of its distinct values.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use statistics::propensity::frame::{Frame, MOST_INPUTS};
use statistics::propensity::schema::Value;

use crate::failure::{Exit, Failure};

/// A larger file is not read.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// What stands for "not known", in lower case.
const NOT_KNOWN: [&str; 8] = ["", "na", "n/a", "nan", "null", "#n/a", "?", "<na>"];

/// The rows of a file.
#[derive(Debug)]
pub struct Table {
    name: String,
    columns: Vec<Column>,
    /// The line each row begins on, from one.
    lines: Vec<u64>,
    /// How many lines later than the reader says: with two signs at the end of each line it says
    /// where the first of them was read.
    late: u64,
}

/// One column.
#[derive(Debug, Default)]
pub struct Column {
    pub(super) name: String,
    /// The distinct values, first come first; blanks around them are cut off.
    pub(super) values: Vec<String>,
    /// The place of each row's value.
    pub(super) places: Vec<u32>,
    known: HashMap<String, u32>,
}

/// What a column holds.
enum Kind {
    /// Numbers, by the place of the value; `None` where it is not known.
    Numbers(Vec<Option<f64>>),
    Categories,
}

impl Table {
    /// Reads a file whose first line names the columns.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| {
            unusable(&name, format!("it cannot be read: {error}"))
                .advice("check the name and the permissions")
        })?;
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        if size > MOST_BYTES {
            let problem = format!("it has {size} bytes, more than {MOST_BYTES}");
            return Err(unusable(&name, problem).advice("draw a random part of its rows"));
        }
        // A pipe has no size beforehand.
        let reader = ReaderBuilder::new()
            .trim(Trim::All)
            .from_reader(file.take(MOST_BYTES));
        Self::of(name, reader)
    }

    fn of(name: String, mut reader: csv::Reader<impl std::io::Read>) -> Result<Self, Failure> {
        let header = reader
            .headers()
            .map_err(|error| unusable(&name, format!("line 1: {error}")))?
            .clone();
        let mut table = Self {
            columns: columns(&name, &header)?,
            name,
            lines: Vec::new(),
            late: 0,
        };
        let mut record = StringRecord::new();
        loop {
            let more = reader.read_record(&mut record).map_err(|error| {
                table
                    .unusable(error.to_string())
                    .advice("mend the line, or leave it out")
            })?;
            if !more {
                return Ok(table);
            }
            table.push(&record);
        }
    }

    fn push(&mut self, record: &StringRecord) {
        let line = record.position().map_or(0, csv::Position::line);
        if self.lines.is_empty() {
            // The first line has the names of the columns.
            self.late = u64::from(line <= 1);
        }
        self.lines.push(line + self.late);
        for (column, value) in self.columns.iter_mut().zip(record) {
            column.push(value);
        }
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Returns the file's name as it was given.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the line that a row begins on.
    pub fn line(&self, row: usize) -> u64 {
        self.lines.get(row).copied().unwrap_or(0)
    }

    /// Finds a column by its name; a name spelt differently is an error that lists the columns.
    pub fn column(&self, name: &str) -> Result<&Column, Failure> {
        self.find(name).ok_or_else(|| {
            let names: Vec<&str> = self.columns.iter().map(|it| it.name.as_str()).collect();
            let failure = self.unusable(format!("there is no column \"{name}\""));
            match &names[..] {
                [] => failure.advice("it is empty: give a file whose first line names the columns"),
                names => failure.advice(format!("it has: {}", names.join(", "))),
            }
        })
    }

    pub(super) fn find(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(super) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// A failure that names the file.
    pub fn unusable(&self, problem: impl std::fmt::Display) -> Failure {
        unusable(&self.name, problem)
    }

    /// Returns every column but one as inputs of a model. A column whose known values are all
    /// numbers is one of numbers.
    pub fn inputs(&self, target: &str) -> Result<Frame, Failure> {
        let refused = |problem: String| self.unusable(problem);
        let mut frame = Frame::new(self.rows()).map_err(|it| refused(it.to_string()))?;
        for column in self.columns.iter().filter(|column| column.name != target) {
            let places = column.places.iter().map(|place| *place as usize);
            let added = match self.kind(column)? {
                Kind::Numbers(numbers) => {
                    let numbers: Vec<Option<f64>> = places.map(|place| numbers[place]).collect();
                    frame.add_numbers(&column.name, &numbers)
                }
                Kind::Categories => {
                    let values: Vec<Option<&str>> =
                        places.map(|place| known(&column.values[place])).collect();
                    frame.add_categories(&column.name, &values)
                }
            };
            added.map_err(|it| refused(it.to_string()))?;
        }
        Ok(frame)
    }

    /// Tells numbers from categories; an infinite number among numbers is an error.
    fn kind(&self, column: &Column) -> Result<Kind, Failure> {
        let mut numbers = Vec::with_capacity(column.values.len());
        for value in &column.values {
            match known(value).map(str::parse::<f64>) {
                None => numbers.push(None),
                Some(Ok(number)) => numbers.push(Some(number)),
                Some(Err(_)) => return Ok(Kind::Categories),
            }
        }
        let infinite = |number: &Option<f64>| number.is_some_and(|number| !number.is_finite());
        if let Some(place) = numbers.iter().position(infinite) {
            let row = column.places.iter().position(|it| *it as usize == place);
            let line = self.line(row.unwrap_or(0));
            let problem = format!(
                "line {line}, column {}: {} is not a finite number",
                column.name, column.values[place]
            );
            return Err(self
                .unusable(problem)
                .advice("leave it blank where it is not known"));
        }
        let is_known = numbers.iter().any(Option::is_some);
        Ok(if is_known {
            Kind::Numbers(numbers)
        } else {
            Kind::Categories
        })
    }

    /// Returns one value as a model reads it.
    pub fn value(&self, row: usize, name: &str, is_number: bool) -> Value<'_> {
        let value = self
            .find(name)
            .and_then(|column| column.value(row))
            .and_then(known);
        match value {
            None => Value::Missing,
            Some(value) if is_number => value.parse().map_or(Value::Missing, Value::Number),
            Some(value) => Value::Category(value),
        }
    }
}

impl Column {
    fn push(&mut self, value: &str) {
        let place = if let Some(place) = self.known.get(value) {
            *place
        } else {
            let place = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            self.values.push(value.to_owned());
            self.known.insert(value.to_owned(), place);
            place
        };
        self.places.push(place);
    }

    /// Returns the value of a row.
    pub(super) fn value(&self, row: usize) -> Option<&str> {
        let place = *self.places.get(row)? as usize;
        self.values.get(place).map(String::as_str)
    }
}

/// A value, unless it stands for "not known".
pub(super) fn known(value: &str) -> Option<&str> {
    let lower = value.to_ascii_lowercase();
    (!NOT_KNOWN.contains(&lower.as_str())).then_some(value)
}

fn columns(name: &str, header: &StringRecord) -> Result<Vec<Column>, Failure> {
    if header.len() > MOST_INPUTS {
        let problem = format!("it has {} columns, more than {MOST_INPUTS}", header.len());
        return Err(unusable(name, problem));
    }
    let mut columns: Vec<Column> = Vec::new();
    for (place, given) in header.iter().enumerate() {
        let own = given.trim_start_matches('\u{feff}');
        let own = if own.is_empty() {
            format!("column {}", place + 1)
        } else {
            own.to_owned()
        };
        if columns.iter().any(|column| column.name == own) {
            return Err(unusable(
                name,
                format!("line 1: column \"{own}\" is there twice"),
            ));
        }
        columns.push(Column {
            name: own,
            ..Column::default()
        });
    }
    Ok(columns)
}

/// A failure that names a file.
pub(super) fn unusable(name: &str, problem: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::BadInput, format!("{name} cannot be used: {problem}"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn table(text: &str) -> Result<Table, Failure> {
        let reader = ReaderBuilder::new()
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        Table::of("customers.csv".to_owned(), reader)
    }

    #[test]
    fn blanks_among_numbers_are_not_known() {
        let table = table("id,total,plan\na, 1.5,x\nb, ,y\nc,NA,2\n").unwrap();
        assert_eq!(table.value(0, "total", true), Value::Number(1.5));
        assert_eq!(table.value(1, "total", true), Value::Missing);
        assert_eq!(table.value(2, "total", true), Value::Missing);
        assert_eq!(table.value(2, "plan", false), Value::Category("2"));
        let frame = table.inputs("plan").unwrap();
        assert_eq!(frame.names().collect::<Vec<_>>(), ["id", "total"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let failure = |text: &str| match table(text) {
            Ok(table) => table.inputs("plan").unwrap_err().to_string(),
            Err(failure) => failure.to_string(),
        };
        assert!(failure("a,plan\n1,x\ninf,y\n").contains("line 3, column a: inf"));
        assert!(failure("a,plan\r\n1,x\r\ninf,y\r\n").contains("line 3, column a: inf"));
        assert!(failure("a,plan\n1,x\n1,2,3\n").contains("line: 3"));
        assert!(failure("a,a\n1,x\n").contains("line 1: column \"a\" is there twice"));
        assert!(failure(&"x,".repeat(3_000)).contains("more than 2000"));
    }
}
