//! Rules as typed trees over facts: checked when published, evaluated in nanoseconds, able to say
//! which clause failed and on what.
//!
//! # What an unknown fact does
//!
//! Logic here has three values: a test of a fact that is not known is neither true nor false.
//! `all`, `any` and `not` follow Kleene: `not unknown` is unknown, `all` is false as soon as one
//! part is false, `any` is true as soon as one part is true. A rule holds only when it is true, so
//! what is not known never makes an offer eligible, under `not` neither. `present` and `absent`
//! are the only tests that an unknown fact decides.
//!
//! The compiled form has no `not`: it is pushed down to the clauses when the rule is compiled.
//! What is left is true exactly when the written rule is, with "the clause is true" and "it is not"
//! as the only answers, so that evaluation is plain.

mod checked;
mod clause;
mod contradiction;
pub mod draft;
mod possible;
mod range;
mod rule_book;
mod search;
#[cfg(test)]
mod tests;
mod typing;

use super::facts::{FactSet, Facts, Value};

pub use clause::{Clause, Test};
pub use contradiction::Possibilities;
pub use range::Ranges;
pub use rule_book::{Part, RuleBook};
pub use search::{Demand, Found, anybody};

/// A checked rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicate {
    root: Node,
}

/// A part of a checked rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Every part must hold.
    All(Box<[Node]>),
    /// One part must hold.
    Any(Box<[Node]>),
    /// One test of one fact.
    Clause(Clause),
}

/// A clause that did not hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClauseFailure<'a> {
    /// The clause as written.
    pub clause: &'a str,
    /// What the fact was; absent when it was not known.
    pub seen: Option<&'a Value>,
}

impl Predicate {
    /// The deepest nesting of a rule, named rules included.
    pub const MAX_DEPTH: usize = 16;
    /// The most clauses of a rule, named rules included.
    pub const MAX_CLAUSES: usize = 256;
    /// The most failures reported.
    pub const MAX_FAILURES: usize = 8;

    /// The rule that always holds.
    pub fn always() -> Self {
        Self {
            root: Node::All(Box::new([])),
        }
    }

    /// Tells whether the rule holds. An unknown fact never makes it hold.
    pub fn evaluate(&self, facts: &Facts) -> bool {
        self.root.evaluate(facts)
    }

    /// Says which clauses keep the rule from holding; empty exactly when it holds.
    pub fn failures<'a>(&'a self, facts: &'a Facts) -> Vec<ClauseFailure<'a>> {
        let mut failures = Vec::new();
        self.root.gather_failures(facts, &mut failures);
        failures
    }

    /// Returns every clause of the rule.
    pub fn clauses(&self) -> Vec<&Clause> {
        let mut clauses = Vec::new();
        self.root.gather_clauses(&mut clauses);
        clauses
    }

    /// Returns the facts the rule looks at.
    pub fn facts(&self) -> FactSet {
        let mut facts = FactSet::default();
        self.root.gather_facts(&mut facts);
        facts
    }
}

impl Node {
    /// All of these, with nested lists of the same kind written into one.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            1 => flat.remove(0),
            _ => Self::All(flat.into()),
        }
    }

    /// Any of these, with nested lists of the same kind written into one.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            1 => flat.remove(0),
            _ => Self::Any(flat.into()),
        }
    }

    fn evaluate(&self, facts: &Facts) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.evaluate(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.evaluate(facts)),
            Self::Clause(clause) => clause.holds(facts),
        }
    }

    fn gather_failures<'a>(&'a self, facts: &'a Facts, failures: &mut Vec<ClauseFailure<'a>>) {
        if failures.len() >= Predicate::MAX_FAILURES || self.evaluate(facts) {
            return;
        }
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.gather_failures(facts, failures);
                }
            }
            Self::Clause(clause) => failures.push(ClauseFailure {
                clause: &clause.written,
                seen: facts.get(clause.fact),
            }),
        }
    }

    fn gather_clauses<'a>(&'a self, clauses: &mut Vec<&'a Clause>) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.gather_clauses(clauses);
                }
            }
            Self::Clause(clause) => clauses.push(clause),
        }
    }

    fn gather_facts(&self, facts: &mut FactSet) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.gather_facts(facts);
                }
            }
            Self::Clause(clause) => facts.insert(clause.fact),
        }
    }
}
