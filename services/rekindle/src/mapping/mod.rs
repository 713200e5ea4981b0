//! Mapping files: how the rows of a source become records of the contract.
//!
//! A mapping is a TOML file with two parts. Unknown keys, unknown columns, values of the wrong type
//! and missing fields are refused, all at once, each with its line.
//!
//! ```toml
//! [source]
//! format = "csv"            # "csv": the first line names the columns, unless `columns` does
//!                           # "whitespace": cells between blanks, named by `columns`
//! delimiter = ","           # csv only
//! columns = ["id", "day"]   # when the source itself does not name them
//! as_of = "2026-11-01"      # the day the source speaks of; --as-of overrides it
//!
//! [[record]]                # one for each record a row gives rise to, in this order
//! kind = "subscription"     # customer, account, subscription, event, incident, consent
//! when = { column = "state", is = "live" }  # also is = [..], is_not, is_blank; a list means "all"
//! once_per = ["id"]         # only for the first row with these cells
//! occurrence_of = ["id", "day"]  # what {occurrence} counts within, in the order of the source
//!
//! [record.fields]           # the fields of the contract; a text in quotes names a column
//! customer_id = "id"
//! subscription_id = { text = "{id}-{occurrence}" }   # also {row}, the line
//! state = { constant = "active" }
//! contract_kind = { column = "plan", map = { "Monthly" = "month_to_month" } }
//! start_time = { column = "tenure", months_before_as_of = true }  # or date = "%Y%m%d"
//! service_end_time = { as_of = true, when = { column = "left", is = "Yes" } }
//! monthly_price = { column = "price", currency = "USD" }
//!
//! [record.attributes]       # of a subscription: attribute = "column"
//! payment_method = "PaymentMethod"
//! ```
//!
//! Blank cells leave an optional field out and are a fault in a required one. Booleans take
//! `yes = ["Y"], no = ["N"]`. Days become the first instant of the day in UTC.

mod build;
mod condition;
mod conversion;
mod convert;
mod fields;
mod problem;
mod records;
mod rule;
mod section;
mod source;
mod template;
#[cfg(test)]
mod tests;

use contract::profiles::v1::ImportRecord;
use jiff::civil::Date;
use toml::de::DeTable;

pub(crate) use build::wire_time;
pub(crate) use convert::midnight;
pub use problem::Problem;
pub use records::Fault;
pub use source::{SourceFormat, SourceShape};

use condition::Ground;
use problem::Complaints;
use records::{Memory, RecordRule};
use section::Section;

/// A mapping that was checked against the columns of its source.
#[derive(Debug)]
pub struct Mapping {
    shape: SourceShape,
    columns: Vec<String>,
    records: Vec<RecordRule>,
    memories: Vec<Memory>,
}

impl Mapping {
    /// Reads a mapping. `header` gives the columns of the source once its shape is known; what it
    /// cannot do is one more problem.
    pub fn read(
        text: &str,
        as_of: Option<Date>,
        header: impl FnOnce(&SourceShape) -> Result<Vec<String>, String>,
    ) -> Result<Self, Vec<Problem>> {
        let mut complaints = Complaints::about(text);
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            complaints.at(&error.span().unwrap_or(0..0), error.message());
        }
        if !complaints.is_empty() {
            return Err(complaints.into_problems());
        }
        let root = Section::root(&document);
        root.refuse_other_keys(&["source", "record"], &mut complaints);
        let shape = SourceShape::read(&root, as_of, &mut complaints);
        let columns = shape.as_ref().map(header).transpose();
        let columns = columns
            .map_err(|problem| complaints.at(&(0..0), problem))
            .ok()
            .flatten();
        // Without the columns every use of one would be a problem of its own.
        let (Some(shape), Some(columns)) = (shape, columns) else {
            return Err(complaints.into_problems());
        };
        let ground = Ground {
            columns,
            as_of: shape.as_of,
        };
        let records = read_records(&root, &ground, &mut complaints);
        if !complaints.is_empty() {
            return Err(complaints.into_problems());
        }
        let memories = records.iter().map(|_| Memory::default()).collect();
        Ok(Self {
            shape,
            columns: ground.columns,
            records,
            memories,
        })
    }

    /// How the source is to be read.
    pub fn shape(&self) -> &SourceShape {
        &self.shape
    }

    /// The columns of the source.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The records of one row, or everything that is wrong with it. Rows come in the order of the
    /// source: `once_per` and `{occurrence}` go by it.
    pub fn records(&mut self, row: u64, cells: &[&str]) -> Result<Vec<ImportRecord>, Vec<Fault>> {
        let mut records = Vec::new();
        let mut made = Vec::new();
        let mut faults = Vec::new();
        for (index, rule) in self.records.iter().enumerate() {
            match rule.record(&self.columns, &mut self.memories[index], row, cells) {
                Ok(Some(record)) => {
                    records.push(ImportRecord {
                        row,
                        record: Some(record),
                    });
                    made.push(index);
                }
                Ok(None) => {}
                Err(more) => faults.extend(more),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        for index in made {
            self.records[index].remember(&mut self.memories[index], cells);
        }
        Ok(records)
    }
}

fn read_records(
    root: &Section<'_>,
    ground: &Ground,
    complaints: &mut Complaints<'_>,
) -> Vec<RecordRule> {
    let sections = root.sections("record", complaints);
    if sections.is_empty() {
        complaints.at(root.place(), "the mapping makes nothing: add a [[record]]");
    }
    sections
        .iter()
        .filter_map(|section| RecordRule::read(section, ground, complaints))
        .collect()
}
