//! Loading many records into profiles: rows of a file or of the generator, grouped into chunks,
//! streamed, and counted as the service answers.

mod chunks;
mod reader;
mod rows;
mod send;

pub use rows::FileRows;
pub use send::{Refusal, Summary, send};

use contract::profiles::v1::ImportRecord;

use crate::mapping::Fault;

/// One row of a source with the records it gives rise to, or with everything that is wrong with it.
#[derive(Debug)]
pub struct SourceRow {
    /// The line of the file, or the number of the generated customer.
    pub row: u64,
    /// How much of the source is done with this row, in the unit of the progress bar.
    pub done: u64,
    /// What it says.
    pub records: Result<Vec<ImportRecord>, Vec<Fault>>,
}
