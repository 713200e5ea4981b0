//! Merging the rows that apply: the strictest value of each field.

use kernel::time::Timestamp;

use super::{PolicyOutcome, PolicySet, Row, Situation};

/// What one row did in a situation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEffect<'a> {
    /// The row.
    pub row: &'a Row,
    /// It applied.
    pub applied: bool,
    /// Why it did not apply, or which fields it decided.
    pub why: String,
}

pub(super) fn resolve(_set: &PolicySet, _situation: &Situation, _at: Timestamp) -> PolicyOutcome {
    PolicyOutcome::strictest()
}

pub(super) fn explain<'a>(
    _set: &'a PolicySet,
    _situation: &Situation,
    _at: Timestamp,
) -> Vec<RowEffect<'a>> {
    Vec::new()
}
