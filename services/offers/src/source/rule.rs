//! Rules: `all`, `any`, `not`, `rule`, and tests of facts.

use super::node::{Kind, Node};
use super::values::scalar;
use crate::domain::named::Named;
use crate::domain::nearest::did_you_mean;
use crate::domain::predicate::draft::{Draft, DraftClause, DraftNode, Operand, Operator, Scalar};
use crate::domain::problem::{Code, Placed, Problems};

const CONNECTIVES: [&str; 4] = ["all", "any", "not", "rule"];

/// Reads a rule; what cannot be read is noted and left out.
pub(super) fn read(node: &Node, problems: &mut Problems) -> Option<Draft> {
    if problems.is_full() {
        return None;
    }
    let Kind::Mapping(entries) = &node.kind else {
        let message = format!(
            "a rule is a mapping such as {{ customer.tenure_days: {{ at_least: 90 }} }}; here is {}",
            node.describe()
        );
        problems.add(&node.place, Code::WrongShape, message);
        return None;
    };
    let [(key, value)] = entries.as_slice() else {
        let message = format!(
            "a rule tests one thing; here are {}: put each on its own line under all or any",
            entries.len()
        );
        problems.add(&node.place, Code::WrongShape, message);
        return None;
    };
    let read = match key.value.as_str() {
        "all" => DraftNode::All(parts(value, problems)?),
        "any" => DraftNode::Any(parts(value, problems)?),
        "not" => DraftNode::Not(Box::new(read(value, problems)?)),
        "rule" => DraftNode::Rule(rule_name(value, problems)?),
        _ => DraftNode::Clause(clause(key, value, problems)?),
    };
    Some(Placed::new(read, key.place.clone()))
}

fn parts(node: &Node, problems: &mut Problems) -> Option<Vec<Draft>> {
    let Kind::List(nodes) = &node.kind else {
        let message = format!(
            "all and any take a list of rules; here is {}",
            node.describe()
        );
        problems.add(&node.place, Code::WrongShape, message);
        return None;
    };
    let parts: Vec<Draft> = nodes
        .iter()
        .filter_map(|node| read(node, problems))
        .collect();
    // A list that lost all its parts here would be called empty, which it is not.
    (nodes.is_empty() || !parts.is_empty()).then_some(parts)
}

fn rule_name(node: &Node, problems: &mut Problems) -> Option<String> {
    if let Some(Scalar::Text(name)) = scalar(node) {
        return Some(name);
    }
    problems.add(
        &node.place,
        Code::WrongShape,
        "rule takes the name of a rule",
    );
    None
}

fn clause(fact: &Placed<String>, node: &Node, problems: &mut Problems) -> Option<DraftClause> {
    let (operator, operand) = match &node.kind {
        Kind::Mapping(entries) => {
            let [(key, value)] = entries.as_slice() else {
                let message = format!(
                    "a test has one operator, such as {{ at_least: 90 }}; here are {}",
                    entries.len()
                );
                problems.add(&node.place, Code::WrongShape, message);
                return None;
            };
            (operator(key, problems)?, value)
        }
        _ => (Operator::Equals, node),
    };
    let operand = Placed::new(read_operand(operand, problems)?, operand.place.clone());
    Some(DraftClause {
        fact: fact.value.clone(),
        operator,
        operand,
    })
}

fn operator(key: &Placed<String>, problems: &mut Problems) -> Option<Operator> {
    let operator = Operator::from_name(&key.value);
    if operator.is_none() {
        let message = if CONNECTIVES.contains(&key.value.as_str()) {
            format!("{} stands before the fact, not after it", key.value)
        } else {
            let hint = did_you_mean(&key.value, Operator::names());
            let known = Operator::names().join(", ");
            format!(
                "there is no operator {}{hint}; known are {known}",
                key.value
            )
        };
        problems.add(&key.place, Code::UnknownOperator, message);
    }
    operator
}

fn read_operand(node: &Node, problems: &mut Problems) -> Option<Operand> {
    match &node.kind {
        Kind::List(nodes) => {
            let values = nodes.iter().map(|node| {
                let value = single(node, problems)?;
                Some(Placed::new(value, node.place.clone()))
            });
            // All of them are read, so that all problems are noted.
            let values: Vec<Option<Placed<Scalar>>> = values.collect();
            values.into_iter().collect::<Option<_>>().map(Operand::Many)
        }
        _ => single(node, problems).map(Operand::One),
    }
}

fn single(node: &Node, problems: &mut Problems) -> Option<Scalar> {
    let value = scalar(node);
    if value.is_none() {
        let message = format!("a single value is needed; here is {}", node.describe());
        problems.add(&node.place, Code::WrongShape, message);
    }
    value
}
