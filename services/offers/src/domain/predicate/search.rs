//! Whether there can be anybody for whom some rules hold and others do not.
//!
//! The search is complete: it tries every branch of every choice, and what is possible for each fact
//! is kept exactly. It is bounded, and says when it gave up.

use super::{Clause, Node, Possibilities, Predicate, Test};
use crate::domain::catalogue::ReasonTree;
use crate::domain::facts::{Fact, Facts};

/// How many branches are tried before the search gives up.
const MAX_BRANCHES: usize = 20_000;

/// A rule that shall hold, or not, while one fact has a certain value.
#[derive(Clone, Copy, Debug)]
pub struct Demand<'a> {
    /// The rule.
    pub rule: &'a Predicate,
    /// It shall hold; otherwise it shall not.
    pub holds: bool,
    /// The fact.
    pub fact: Fact,
    /// Its value, and nothing else.
    pub value: &'a Facts,
}

/// What a search came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// There can be somebody.
    Somebody,
    /// There can be nobody.
    Nobody,
    /// It was not found out within the bound.
    GaveUp,
}

/// Something that has to be true.
enum Goal {
    All(Vec<Goal>),
    Any(Vec<Goal>),
    Clause(Clause),
}

/// Looks for somebody for whom every demand of `all` is met and one of each group of `groups`,
/// whatever else they are.
pub fn anybody(all: &[Demand<'_>], groups: &[Vec<Demand<'_>>], reasons: &ReasonTree) -> Found {
    let goal = |demand: &Demand<'_>| demand.goal(&demand.rule.root);
    let any = |group: &Vec<Demand<'_>>| Goal::Any(group.iter().map(goal).collect());
    let goals: Vec<Goal> = all.iter().map(goal).chain(groups.iter().map(any)).collect();
    let mut branches = MAX_BRANCHES;
    let open = goals.iter().collect();
    search(Possibilities::new(reasons), open, Vec::new(), &mut branches)
}

impl Demand<'_> {
    /// With the fact's value put in, and "does not hold" pushed down to the clauses.
    fn goal(&self, node: &Node) -> Goal {
        let each = |parts: &[Node]| parts.iter().map(|part| self.goal(part)).collect();
        match node {
            Node::All(parts) if self.holds => Goal::All(each(parts)),
            Node::Any(parts) if self.holds => Goal::Any(each(parts)),
            Node::All(parts) => Goal::Any(each(parts)),
            Node::Any(parts) => Goal::All(each(parts)),
            Node::Clause(clause) if clause.fact == self.fact => {
                if clause.holds(self.value) == self.holds {
                    Goal::All(Vec::new())
                } else {
                    Goal::Any(Vec::new())
                }
            }
            Node::Clause(clause) if self.holds => Goal::Clause(clause.clone()),
            Node::Clause(clause) => fails(clause),
        }
    }
}

/// A clause does not hold when its opposite does, or nobody knows.
fn fails(clause: &Clause) -> Goal {
    let opposite = Goal::Clause(clause.negate());
    if matches!(clause.test, Test::Present | Test::Absent) {
        return opposite;
    }
    let unknown = Clause {
        test: Test::Absent,
        ..clause.clone()
    };
    Goal::Any(vec![opposite, Goal::Clause(unknown)])
}

fn search<'g>(
    mut possible: Possibilities<'_>,
    mut open: Vec<&'g Goal>,
    mut choices: Vec<&'g [Goal]>,
    branches: &mut usize,
) -> Found {
    while let Some(goal) = open.pop() {
        match goal {
            Goal::All(parts) => open.extend(parts),
            Goal::Any(parts) => match &parts[..] {
                [] => return Found::Nobody,
                [only] => open.push(only),
                several => choices.push(several),
            },
            Goal::Clause(clause) if possible.take(clause) => {}
            Goal::Clause(_) => return Found::Nobody,
        }
    }
    let fewest = (0..choices.len()).min_by_key(|index| choices[*index].len());
    let Some(fewest) = fewest else {
        return Found::Somebody;
    };
    for branch in choices.swap_remove(fewest) {
        *branches = branches.saturating_sub(1);
        if *branches == 0 {
            return Found::GaveUp;
        }
        match search(possible.clone(), vec![branch], choices.clone(), branches) {
            Found::Nobody => {}
            found => return found,
        }
    }
    Found::Nobody
}
