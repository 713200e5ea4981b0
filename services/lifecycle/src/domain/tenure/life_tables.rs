//! A fitted model: the life tables of every group that had enough to tell.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::facts::ContractKind;
use crate::domain::model::report::{Figure, GroupReport};
use statistics::tenures::curve::{Curve, Period};

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

/// The tables of a model as they are stored: by group, checked on the way in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "StoredTables", into = "StoredTables")]
pub struct TableSet(Vec<(Group, Curve)>);

/// The same before anybody looked at them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredTables {
    tables: Vec<StoredTable>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredTable {
    business_line: Option<String>,
    subject: String,
    /// At risk, and ended.
    periods: Vec<(u64, u64)>,
}

/// What is wrong with stored tables.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableFault {
    /// A subject that there is not.
    #[error("unknown subject {0}")]
    Subject(String),
    /// More ended than were at risk, or more are at risk than were left.
    #[error("the counts of {0} contradict each other")]
    Counts(String),
}

impl TryFrom<StoredTables> for TableSet {
    type Error = TableFault;

    fn try_from(stored: StoredTables) -> Result<Self, TableFault> {
        let tables = stored.tables.into_iter().map(StoredTable::check);
        Ok(Self(tables.collect::<Result<_, _>>()?))
    }
}

impl From<TableSet> for StoredTables {
    fn from(tables: TableSet) -> Self {
        let store = |(group, curve): (Group, Curve)| StoredTable {
            business_line: group.business_line,
            subject: group.subject.key().to_owned(),
            periods: curve
                .periods()
                .iter()
                .map(|period| (period.at_risk, period.ended))
                .collect(),
        };
        Self {
            tables: tables.0.into_iter().map(store).collect(),
        }
    }
}

impl StoredTable {
    fn check(self) -> Result<(Group, Curve), TableFault> {
        let subject = Subject::from_key(&self.subject).ok_or(TableFault::Subject(self.subject))?;
        let group = Group {
            business_line: self.business_line,
            subject,
        };
        let mut left = u64::MAX;
        for (at_risk, ended) in &self.periods {
            if at_risk > &left || ended > at_risk {
                return Err(TableFault::Counts(group.to_string()));
            }
            left = at_risk - ended;
        }
        let periods = self.periods.into_iter();
        let periods = periods.map(|(at_risk, ended)| Period { at_risk, ended });
        Ok((group, Curve::new(periods.collect())))
    }
}

impl TableSet {
    /// Puts the tables in the order of their groups.
    pub fn new(mut tables: Vec<(Group, Curve)>) -> Self {
        tables.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self(tables)
    }

    /// Returns the tables.
    pub fn tables(&self) -> &[(Group, Curve)] {
        &self.0
    }

    /// Gives the tables away.
    pub fn into_tables(self) -> Vec<(Group, Curve)> {
        self.0
    }

    /// Describes the table of each group.
    pub(in crate::domain) fn reports(&self) -> Vec<GroupReport> {
        let report = |(group, curve): &(Group, Curve)| GroupReport {
            group: group.to_string(),
            family: "kaplan_meier",
            sample_size: curve.periods().first().map_or(0, |period| period.at_risk),
            parameters: Vec::new(),
            figures: vec![
                Figure::new("mean_hazard", curve.mean_hazard()),
                Figure::new("plateau", curve.plateau()),
            ],
            search: None,
            pooled_because: None,
        };
        self.0.iter().map(report).collect()
    }
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

    /// Lists the tables of tenures, those of a line or those of all together.
    pub fn contracts(
        &self,
        business_line: Option<&str>,
    ) -> impl Iterator<Item = (Subject, &Table)> {
        let line = match business_line {
            Some(line) => self.lines.get(line),
            None => Some(&self.all),
        };
        line.into_iter().flat_map(LineTables::contracts)
    }

    /// Lists the lines that have tables of their own.
    pub fn business_lines(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
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
    fn contracts(&self) -> impl Iterator<Item = (Subject, &Table)> {
        let every = self.every_contract.iter();
        let every = every.map(|table| (Subject::EveryContract, table));
        let of_kinds = self.by_kind.iter();
        every.chain(of_kinds.map(|(kind, table)| (Subject::Contract(*kind), table)))
    }

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
    fn stored_counts_that_contradict_each_other_are_refused() {
        let check = |periods: &[(u64, u64)]| {
            StoredTable {
                business_line: None,
                subject: "all".to_owned(),
                periods: periods.to_vec(),
            }
            .check()
        };
        assert!(check(&[(10, 2), (8, 8)]).is_ok());
        let fault = TableFault::Counts("all/all".to_owned());
        assert_eq!(check(&[(10, 11)]).unwrap_err(), fault);
        assert_eq!(check(&[(10, 2), (9, 0)]).unwrap_err(), fault);
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
