//! Finding clauses that can never hold together.
//!
//! For every fact the set of values is kept that all clauses so far allow; when it runs empty,
//! nobody can ever qualify. Of an `any`, each branch is tried alone on top of everything that must
//! hold anyway. Branches of two different `any` are not combined, so not every contradiction is
//! found; every one reported is one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::possible::Possible;
use super::{Clause, Node, Predicate};
use crate::domain::catalogue::{Reason, ReasonTree};
use crate::domain::facts::Fact;
use crate::domain::problem::{Code, Place, Problems};

/// What is still possible for each fact while every clause so far holds.
#[derive(Clone, Debug)]
pub struct Possibilities<'a> {
    reasons: &'a ReasonTree,
    by_fact: BTreeMap<Fact, Constraint>,
}

#[derive(Clone, Debug)]
struct Constraint {
    possible: Possible,
    clauses: Vec<(Arc<str>, Place)>,
}

impl<'a> Possibilities<'a> {
    /// Starts with everything possible.
    pub const fn new(reasons: &'a ReasonTree) -> Self {
        Self {
            reasons,
            by_fact: BTreeMap::new(),
        }
    }

    /// Requires that all these rules hold, and notes where they cannot.
    pub fn of<'p>(
        rules: impl IntoIterator<Item = &'p Predicate>,
        reasons: &'a ReasonTree,
        problems: &mut Problems,
    ) -> Self {
        let roots: Vec<&Node> = rules.into_iter().map(|rule| &rule.root).collect();
        let mut possibilities = Self::new(reasons);
        possibilities.require(&roots, problems);
        possibilities
    }

    /// Tells whether anybody who states this reason can still qualify.
    pub fn allow_reason(&self, reason: &Reason) -> bool {
        let allows = |fact: Fact, text: &str| {
            self.by_fact
                .get(&fact)
                .is_none_or(|constraint| constraint.possible.allows_text(text))
        };
        allows(Fact::CallReason, &reason.key) && allows(Fact::CallReasonCategory, &reason.category)
    }

    /// Requires that every node holds, and notes where that is impossible.
    pub(super) fn require(&mut self, nodes: &[&Node], problems: &mut Problems) {
        let mut choices = Vec::new();
        for node in nodes {
            for clause in self.gather(node, &mut choices) {
                self.report(clause, problems);
            }
        }
        for branches in &choices {
            let mut alive = branches.iter().filter(|branch| self.can_hold(branch));
            if alive.next().is_none()
                && let Some(place) = branches.first().and_then(first_place)
            {
                let message = "no branch of this any can hold together with the other clauses: \
                               drop it or change them";
                problems.add(place, Code::Contradiction, message);
            }
        }
        for branch in choices.into_iter().flatten() {
            Self::new(self.reasons).require(&[branch], problems);
        }
    }

    /// Tells whether a node can hold on top of what is required already.
    fn can_hold(&self, node: &Node) -> bool {
        let mut here = self.clone();
        let mut choices = Vec::new();
        here.gather(node, &mut choices).is_empty()
            && choices
                .iter()
                .all(|branches| branches.iter().any(|branch| here.can_hold(branch)))
    }

    /// Takes in the clauses that must hold; returns those that cannot, and collects the choices.
    fn gather<'n>(&mut self, node: &'n Node, choices: &mut Vec<&'n [Node]>) -> Vec<&'n Clause> {
        match node {
            Node::All(parts) => {
                let parts = parts.iter();
                parts.flat_map(|part| self.gather(part, choices)).collect()
            }
            Node::Any(branches) => {
                choices.push(branches);
                Vec::new()
            }
            Node::Clause(clause) if self.take(clause) => Vec::new(),
            Node::Clause(clause) => vec![clause],
        }
    }

    /// Takes in one clause and tells whether it can hold with the others.
    pub(super) fn take(&mut self, clause: &Clause) -> bool {
        let fact = clause.fact;
        let constraint = self.by_fact.entry(fact).or_insert_with(|| Constraint {
            possible: Possible::any_of(fact, self.reasons),
            clauses: Vec::new(),
        });
        let was_possible = constraint.possible.is_possible();
        constraint.possible.restrict(&clause.test);
        constraint
            .clauses
            .push((Arc::clone(&clause.written), clause.place.clone()));
        let possible = constraint.possible.is_possible()
            && (!is_about_the_reason(fact) || self.some_reason_is_left());
        // Only the clause that makes it impossible is named, not every one that follows.
        possible || !was_possible
    }

    fn some_reason_is_left(&self) -> bool {
        let must_be_known = |fact: Fact| {
            self.by_fact
                .get(&fact)
                .is_some_and(|constraint| constraint.possible.must_be_known())
        };
        let both = must_be_known(Fact::CallReason) && must_be_known(Fact::CallReasonCategory);
        !both || self.reasons.iter().any(|reason| self.allow_reason(reason))
    }

    fn report(&self, clause: &Clause, problems: &mut Problems) {
        let related: &[Fact] = if is_about_the_reason(clause.fact) {
            &[Fact::CallReason, Fact::CallReasonCategory]
        } else {
            &[clause.fact]
        };
        let others: Vec<String> = related
            .iter()
            .filter_map(|fact| self.by_fact.get(fact))
            .flat_map(|constraint| &constraint.clauses)
            .filter(|(_, place)| *place != clause.place)
            .take(3)
            .map(|(written, place)| format!("{written} ({place})"))
            .collect();
        let message = if others.is_empty() {
            format!("{} can never hold: no value fits it", clause.written)
        } else {
            let others = others.join(" and ");
            format!("{} can never hold together with {others}", clause.written)
        };
        problems.add(&clause.place, Code::Contradiction, message);
    }
}

fn is_about_the_reason(fact: Fact) -> bool {
    matches!(fact, Fact::CallReason | Fact::CallReasonCategory)
}

fn first_place(node: &Node) -> Option<&Place> {
    match node {
        Node::All(parts) | Node::Any(parts) => parts.iter().find_map(first_place),
        Node::Clause(clause) => Some(&clause.place),
    }
}
