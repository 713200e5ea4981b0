//! Chunks of an import: rows with their records, each row checked on its own.

use std::collections::HashMap;

use contract::profiles::v1 as pb;
use contract::profiles::v1::import_record::Record as Wire;
use edge::violations::Violations;
use kernel::refusal::Refusal;

use super::{account, consent, customer, event, incident, subscription};
use crate::domain::record::Record;
use crate::usecase::{Row, RowRefusal};

const MOST_RECORDS: usize = 1_000;

/// Reads the rows of a chunk, in the order in which they begin.
pub(in crate::rpc) fn rows(chunk: &pb::ImportRequest) -> Result<Vec<Row>, Refusal> {
    let mut checks = Violations::default();
    checks.at_most("records", &chunk.records, MOST_RECORDS);
    checks.finish(|| Some(()))?;
    let mut rows: Vec<Row> = Vec::new();
    let mut places: HashMap<u64, usize> = HashMap::new();
    for wire in &chunk.records {
        let place = *places.entry(wire.row).or_insert_with(|| {
            rows.push(Row {
                number: wire.row,
                records: Ok(Vec::new()),
            });
            rows.len() - 1
        });
        rows[place].add(record(wire));
    }
    Ok(rows)
}

impl Row {
    /// Adds a record; the first malformed one is what the row is refused for.
    fn add(&mut self, record: Result<Record, Refusal>) {
        match (&mut self.records, record) {
            (Ok(records), Ok(record)) => records.push(record),
            (Ok(_), Err(refusal)) => self.records = Err(RowRefusal::from(refusal)),
            (Err(_), _) => {}
        }
    }
}

fn record(wire: &pb::ImportRecord) -> Result<Record, Refusal> {
    let mut checks = Violations::default();
    if wire.row == 0 {
        checks.add("row", "REQUIRED", "must count from one");
    }
    let record = match &wire.record {
        None => {
            checks.add("record", "REQUIRED", "must be given");
            None
        }
        Some(wire) => kind(&mut checks, wire),
    };
    checks.finish(|| record)
}

fn kind(checks: &mut Violations, wire: &Wire) -> Option<Record> {
    match wire {
        Wire::Customer(wire) => checks
            .within("customer", |checks| customer(checks, wire))
            .map(Record::Customer),
        Wire::Account(wire) => checks
            .within("account", |checks| account(checks, wire))
            .map(Record::Account),
        Wire::Subscription(wire) => checks
            .within("subscription", |checks| subscription(checks, wire))
            .map(|draft| Record::Subscription(Box::new(draft))),
        Wire::Event(wire) => checks
            .within("event", |checks| event(checks, wire))
            .map(Record::Event),
        Wire::Incident(wire) => checks
            .within("incident", |checks| incident(checks, wire))
            .map(Record::Incident),
        Wire::Consent(wire) => checks
            .within("consent", |checks| consent(checks, wire))
            .map(Record::Consent),
    }
}
