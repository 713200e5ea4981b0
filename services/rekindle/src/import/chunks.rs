//! Groups rows into chunks that the service takes, and keeps the books on what is under way.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use contract::profiles::v1::{ImportRecord, ImportRequest};
use prost::Message as _;

use super::SourceRow;
use super::send::{Refusal, keep};

/// A little under what the service takes in one chunk.
const MAX_RECORDS: usize = 900;
const MAX_BYTES: usize = 1024 * 1024;

/// What the sending half tells the receiving half.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Chunks that were sent and not answered, oldest first.
    pub(super) under_way: VecDeque<Chunk>,
    /// How many rows were read.
    pub(super) rows: u64,
    /// How many rows gave rise to nothing.
    pub(super) skipped: u64,
    /// How many rows were refused before they were sent.
    pub(super) refused: u64,
    /// Why, as far as it is kept.
    pub(super) refusals: Vec<Refusal>,
    /// Why reading ended early.
    pub(super) failure: Option<io::Error>,
}

/// One chunk under way.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The last row in it.
    pub(super) last_row: u64,
    /// How much of the source is done with it.
    pub(super) done: u64,
}

/// The books, shared by the two halves of a stream.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedBooks(Arc<Mutex<Books>>);

impl SharedBooks {
    pub(super) fn open(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns rows into requests; a row is never split.
#[derive(Debug)]
pub(super) struct Chunks<Rows> {
    rows: Rows,
    books: SharedBooks,
    waiting: Option<(u64, u64, Vec<ImportRecord>)>,
}

impl<Rows: Iterator<Item = io::Result<SourceRow>>> Chunks<Rows> {
    pub(super) fn of(rows: Rows, books: SharedBooks) -> Self {
        Self {
            rows,
            books,
            waiting: None,
        }
    }

    /// The next row that has records.
    fn next_row(&mut self) -> Option<(u64, u64, Vec<ImportRecord>)> {
        if let Some(waiting) = self.waiting.take() {
            return Some(waiting);
        }
        loop {
            let row = match self.rows.next()? {
                Ok(row) => row,
                Err(error) => {
                    self.books.open().failure = Some(error);
                    return None;
                }
            };
            let mut books = self.books.open();
            books.rows += 1;
            match row.records {
                Ok(records) if records.is_empty() => books.skipped += 1,
                Ok(records) => return Some((row.row, row.done, records)),
                Err(faults) => {
                    books.refused += 1;
                    keep(
                        &mut books.refusals,
                        faults.into_iter().map(|it| Refusal::local(row.row, it)),
                    );
                }
            }
        }
    }
}

impl<Rows: Iterator<Item = io::Result<SourceRow>>> Iterator for Chunks<Rows> {
    type Item = ImportRequest;

    fn next(&mut self) -> Option<ImportRequest> {
        let mut request = ImportRequest::default();
        let mut bytes = 0;
        let mut end = None;
        while let Some((row, done, records)) = self.next_row() {
            let more: usize = records.iter().map(ImportRecord::encoded_len).sum();
            let is_full =
                request.records.len() + records.len() > MAX_RECORDS || bytes + more > MAX_BYTES;
            if is_full && end.is_some() {
                self.waiting = Some((row, done, records));
                break;
            }
            bytes += more;
            request.records.extend(records);
            end = Some(Chunk {
                last_row: row,
                done,
            });
        }
        self.books.open().under_way.push_back(end?);
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::Fault;

    fn row(row: u64, count: usize) -> SourceRow {
        let records = vec![ImportRecord { row, record: None }; count];
        SourceRow {
            row,
            done: row * 10,
            records: Ok(records),
        }
    }

    #[test]
    fn a_row_is_never_split_and_every_chunk_is_within_bounds() {
        let books = SharedBooks::default();
        let rows = (1..=700).map(|number| Ok(row(number, 3)));
        let chunks: Vec<_> = Chunks::of(rows, books.clone()).collect();
        let sizes: Vec<usize> = chunks.iter().map(|chunk| chunk.records.len()).collect();
        assert_eq!(sizes, [900, 900, 300]);
        let last_rows: Vec<u64> = books
            .open()
            .under_way
            .iter()
            .map(|it| it.last_row)
            .collect();
        assert_eq!(last_rows, [300, 600, 700]);
        assert_eq!(books.open().rows, 700);
    }

    #[test]
    fn bad_and_empty_rows_are_counted_and_not_sent() {
        let books = SharedBooks::default();
        let fault = Fault {
            field: "event.kind".to_owned(),
            message: "is blank".to_owned(),
        };
        let bad = SourceRow {
            row: 2,
            done: 20,
            records: Err(vec![fault]),
        };
        let rows = [row(1, 1), bad, row(3, 0), row(4, 1)].map(Ok);
        let chunks: Vec<_> = Chunks::of(rows.into_iter(), books.clone()).collect();
        assert_eq!(chunks.len(), 1);
        assert_eq!(chunks[0].records.len(), 2);
        let books = books.open();
        assert_eq!((books.rows, books.skipped, books.refusals.len()), (4, 1, 1));
        assert_eq!(books.refusals[0].row, 2);
    }

    #[test]
    fn what_was_read_before_a_failure_is_still_sent() {
        let books = SharedBooks::default();
        let rows = [Ok(row(1, 1)), Err(io::Error::other("the disk is gone"))];
        let chunks: Vec<_> = Chunks::of(rows.into_iter(), books.clone()).collect();
        assert_eq!(chunks.len(), 1);
        assert!(books.open().failure.is_some());
    }
}
