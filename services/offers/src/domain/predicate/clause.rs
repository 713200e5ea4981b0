//! One test of one fact.

use std::sync::Arc;

use super::Ranges;
use crate::domain::facts::{Fact, Facts, Value};
use crate::domain::policy::covers;
use crate::domain::problem::Place;

/// One test of one fact, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// The fact.
    pub fact: Fact,
    /// The test.
    pub test: Test,
    /// The clause as written.
    pub written: Arc<str>,
    /// Where it is written.
    pub place: Place,
}

/// What a fact is tested for. Every operator of the files comes down to one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// The fact is known.
    Present,
    /// The fact is not known.
    Absent,
    /// The boolean is this one.
    Boolean(bool),
    /// The number is one of these.
    Integer(Ranges),
    /// The text is one of these, or none of these.
    Text {
        /// The texts.
        among: Box<[Arc<str>]>,
        /// It shall be none of them.
        negated: bool,
    },
    /// The place is one of these or lies in one of them, or not.
    Place {
        /// The places.
        among: Box<[Arc<str>]>,
        /// It shall lie in none of them.
        negated: bool,
    },
    /// The set shares an element with these, or none.
    Overlap {
        /// The texts.
        among: Box<[Arc<str>]>,
        /// It shall share none.
        negated: bool,
    },
}

impl Clause {
    /// Tells whether the clause is true: never when the fact is not known, `absent` apart.
    pub fn holds(&self, facts: &Facts) -> bool {
        match (&self.test, facts.get(self.fact)) {
            (Test::Present, value) => value.is_some(),
            (Test::Absent, value) => value.is_none(),
            (Test::Boolean(wanted), Some(Value::Boolean(seen))) => wanted == seen,
            (Test::Integer(ranges), Some(Value::Integer(seen))) => ranges.contains(*seen),
            (Test::Text { among, negated }, Some(Value::Text(seen))) => {
                among.contains(seen) != *negated
            }
            (Test::Place { among, negated }, Some(Value::Text(seen))) => {
                among.iter().any(|place| covers(place, seen)) != *negated
            }
            (Test::Overlap { among, negated }, Some(Value::TextSet(seen))) => {
                seen.iter().any(|element| among.contains(element)) != *negated
            }
            _ => false,
        }
    }
}

impl Clause {
    /// Returns the clause that is true where this one is false.
    #[must_use]
    pub fn negate(&self) -> Self {
        Self {
            fact: self.fact,
            test: self.test.clone().negate(),
            written: Arc::from(format!("not {}", self.written)),
            place: self.place.clone(),
        }
    }
}

impl Test {
    /// Returns the test that is true where this one is false; both are untrue on an unknown fact,
    /// `present` and `absent` apart.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Present => Self::Absent,
            Self::Absent => Self::Present,
            Self::Boolean(wanted) => Self::Boolean(!wanted),
            Self::Integer(ranges) => Self::Integer(ranges.complement()),
            Self::Text { among, negated } => Self::Text {
                among,
                negated: !negated,
            },
            Self::Place { among, negated } => Self::Place {
                among,
                negated: !negated,
            },
            Self::Overlap { among, negated } => Self::Overlap {
                among,
                negated: !negated,
            },
        }
    }
}
