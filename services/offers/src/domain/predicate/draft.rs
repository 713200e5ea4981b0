//! Rules as their authors wrote them, before any check.

use std::fmt;

use crate::domain::named::Named;
use crate::domain::problem::Placed;

/// A rule, or a part of one, as written.
pub type Draft = Placed<DraftNode>;

/// The parts a rule is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftNode {
    /// Every part must hold.
    All(Vec<Draft>),
    /// One part must hold.
    Any(Vec<Draft>),
    /// The part must not hold.
    Not(Box<Draft>),
    /// A named rule must hold.
    Rule(String),
    /// One test of one fact.
    Clause(DraftClause),
}

/// One test of one fact, as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftClause {
    /// The name of the fact.
    pub fact: String,
    /// The operator.
    pub operator: Operator,
    /// What the fact is compared with.
    pub operand: Placed<Operand>,
}

/// How a fact is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// It is this value.
    Equals,
    /// It is known and another value.
    NotEquals,
    /// It is one of these.
    In,
    /// It is known and none of these.
    NotIn,
    /// It is less.
    LessThan,
    /// It is less or the same.
    AtMost,
    /// It is more or the same.
    AtLeast,
    /// It is more.
    GreaterThan,
    /// It lies between two numbers or is one of them.
    Between,
    /// It is known.
    Present,
    /// It is not known.
    Absent,
    /// The set has this element.
    Contains,
    /// The set has one of these elements.
    Overlaps,
}

impl Named for Operator {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Equals, "equals"),
        (Self::NotEquals, "not_equals"),
        (Self::In, "in"),
        (Self::NotIn, "not_in"),
        (Self::LessThan, "less_than"),
        (Self::AtMost, "at_most"),
        (Self::AtLeast, "at_least"),
        (Self::GreaterThan, "greater_than"),
        (Self::Between, "between"),
        (Self::Present, "present"),
        (Self::Absent, "absent"),
        (Self::Contains, "contains"),
        (Self::Overlaps, "overlaps"),
    ];
}

/// What a fact is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// One value.
    One(Scalar),
    /// A list of values.
    Many(Vec<Placed<Scalar>>),
}

/// A single written value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Anything else, for example a fraction or nothing.
    Other(String),
}

impl fmt::Display for Scalar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(formatter, "{value}"),
            Self::Integer(value) => write!(formatter, "{value}"),
            Self::Text(value) | Self::Other(value) => formatter.write_str(value),
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(value) => value.fmt(formatter),
            Self::Many(values) => {
                let values: Vec<String> =
                    values.iter().map(|value| value.value.to_string()).collect();
                write!(formatter, "[{}]", values.join(", "))
            }
        }
    }
}

impl fmt::Display for DraftClause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            fact,
            operator,
            operand,
        } = self;
        if *operator == Operator::Equals {
            return write!(formatter, "{fact}: {}", operand.value);
        }
        write!(
            formatter,
            "{fact}: {{ {}: {} }}",
            operator.name(),
            operand.value
        )
    }
}
