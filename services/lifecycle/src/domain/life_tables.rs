//! A fitted model: the life tables of every group that had enough to tell.

use std::collections::BTreeMap;
use std::fmt;

use kernel::time::Timestamp;

use super::facts::ContractKind;
use statistics::tenures::curve::Curve;

/// How long a month is, in days: a twelfth of a Gregorian year.
pub const DAYS_PER_MONTH: f64 = 30.436_875;
/// How long a week is, in days.
pub const DAYS_PER_WEEK: f64 = 7.0;

/// What a table is about. Ordered so that pooled tables come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The tenure of contractual subscriptions of every kind, in months.
    EveryContract,
    /// The tenure of contractual subscriptions of one kind, in months.
    Contract(ContractKind),
    /// The gaps between purchases, in weeks.
    Gap,
}

/// A group of subscriptions that share a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group {
    /// The business line; absent for all lines together.
    pub business_line: Option<String>,
    /// What is measured.
    pub subject: Subject,
}

impl Group {
    /// Returns the unit of the group's periods.
    pub fn unit(&self) -> &'static str {
        match self.subject {
            Subject::EveryContract | Subject::Contract(_) => "month",
            Subject::Gap => "week",
        }
    }
}

impl Subject {
    /// Returns the key under which the subject is stored and shown.
    pub const fn key(self) -> &'static str {
        match self {
            Self::EveryContract => "all",
            Self::Contract(kind) => kind.key(),
            Self::Gap => "gap",
        }
    }

    /// Finds the subject of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        match key {
            "all" => Some(Self::EveryContract),
            "gap" => Some(Self::Gap),
            kind => ContractKind::from_key(kind).map(Self::Contract),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.business_line.as_deref().unwrap_or("all");
        write!(formatter, "{line}/{}", self.subject.key())
    }
}

/// What is known about a fitted model without its tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSummary {
    /// The version, from one.
    pub version: u64,
    /// When it was fitted.
    pub fit_time: Timestamp,
    /// How many subscriptions and gaps it was fitted on.
    pub sample_size: u64,
    /// How many of these had ended.
    pub event_count: u64,
    /// It is the one in use.
    pub active: bool,
}

/// Some models, newest first.
#[derive(Clone, Debug)]
pub struct ModelPage {
    /// The models.
    pub models: Vec<ModelSummary>,
    /// There are older ones.
    pub more: bool,
}

/// The tables of one line, or of all together.
#[derive(Clone, Debug, Default)]
struct LineTables {
    by_kind: BTreeMap<ContractKind, Table>,
    every_contract: Option<Table>,
    gap: Option<Table>,
}

/// One table with the name of its group.
#[derive(Clone, Debug)]
pub struct Table {
    /// The name of the group.
    pub name: String,
    /// The curve.
    pub curve: Curve,
}

/// The tables of a model, ready for look-ups.
#[derive(Clone, Debug)]
pub struct LifeTables {
    /// The version of the model.
    pub version: u64,
    lines: BTreeMap<String, LineTables>,
    all: LineTables,
}

impl LifeTables {
    /// Arranges the tables of a model.
    pub fn new(version: u64, tables: impl IntoIterator<Item = (Group, Curve)>) -> Self {
        let mut arranged = Self {
            version,
            lines: BTreeMap::new(),
            all: LineTables::default(),
        };
        for (group, curve) in tables {
            let name = group.to_string();
            let line = match group.business_line {
                Some(business_line) => arranged.lines.entry(business_line).or_default(),
                None => &mut arranged.all,
            };
            line.put(group.subject, Table { name, curve });
        }
        arranged
    }

    /// Finds the table to judge a subscription of some tenure by: its line and kind, else its line,
    /// else everything, the first of these that saw anybody of that tenure; where none did, the
    /// first that is there.
    pub fn contract(
        &self,
        business_line: &str,
        kind: ContractKind,
        tenure_months: f64,
    ) -> Option<&Table> {
        let line = self.lines.get(business_line);
        let chain = [
            line.and_then(|line| line.by_kind.get(&kind)),
            line.and_then(|line| line.every_contract.as_ref()),
            self.all.every_contract.as_ref(),
        ];
        let mut tables = chain.into_iter().flatten();
        let first = tables.clone().next();
        tables
            .find(|table| table.curve.covers(tenure_months))
            .or(first)
    }

    /// Finds the table that the base rate of a line comes from.
    pub fn every_contract(&self, business_line: &str) -> Option<&Table> {
        let line = self.lines.get(business_line);
        line.and_then(|line| line.every_contract.as_ref())
            .or(self.all.every_contract.as_ref())
    }

    /// Finds the table of purchase gaps of a line, else of everything.
    pub fn gap(&self, business_line: &str) -> Option<&Table> {
        let line = self.lines.get(business_line);
        line.and_then(|line| line.gap.as_ref())
            .or(self.all.gap.as_ref())
    }
}

impl LineTables {
    fn put(&mut self, subject: Subject, table: Table) {
        match subject {
            Subject::EveryContract => self.every_contract = Some(table),
            Subject::Contract(kind) => {
                self.by_kind.insert(kind, table);
            }
            Subject::Gap => self.gap = Some(table),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use statistics::tenures::curve::Period;

    fn table(line: Option<&str>, subject: Subject, months: usize) -> (Group, Curve) {
        let group = Group {
            business_line: line.map(str::to_owned),
            subject,
        };
        let period = Period {
            at_risk: 100,
            ended: 1,
        };
        (group, Curve::new(vec![period; months]))
    }

    fn name(tables: &LifeTables, line: &str, kind: ContractKind, tenure: f64) -> String {
        tables.contract(line, kind, tenure).unwrap().name.clone()
    }

    #[test]
    fn a_thin_or_short_group_falls_back_to_a_pooled_one() {
        let yearly = Subject::Contract(ContractKind::OneYear);
        let tables = LifeTables::new(
            1,
            [
                table(Some("telecom"), yearly, 12),
                table(Some("telecom"), Subject::EveryContract, 24),
                table(None, Subject::EveryContract, 36),
            ],
        );
        let kind = ContractKind::OneYear;
        assert_eq!(name(&tables, "telecom", kind, 3.0), "telecom/one_year");
        assert_eq!(name(&tables, "telecom", kind, 12.0), "telecom/all");
        assert_eq!(name(&tables, "telecom", kind, 30.0), "all/all");
        assert_eq!(name(&tables, "telecom", kind, 99.0), "telecom/one_year");
        let two_year = ContractKind::TwoYear;
        assert_eq!(name(&tables, "telecom", two_year, 3.0), "telecom/all");
        assert_eq!(name(&tables, "energy", two_year, 3.0), "all/all");
        assert!(tables.gap("telecom").is_none());
    }

    #[test]
    fn keys_lead_back_to_their_subject() {
        let contracts = ContractKind::ALL.into_iter().map(Subject::Contract);
        for subject in contracts.chain([Subject::EveryContract, Subject::Gap]) {
            assert_eq!(Subject::from_key(subject.key()), Some(subject));
        }
        assert_eq!(Subject::from_key("nothing"), None);
    }
}
