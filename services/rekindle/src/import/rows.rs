//! A file and its mapping, opened and checked together.

use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;

use super::SourceRow;
use super::reader::{RawRow, Reader};
use crate::failure::{Exit, Failure};
use crate::mapping::{Fault, Mapping};

/// The rows of a file, as a mapping reads them.
#[derive(Debug)]
pub struct FileRows {
    reader: Reader,
    mapping: Mapping,
    size: u64,
}

impl FileRows {
    /// Opens the file and checks the mapping against it; every problem is named at once.
    pub fn open(file: &Path, mapping: &Path, as_of: Option<Date>) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(mapping).map_err(|error| unreadable(mapping, &error))?;
        let size = std::fs::metadata(file)
            .map_err(|error| unreadable(file, &error))?
            .len();
        let mut reader = None;
        let read = Mapping::read(&text, as_of, |shape| {
            let (opened, columns) = Reader::open(file, shape)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            reader = Some(opened);
            Ok(columns)
        });
        let checked = read.map_err(|problems| {
            let count = problems.len();
            let message = format!("{} cannot be used: {count} problems", mapping.display());
            let failure = Failure::new(Exit::BadInput, message)
                .advice("correct them and run the command again; nothing was sent");
            let place = PathBuf::from(mapping);
            problems.iter().fold(failure, |failure, problem| {
                failure.detail(format!("{}:{problem}", place.display()))
            })
        })?;
        let reader = reader.ok_or_else(|| {
            Failure::new(Exit::BadInput, format!("{} was not opened", file.display()))
        })?;
        Ok(Self {
            reader,
            mapping: checked,
            size,
        })
    }

    /// The size of the file in bytes, the unit of `SourceRow::done`.
    pub fn size_bytes(&self) -> u64 {
        self.size
    }

    fn row(&mut self, raw: RawRow) -> SourceRow {
        let records = match raw.cells {
            Err(message) => Err(vec![Fault {
                field: String::new(),
                message,
            }]),
            Ok(cells) => {
                let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
                self.mapping.records(raw.line, &cells)
            }
        };
        SourceRow {
            row: raw.line,
            done: raw.end,
            records,
        }
    }
}

impl Iterator for FileRows {
    type Item = io::Result<SourceRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let raw = self.reader.next()?;
        Some(raw.map(|raw| self.row(raw)))
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        Exit::BadInput,
        format!("{} cannot be read: {error}", path.display()),
    )
    .advice("check the name and the permissions")
}
