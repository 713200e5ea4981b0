//! Reads a file row by row. A row that cannot be read is one bad row, not the end of the file: a
//! quote that is never closed costs its own line alone.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use crate::mapping::{SourceFormat, SourceShape};

/// A longer row is a quote that is never closed, or no text file at all.
const MAX_ROW_BYTES: usize = 64 * 1024;

/// The cells of a row without surrounding blanks, or why there are none.
type Cells = Result<Vec<String>, String>;

/// One row as it stands in the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RawRow {
    /// The line it begins on, from one.
    pub(super) line: u64,
    /// How many bytes of the file are read with it.
    pub(super) end: u64,
    /// The cells without surrounding blanks, or why there are none.
    pub(super) cells: Cells,
}

/// The rows of a file.
#[derive(Debug)]
pub(super) struct Reader {
    lines: Lines,
    format: SourceFormat,
    width: Option<usize>,
}

impl Reader {
    /// Opens a file and reads the names of its columns, if these are in its first line.
    pub(super) fn open(path: &Path, shape: &SourceShape) -> io::Result<(Self, Vec<String>)> {
        let lines = Lines::of(File::open(path)?);
        let mut reader = Self {
            lines,
            format: shape.format,
            width: None,
        };
        let columns = match &shape.columns {
            Some(columns) => columns.clone(),
            None => reader.header()?,
        };
        reader.width = Some(columns.len());
        Ok((reader, columns))
    }

    fn header(&mut self) -> io::Result<Vec<String>> {
        let bad = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
        let Some(row) = self.next().transpose()? else {
            return Err(bad(
                "the file is empty: there is no line with the columns".to_owned()
            ));
        };
        let mut columns = row.cells.map_err(bad)?;
        if let Some(first) = columns.first_mut() {
            *first = first.trim_start_matches('\u{feff}').to_owned();
        }
        for (index, column) in columns.iter().enumerate() {
            if columns[..index].contains(column) {
                return Err(bad(format!(
                    "the first line names the column \"{column}\" twice"
                )));
            }
        }
        Ok(columns)
    }

    fn row(&mut self, first: Line) -> io::Result<RawRow> {
        let (line, first_end) = (first.number, first.end);
        let (cells, further) = match self.format {
            SourceFormat::Whitespace => (split_at_blanks(&first.bytes), Vec::new()),
            SourceFormat::Csv { delimiter } => self.read_csv(first, delimiter)?,
        };
        let cells = cells.and_then(|cells| match self.width {
            Some(width) if width != cells.len() => {
                Err(format!("has {} cells where {width} are due", cells.len()))
            }
            _ => Ok(cells),
        });
        let mut end = further.last().map_or(first_end, |line| line.end);
        if cells.is_err() {
            // Only the first line is known to be bad; those behind it get their own chance.
            self.lines.give_back(further);
            end = first_end;
        }
        Ok(RawRow { line, end, cells })
    }

    /// A row of cells in quotes may go on over several lines.
    fn read_csv(&mut self, first: Line, delimiter: u8) -> io::Result<(Cells, Vec<Line>)> {
        let mut text = first.bytes;
        let mut further = Vec::new();
        loop {
            let (cells, is_closed) = parse_csv(&text, delimiter)?;
            if is_closed {
                return Ok((cells, further));
            }
            let next = self.lines.next().transpose()?;
            let Some(next) = next.filter(|_| text.len() <= MAX_ROW_BYTES) else {
                let message = "has a quote that is never closed: close it or double it";
                return Ok((Err(message.to_owned()), further));
            };
            text.extend_from_slice(&next.bytes);
            further.push(next);
        }
    }
}

impl Iterator for Reader {
    type Item = io::Result<RawRow>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.lines.next()? {
                Ok(line) if line.bytes.trim_ascii().is_empty() => {}
                Ok(line) => return Some(self.row(line)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// One line with its end-of-line.
#[derive(Debug)]
struct Line {
    number: u64,
    end: u64,
    bytes: Vec<u8>,
}

/// The lines of a file, some of which were given back to be read again.
#[derive(Debug)]
struct Lines {
    file: BufReader<File>,
    given_back: VecDeque<Line>,
    number: u64,
    end: u64,
}

impl Lines {
    fn of(file: File) -> Self {
        let file = BufReader::new(file);
        Self {
            file,
            given_back: VecDeque::new(),
            number: 0,
            end: 0,
        }
    }

    fn give_back(&mut self, lines: Vec<Line>) {
        for line in lines.into_iter().rev() {
            self.given_back.push_front(line);
        }
    }

    fn read(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let bound = MAX_ROW_BYTES as u64;
        let read = self
            .file
            .by_ref()
            .take(bound)
            .read_until(b'\n', &mut bytes)?;
        self.end += read as u64;
        self.number += 1;
        let line = Line {
            number: self.number,
            end: self.end,
            bytes,
        };
        if read == MAX_ROW_BYTES && !line.bytes.ends_with(b"\n") {
            let message = format!(
                "line {} is longer than 64 KiB: this is no table",
                self.number
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        Ok((read > 0).then_some(line))
    }
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.given_back.pop_front() {
            Some(line) => Some(Ok(line)),
            None => self.read().transpose(),
        }
    }
}

/// The first row of a text, and whether it ends inside the text: one more byte behind the text
/// belongs to the row only when a quote is still open.
fn parse_csv(text: &[u8], delimiter: u8) -> io::Result<(Cells, bool)> {
    if !text.contains(&b'"') {
        let end = text
            .iter()
            .rposition(|byte| !matches!(byte, b'\n' | b'\r'))
            .map_or(0, |last| last + 1);
        let cells = text[..end].split(|byte| *byte == delimiter);
        return Ok((cells.map(text_of).collect(), true));
    }
    let is_terminated = text.ends_with(b"\n");
    let behind: &[u8] = if is_terminated { b"x" } else { b"\nx" };
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(text.len() + behind.len())
        .from_reader(text.chain(behind));
    let mut record = ByteRecord::new();
    reader
        .read_byte_record(&mut record)
        .map_err(io::Error::from)?;
    let whole = (text.len() + behind.len()) as u64;
    let is_closed = reader.position().byte() < whole;
    let cells = if is_closed && goes_on_behind_a_quote(text, delimiter) {
        Err("has text behind a closing quote: double the quotes inside".to_owned())
    } else {
        record.iter().map(text_of).collect()
    };
    Ok((cells, is_closed))
}

/// Whether a cell in quotes goes on behind its closing quote. Readers let that pass, and so join
/// two rows of which each lacks a quote.
fn goes_on_behind_a_quote(text: &[u8], delimiter: u8) -> bool {
    let ends_cell = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
    let (mut is_quoted, mut at_start) = (false, true);
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if is_quoted && bytes.peek() == Some(&b'"') => drop(bytes.next()),
            b'"' if is_quoted => {
                is_quoted = false;
                if bytes.peek().is_some_and(|next| !ends_cell(*next)) {
                    return true;
                }
            }
            b'"' if at_start => is_quoted = true,
            _ => {}
        }
        at_start = !is_quoted && ends_cell(byte);
    }
    false
}

fn split_at_blanks(bytes: &[u8]) -> Cells {
    bytes
        .split(u8::is_ascii_whitespace)
        .filter(|cell| !cell.is_empty())
        .map(text_of)
        .collect()
}

fn text_of(bytes: &[u8]) -> Result<String, String> {
    std::str::from_utf8(bytes)
        .map(|text| text.trim().to_owned())
        .map_err(|_| "is not UTF-8: convert the file first".to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct TemporaryFile(PathBuf);

    impl TemporaryFile {
        fn with(name: &str, bytes: &[u8]) -> Self {
            let name = format!("rekindle-reader-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::write(&path, bytes).expect("a temporary file can be written");
            Self(path)
        }
    }

    impl Drop for TemporaryFile {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn shape(format: SourceFormat, columns: Option<&[&str]>) -> SourceShape {
        let columns = columns.map(|columns| columns.iter().map(|it| (*it).to_owned()).collect());
        SourceShape {
            format,
            columns,
            as_of: None,
        }
    }

    const CSV: SourceFormat = SourceFormat::Csv { delimiter: b',' };

    fn rows(file: &TemporaryFile, shape: &SourceShape) -> Vec<(u64, Result<Vec<String>, String>)> {
        let (reader, _) = Reader::open(&file.0, shape).expect("a readable file");
        reader
            .map(|row| {
                row.map(|row| (row.line, row.cells))
                    .expect("a readable row")
            })
            .collect()
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn bad_rows_are_reported_with_their_line_and_the_rest_is_read() {
        let bytes = b"\xef\xbb\xbfid,note\r\nc-1, \"a, b\" \r\nc-2\r\nc-3,\xff\r\n\r\nc-4,\"two\nlines\"\nc-5,x\n";
        let file = TemporaryFile::with("bad.csv", bytes);
        let rows = rows(&file, &shape(CSV, None));
        let (_, columns) = Reader::open(&file.0, &shape(CSV, None)).expect("a readable file");
        assert_eq!(columns, ["id", "note"]);
        assert_eq!(rows.len(), 5, "{rows:?}");
        assert_eq!(rows[1], (3, Err("has 1 cells where 2 are due".to_owned())));
        assert_eq!(
            rows[2],
            (4, Err("is not UTF-8: convert the file first".to_owned()))
        );
        assert_eq!(rows[3], (6, Ok(owned(&["c-4", "two\nlines"]))));
        assert_eq!(rows[4], (8, Ok(owned(&["c-5", "x"]))));
    }

    #[test]
    fn an_open_quote_costs_its_own_line_alone() {
        let bytes = b"id,note\nc-1,5\" pipe\nc-2,\"open\nc-3,fine\nc-4,\"open\n";
        let file = TemporaryFile::with("quote.csv", bytes);
        let rows = rows(&file, &shape(CSV, None));
        assert_eq!(rows.len(), 4, "{rows:?}");
        assert_eq!(rows[0], (2, Ok(owned(&["c-1", "5\" pipe"]))));
        assert!(rows[1].1.is_err(), "{rows:?}");
        assert_eq!(rows[2], (4, Ok(owned(&["c-3", "fine"]))));
        assert!(rows[3].1.is_err(), "{rows:?}");
    }

    #[test]
    fn quotes_inside_quotes_are_doubled() {
        let file = TemporaryFile::with("said.csv", b"id,note\nc-1,\"said \"\"hi\"\", twice\"\n");
        let rows = rows(&file, &shape(CSV, None));
        assert_eq!(rows, [(2, Ok(owned(&["c-1", "said \"hi\", twice"])))]);
    }

    #[test]
    fn cells_between_blanks_are_read_from_any_line_ending() {
        let file = TemporaryFile::with("blank.txt", b" 4 1997  2\r\n\r\n 5 1998\t3\n6 7\n8 9 10");
        let shape = shape(SourceFormat::Whitespace, Some(&["id", "year", "count"]));
        let rows = rows(&file, &shape);
        assert_eq!(rows[0], (1, Ok(owned(&["4", "1997", "2"]))));
        assert_eq!(rows[1], (3, Ok(owned(&["5", "1998", "3"]))));
        assert_eq!(rows[2], (4, Err("has 2 cells where 3 are due".to_owned())));
        assert_eq!(rows[3], (5, Ok(owned(&["8", "9", "10"]))));
    }

    #[test]
    fn an_empty_file_and_a_column_twice_are_refused() {
        let file = TemporaryFile::with("empty.csv", b"");
        assert!(Reader::open(&file.0, &shape(CSV, None)).is_err());
        let file = TemporaryFile::with("twice.csv", b"a,b,a\n");
        assert!(Reader::open(&file.0, &shape(CSV, None)).is_err());
    }
}
