//! Rules written out for the tests.

mod laws;
mod tables;

use std::sync::Arc;

use super::draft::{Draft, DraftClause, DraftNode, Operand, Operator, Scalar};
use super::{Part, Possibilities, Predicate, RuleBook};
use crate::domain::catalogue::ReasonTree;
use crate::domain::problem::{Place, Placed, Problem, Problems};

fn at<T>(line: u32, value: T) -> Placed<T> {
    let place = Place {
        file: Arc::from("rules.yaml"),
        line,
        column: 1,
    };
    Placed::new(value, place)
}

fn clause(line: u32, fact: &str, operator: Operator, operand: Operand) -> Draft {
    let clause = DraftClause {
        fact: fact.to_owned(),
        operator,
        operand: at(line, operand),
    };
    at(line, DraftNode::Clause(clause))
}

fn number(line: u32, fact: &str, operator: Operator, value: i64) -> Draft {
    clause(line, fact, operator, Operand::One(Scalar::Integer(value)))
}

fn texts(line: u32, fact: &str, operator: Operator, values: &[&str]) -> Draft {
    let values = values
        .iter()
        .map(|value| at(line, Scalar::Text((*value).to_owned())))
        .collect();
    clause(line, fact, operator, Operand::Many(values))
}

fn all_of(parts: Vec<Draft>) -> Draft {
    at(1, DraftNode::All(parts))
}

fn any_of(parts: Vec<Draft>) -> Draft {
    at(1, DraftNode::Any(parts))
}

fn not_that(part: Draft) -> Draft {
    at(1, DraftNode::Not(Box::new(part)))
}

fn rule(line: u32, name: &str) -> Draft {
    at(line, DraftNode::Rule(name.to_owned()))
}

fn named(line: u32, name: &str, draft: Draft) -> (Placed<String>, Draft) {
    (at(line, name.to_owned()), draft)
}

/// Compiles a rule with named rules; returns everything that was wrong with it.
fn compile(
    rules: &[(Placed<String>, Draft)],
    draft: &Draft,
    part: Part,
) -> Result<Predicate, Vec<Problem>> {
    let reasons = ReasonTree::default();
    let mut problems = Problems::default();
    let mut book = RuleBook::check(rules, &reasons, &mut problems);
    let compiled = book.compile(draft, part, &mut problems);
    Possibilities::of(&compiled, &reasons, &mut problems);
    match compiled {
        Some(predicate) if problems.is_empty() => Ok(predicate),
        _ => Err(problems.into_sorted()),
    }
}
