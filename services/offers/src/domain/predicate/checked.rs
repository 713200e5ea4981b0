//! Rules after the check of each clause and before they are compiled: named rules are linked, what
//! was wrong is left out and marked.

use std::rc::Rc;

use super::{Clause, Node};
use crate::domain::facts::FactSet;

/// A checked rule or a part of one.
#[derive(Clone, Debug)]
pub(super) enum Checked {
    All(Vec<Checked>),
    Any(Vec<Checked>),
    Not(Box<Checked>),
    Rule(Rc<CheckedRule>),
    Clause(Clause),
    /// Something was wrong here and is reported already.
    Broken,
}

/// A named rule, with what is asked about it again and again.
#[derive(Debug)]
pub(super) struct CheckedRule {
    pub(super) body: Checked,
    pub(super) size: Size,
    pub(super) facts: FactSet,
}

/// How large a rule is once named rules are written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) clauses: usize,
    pub(super) depth: usize,
}

impl CheckedRule {
    pub(super) fn new(body: Checked) -> Self {
        Self {
            size: body.size(),
            facts: body.facts(),
            body,
        }
    }
}

impl Checked {
    /// Measures the rule with named rules written out; saturates instead of overflowing.
    pub(super) fn size(&self) -> Size {
        let inner = match self {
            Self::All(parts) | Self::Any(parts) => parts
                .iter()
                .map(Self::size)
                .fold(Size::default(), Size::beside),
            Self::Not(part) => part.size(),
            Self::Rule(rule) => rule.size,
            Self::Clause(_) | Self::Broken => {
                return Size {
                    clauses: 1,
                    depth: 1,
                };
            }
        };
        Size {
            depth: inner.depth.saturating_add(1),
            ..inner
        }
    }

    /// Returns the facts it looks at, named rules included.
    pub(super) fn facts(&self) -> FactSet {
        let mut facts = FactSet::default();
        match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    facts.extend(part.facts());
                }
            }
            Self::Not(part) => facts.extend(part.facts()),
            Self::Rule(rule) => facts.extend(rule.facts),
            Self::Clause(clause) => facts.insert(clause.fact),
            Self::Broken => {}
        }
        facts
    }

    /// Compiles: writes out named rules and pushes `not` down to the clauses. Absent when a part is
    /// broken. The caller has checked the size.
    pub(super) fn compile(&self, negate: bool) -> Option<Node> {
        let each = |parts: &[Self]| -> Option<Vec<Node>> {
            parts.iter().map(|part| part.compile(negate)).collect()
        };
        Some(match self {
            Self::All(parts) if negate => Node::any(each(parts)?),
            Self::Any(parts) if negate => Node::all(each(parts)?),
            Self::All(parts) => Node::all(each(parts)?),
            Self::Any(parts) => Node::any(each(parts)?),
            Self::Not(part) => part.compile(!negate)?,
            Self::Rule(rule) => rule.body.compile(negate)?,
            Self::Clause(clause) if negate => Node::Clause(clause.negate()),
            Self::Clause(clause) => Node::Clause(clause.clone()),
            Self::Broken => return None,
        })
    }
}

impl Size {
    fn beside(self, other: Self) -> Self {
        Self {
            clauses: self.clauses.saturating_add(other.clauses),
            depth: self.depth.max(other.depth),
        }
    }
}
