//! One kind of record a row gives rise to: when, how often, and field by field.

use std::collections::{HashMap, HashSet};

use contract::profiles::v1::import_record::Record;

use super::build;
use super::condition::{Condition, Ground};
use super::fields::{RECORD_KINDS, RecordKind};
use super::problem::Complaints;
use super::rule::Rule;
use super::section::{Placed, Section};
use super::template::RowView;
use crate::vocabulary::nearest;

/// One thing wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The field at fault, for example `subscription.monthly_price`; empty for the row as a whole.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// What a mapping remembers from row to row.
#[derive(Debug, Default)]
pub(super) struct Memory {
    seen: HashSet<String>,
    occurrences: HashMap<String, u64>,
}

/// One `[[record]]` of a mapping.
#[derive(Debug)]
pub(super) struct RecordRule {
    kind: &'static RecordKind,
    conditions: Vec<Condition>,
    once_per: Vec<usize>,
    occurrence_of: Vec<usize>,
    rules: Vec<Rule>,
    attributes: Vec<(String, usize)>,
}

const KEYS: [&str; 6] = [
    "kind",
    "when",
    "once_per",
    "occurrence_of",
    "fields",
    "attributes",
];

impl RecordRule {
    pub(super) fn read(
        section: &Section<'_>,
        ground: &Ground,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        section.refuse_other_keys(&KEYS, complaints);
        let kind = read_kind(section, complaints)?;
        let record = Self {
            kind,
            conditions: Condition::read_all(section, ground, complaints),
            once_per: read_columns(section, "once_per", ground, complaints),
            occurrence_of: read_columns(section, "occurrence_of", ground, complaints),
            rules: read_rules(section, kind, ground, complaints),
            attributes: read_attributes(section, kind, ground, complaints),
        };
        let counts = record.rules.iter().any(Rule::counts_occurrences);
        if counts && record.occurrence_of.is_empty() {
            let message = "{occurrence} needs occurrence_of: the columns to count within";
            complaints.at(section.place(), message);
        }
        Some(record)
    }

    /// The record for a row: none when it does not apply, every fault when it cannot be made.
    pub(super) fn record(
        &self,
        columns: &[String],
        memory: &mut Memory,
        row: u64,
        cells: &[&str],
    ) -> Result<Option<Record>, Vec<Fault>> {
        if !self
            .conditions
            .iter()
            .all(|condition| condition.holds(cells))
        {
            return Ok(None);
        }
        if !self.once_per.is_empty() && memory.seen.contains(&key_of(&self.once_per, cells)) {
            return Ok(None);
        }
        let occurrence = self.count_occurrence(memory, cells);
        let view = RowView {
            row,
            cells,
            occurrence,
        };
        let values = self.values(columns, view)?;
        Ok(build::record(
            self.kind.name,
            values,
            self.attribute_values(cells),
        ))
    }

    /// Remembers that the record of this row was made, so that `once_per` leaves out the next.
    pub(super) fn remember(&self, memory: &mut Memory, cells: &[&str]) {
        if !self.once_per.is_empty() {
            memory.seen.insert(key_of(&self.once_per, cells));
        }
    }

    // Counted for refused rows too: mending a row must not change the ids of the rows behind it.
    fn count_occurrence(&self, memory: &mut Memory, cells: &[&str]) -> u64 {
        if self.occurrence_of.is_empty() {
            return 1;
        }
        let count = memory
            .occurrences
            .entry(key_of(&self.occurrence_of, cells))
            .or_default();
        *count += 1;
        *count
    }

    fn values(
        &self,
        columns: &[String],
        view: RowView<'_>,
    ) -> Result<Vec<build::Filled>, Vec<Fault>> {
        let mut values = Vec::with_capacity(self.rules.len());
        let mut faults = Vec::new();
        for rule in &self.rules {
            let place = || {
                rule.column(columns)
                    .map_or_else(String::new, |it| format!("column {it}: "))
            };
            match rule.value(view) {
                Ok(Some(value)) => values.push((rule.field.name, value)),
                Ok(None) if rule.field.required => {
                    faults.push(self.fault(rule.field.name, format!("{}is blank", place())));
                }
                Ok(None) => {}
                Err(problem) => {
                    faults.push(self.fault(rule.field.name, format!("{}{problem}", place())));
                }
            }
        }
        if faults.is_empty() {
            Ok(values)
        } else {
            Err(faults)
        }
    }

    fn fault(&self, field: &str, message: String) -> Fault {
        Fault {
            field: format!("{}.{field}", self.kind.name),
            message,
        }
    }

    fn attribute_values(&self, cells: &[&str]) -> HashMap<String, String> {
        let cell = |index: &usize| cells.get(*index).copied().unwrap_or_default();
        self.attributes
            .iter()
            .map(|(name, index)| (name.clone(), cell(index).to_owned()))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

/// The cells of the key columns, joined so that no two keys run into each other.
fn key_of(columns: &[usize], cells: &[&str]) -> String {
    let cells = columns
        .iter()
        .map(|index| cells.get(*index).copied().unwrap_or_default());
    cells.collect::<Vec<_>>().join("\u{1f}")
}

fn read_kind(
    section: &Section<'_>,
    complaints: &mut Complaints<'_>,
) -> Option<&'static RecordKind> {
    let names = || RECORD_KINDS.iter().map(|kind| kind.name);
    let list = names().collect::<Vec<_>>().join(", ");
    let Some(name) = section.text("kind", complaints) else {
        complaints.at(section.place(), format!("a record needs a kind: {list}"));
        return None;
    };
    let kind = RECORD_KINDS.iter().find(|kind| kind.name == name.text);
    if kind.is_none() {
        let hint = nearest(name.text, names());
        let message = format!("no kind of record \"{}\"; known: {list}{hint}", name.text);
        complaints.at(&name.place.span(), message);
    }
    kind
}

fn read_columns(
    section: &Section<'_>,
    key: &str,
    ground: &Ground,
    complaints: &mut Complaints<'_>,
) -> Vec<usize> {
    let names = section.texts(key, complaints);
    names
        .into_iter()
        .filter_map(|name| ground.placed_column(name, complaints))
        .collect()
}

fn read_rules(
    section: &Section<'_>,
    kind: &'static RecordKind,
    ground: &Ground,
    complaints: &mut Complaints<'_>,
) -> Vec<Rule> {
    let Some(fields) = section.section("fields", complaints) else {
        complaints.at(section.place(), format!("the {} needs fields", kind.name));
        return Vec::new();
    };
    let known: Vec<&str> = kind.fields.iter().map(|field| field.name).collect();
    fields.refuse_other_keys(&known, complaints);
    for field in kind
        .fields
        .iter()
        .filter(|field| field.required && !fields.has(field.name))
    {
        let message = format!("the {} needs {}", kind.name, field.name);
        complaints.at(section.place(), message);
    }
    fields
        .entries()
        .filter_map(|(name, _, value)| Rule::read(kind.field(name)?, value, ground, complaints))
        .collect()
}

fn read_attributes(
    section: &Section<'_>,
    kind: &RecordKind,
    ground: &Ground,
    complaints: &mut Complaints<'_>,
) -> Vec<(String, usize)> {
    let Some(attributes) = section.section("attributes", complaints) else {
        return Vec::new();
    };
    if kind.name != "subscription" {
        complaints.at(section.place(), "only a subscription has attributes");
    }
    let mut columns = Vec::new();
    for (name, _, value) in attributes.entries() {
        let Some(text) = value.get_ref().as_str() else {
            complaints.at(&value.span(), "an attribute names the column it comes from");
            continue;
        };
        let column = ground.placed_column(Placed { text, place: value }, complaints);
        columns.extend(column.map(|column| (name.to_owned(), column)));
    }
    columns
}
