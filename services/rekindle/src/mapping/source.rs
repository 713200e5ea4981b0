//! The `[source]` of a mapping: how the file is laid out and which day it speaks of.

use jiff::civil::Date;

use super::problem::Complaints;
use super::section::Section;
use crate::vocabulary::nearest;

/// How cells are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceFormat {
    /// Comma-separated values, or with another delimiter of one byte.
    Csv {
        /// The byte between cells.
        delimiter: u8,
    },
    /// Cells between any number of blanks.
    Whitespace,
}

/// How a source is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceShape {
    /// How cells are told apart.
    pub format: SourceFormat,
    /// The names of the columns, when the source does not name them in its first line.
    pub columns: Option<Vec<String>>,
    /// The day the source speaks of.
    pub as_of: Option<Date>,
}

const FORMATS: [&str; 2] = ["csv", "whitespace"];

impl SourceShape {
    pub(super) fn read(
        root: &Section<'_>,
        as_of: Option<Date>,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        let Some(section) = root.section("source", complaints) else {
            complaints.at(root.place(), "a mapping needs a [source] with a format");
            return None;
        };
        section.refuse_other_keys(&["format", "delimiter", "columns", "as_of"], complaints);
        let written = read_as_of(&section, complaints);
        let columns = read_columns(&section, complaints);
        let format = read_format(&section, complaints)?;
        if format == SourceFormat::Whitespace && columns.is_none() {
            complaints.at(
                section.place(),
                "format \"whitespace\" needs columns: their names",
            );
            return None;
        }
        Some(Self {
            format,
            columns,
            as_of: as_of.or(written),
        })
    }
}

fn read_format(section: &Section<'_>, complaints: &mut Complaints<'_>) -> Option<SourceFormat> {
    let delimiter = read_delimiter(section, complaints);
    let Some(format) = section.text("format", complaints) else {
        let message = format!("[source] needs a format: {}", FORMATS.join(" or "));
        complaints.at(section.place(), message);
        return None;
    };
    match format.text {
        "csv" => Some(SourceFormat::Csv {
            delimiter: delimiter.unwrap_or(b','),
        }),
        "whitespace" => Some(SourceFormat::Whitespace),
        other => {
            let hint = nearest(other, FORMATS);
            let message = format!("no format \"{other}\"; known: {}{hint}", FORMATS.join(", "));
            complaints.at(&format.place.span(), message);
            None
        }
    }
}

fn read_delimiter(section: &Section<'_>, complaints: &mut Complaints<'_>) -> Option<u8> {
    let text = section.text("delimiter", complaints)?;
    if let [byte] = text.text.as_bytes() {
        return Some(*byte);
    }
    complaints.at(&text.place.span(), "delimiter must be one ASCII character");
    None
}

fn read_columns(section: &Section<'_>, complaints: &mut Complaints<'_>) -> Option<Vec<String>> {
    if !section.has("columns") {
        return None;
    }
    let mut columns: Vec<String> = Vec::new();
    for name in section.texts("columns", complaints) {
        if columns.iter().any(|column| column == name.text) {
            let message = format!("the column \"{}\" is named twice", name.text);
            complaints.at(&name.place.span(), message);
        }
        columns.push(name.text.to_owned());
    }
    Some(columns)
}

fn read_as_of(section: &Section<'_>, complaints: &mut Complaints<'_>) -> Option<Date> {
    let value = section.value("as_of")?;
    let text = match value.get_ref() {
        toml::de::DeValue::Datetime(day) => day.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    text.parse()
        .map_err(|_| complaints.at(&value.span(), "as_of must be a day, like 2026-11-01"))
        .ok()
}
