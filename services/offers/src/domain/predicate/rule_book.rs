//! The named rules of a catalogue, and compiling rules that refer to them.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::checked::{Checked, CheckedRule, Size};
use super::draft::{Draft, DraftClause, DraftNode};
use super::typing::Typing;
use super::{Clause, Node, Possibilities, Predicate};
use crate::domain::catalogue::ReasonTree;
use crate::domain::facts::{Fact, FactSet, Level};
use crate::domain::nearest::did_you_mean;
use crate::domain::problem::{Code, Place, Placed, Problems};

/// The named rules of a catalogue, checked.
#[derive(Debug)]
pub struct RuleBook<'a> {
    reasons: &'a ReasonTree,
    drafts: BTreeMap<&'a str, &'a Draft>,
    checked: BTreeMap<&'a str, Rc<CheckedRule>>,
}

/// The part of an offer a rule stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// About the customer only: kept between calls.
    Eligibility,
    /// About this call too.
    OfTheCall,
}

impl<'a> RuleBook<'a> {
    /// Checks named rules, each once, and notes everything that is wrong with them.
    pub fn check(
        rules: &'a [(Placed<String>, Draft)],
        reasons: &'a ReasonTree,
        problems: &mut Problems,
    ) -> Self {
        let mut book = Self {
            reasons,
            drafts: BTreeMap::new(),
            checked: BTreeMap::new(),
        };
        for (name, draft) in rules {
            if book.drafts.insert(&name.value, draft).is_some() {
                let message = format!("there are two rules named {}: rename one", name.value);
                problems.add(&name.place, Code::DuplicateDefinition, message);
            }
        }
        for (name, _) in rules {
            let found = book.link(&name.value, &name.place, &mut Vec::new(), problems);
            if let Some(node) = found.and_then(|rule| compile_within_bounds(&rule)) {
                Possibilities::new(reasons).require(&[&node], problems);
            }
        }
        book
    }

    /// Checks and compiles the rule of an offer; absent when something is wrong with it, which is
    /// noted.
    pub fn compile(
        &mut self,
        draft: &'a Draft,
        part: Part,
        problems: &mut Problems,
    ) -> Option<Predicate> {
        let checked = self.walk(draft, 1, &mut Vec::new(), problems);
        if part == Part::Eligibility {
            self.refuse_call_facts(draft, problems);
        }
        if !fits(checked.size(), &draft.place, problems) {
            return None;
        }
        checked.compile(false).map(|root| Predicate { root })
    }

    /// Returns a named rule, checked on first use. `path` holds the rules being checked now.
    fn link(
        &mut self,
        name: &str,
        place: &Place,
        path: &mut Vec<&'a str>,
        problems: &mut Problems,
    ) -> Option<Rc<CheckedRule>> {
        if let Some(rule) = self.checked.get(name) {
            return Some(Rc::clone(rule));
        }
        let Some((name, draft)) = self
            .drafts
            .get_key_value(name)
            .map(|(key, value)| (*key, *value))
        else {
            let hint = did_you_mean(name, self.drafts.keys().copied());
            let message = format!("there is no rule named {name}{hint}");
            problems.add(place, Code::UnknownRule, message);
            return None;
        };
        if let Some(start) = path.iter().position(|seen| *seen == name) {
            let circle = path[start..].join(" → ");
            let message =
                format!("rules refer to each other in a circle: {circle} → {name}; break it");
            problems.add(place, Code::Cycle, message);
            return None;
        }
        // Each rule on the path adds a level, so that a longer path is too deep in any case.
        if path.len() >= Predicate::MAX_DEPTH {
            too_deep(place, problems);
            return None;
        }
        path.push(name);
        let body = self.walk(draft, 1, path, problems);
        path.pop();
        let rule = Rc::new(CheckedRule::new(body));
        fits(rule.size, &draft.place, problems);
        self.checked.insert(name, Rc::clone(&rule));
        Some(rule)
    }

    fn walk(
        &mut self,
        draft: &'a Draft,
        depth: usize,
        path: &mut Vec<&'a str>,
        problems: &mut Problems,
    ) -> Checked {
        if problems.is_full() {
            return Checked::Broken;
        }
        if depth > Predicate::MAX_DEPTH {
            too_deep(&draft.place, problems);
            return Checked::Broken;
        }
        let mut parts = |list: &'a [Draft], what: &str| -> Vec<Checked> {
            if list.is_empty() {
                let message = format!("{what} of nothing: write a clause, or leave it out");
                problems.add(&draft.place, Code::Empty, message);
            }
            list.iter()
                .map(|part| self.walk(part, depth + 1, path, problems))
                .collect()
        };
        match &draft.value {
            DraftNode::All(list) => Checked::All(parts(list, "all")),
            DraftNode::Any(list) => Checked::Any(parts(list, "any")),
            DraftNode::Not(part) => {
                Checked::Not(Box::new(self.walk(part, depth + 1, path, problems)))
            }
            DraftNode::Rule(name) => self
                .link(name, &draft.place, path, problems)
                .map_or(Checked::Broken, Checked::Rule),
            DraftNode::Clause(clause) => self.clause(clause, &draft.place, path, problems),
        }
    }

    fn clause(
        &self,
        clause: &DraftClause,
        place: &Place,
        path: &[&str],
        problems: &mut Problems,
    ) -> Checked {
        let mut typing = Typing {
            reasons: self.reasons,
            problems,
        };
        let Some((fact, test)) = typing.check(clause, place) else {
            return Checked::Broken;
        };
        let written = match path.last() {
            Some(rule) => format!("{clause} (rule {rule})"),
            None => clause.to_string(),
        };
        Checked::Clause(Clause {
            fact,
            test,
            written: Arc::from(written),
            place: place.clone(),
        })
    }

    /// Notes every fact of the call that eligibility looks at, where it is written.
    fn refuse_call_facts(&self, draft: &Draft, problems: &mut Problems) {
        match &draft.value {
            DraftNode::All(parts) | DraftNode::Any(parts) => {
                for part in parts {
                    self.refuse_call_facts(part, problems);
                }
            }
            DraftNode::Not(part) => self.refuse_call_facts(part, problems),
            DraftNode::Rule(name) => {
                let facts = self.checked.get(name.as_str()).map(|rule| rule.facts);
                let through = format!("rule {name} looks at");
                refuse_of_the_call(facts.unwrap_or_default(), &through, &draft.place, problems);
            }
            DraftNode::Clause(clause) => {
                let mut facts = FactSet::default();
                if let Some(fact) = Fact::from_name(&clause.fact) {
                    facts.insert(fact);
                }
                refuse_of_the_call(facts, "this looks at", &draft.place, problems);
            }
        }
    }
}

fn refuse_of_the_call(facts: FactSet, what: &str, place: &Place, problems: &mut Problems) {
    let of_the_call = |fact: &Fact| fact.description().level == Level::Call;
    if let Some(fact) = facts.iter().find(of_the_call) {
        let message = format!(
            "{what} {fact}, which is about the call; eligibility is kept between calls: move the \
             clause to applicability"
        );
        problems.add(place, Code::CallFactInEligibility, message);
    }
}

fn compile_within_bounds(rule: &CheckedRule) -> Option<Node> {
    let fits =
        rule.size.clauses <= Predicate::MAX_CLAUSES && rule.size.depth <= Predicate::MAX_DEPTH;
    fits.then(|| rule.body.compile(false)).flatten()
}

fn fits(size: Size, place: &Place, problems: &mut Problems) -> bool {
    if size.depth > Predicate::MAX_DEPTH {
        too_deep(place, problems);
    }
    if size.clauses > Predicate::MAX_CLAUSES {
        let message = format!(
            "the rule has {} clauses with named rules written out, at most {} are allowed",
            size.clauses,
            Predicate::MAX_CLAUSES
        );
        problems.add(place, Code::TooManyClauses, message);
    }
    size.depth <= Predicate::MAX_DEPTH && size.clauses <= Predicate::MAX_CLAUSES
}

fn too_deep(place: &Place, problems: &mut Problems) {
    let message = format!(
        "nested deeper than {} levels with named rules written out: flatten the rule",
        Predicate::MAX_DEPTH
    );
    problems.add(place, Code::TooDeep, message);
}
