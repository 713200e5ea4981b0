//! Laws that hold for every rule and every customer.

use proptest::prelude::*;

use super::*;
use crate::domain::facts::{Fact, Facts};

const NUMBERS: [&str; 2] = ["customer.tenure_days", "customer.contact_count"];
const WORDS: [&str; 3] = ["established", "lost", "growing"];

fn any_clause() -> impl Strategy<Value = Draft> {
    let operators = [
        Operator::Equals,
        Operator::NotEquals,
        Operator::LessThan,
        Operator::AtMost,
        Operator::AtLeast,
        Operator::GreaterThan,
    ];
    let numbers = (
        0..2_usize,
        proptest::sample::select(operators.to_vec()),
        0..6_i64,
    )
        .prop_map(|(fact, operator, value)| number(1, NUMBERS[fact], operator, value));
    let listed = (
        any::<bool>(),
        proptest::sample::subsequence(WORDS.to_vec(), 1..=2),
    )
        .prop_map(|(negated, words)| {
            let operator = if negated {
                Operator::NotIn
            } else {
                Operator::In
            };
            texts(1, "customer.stage", operator, &words)
        });
    let flag = any::<bool>().prop_map(|value| {
        let value = Operand::One(Scalar::Boolean(value));
        clause(1, "customer.vulnerable", Operator::Equals, value)
    });
    prop_oneof![numbers, listed, flag]
}

fn any_presence() -> impl Strategy<Value = Draft> {
    any::<bool>().prop_map(|present| {
        let operator = if present {
            Operator::Present
        } else {
            Operator::Absent
        };
        clause(
            1,
            "customer.stage",
            operator,
            Operand::One(Scalar::Boolean(true)),
        )
    })
}

fn any_rule(leaf: impl Strategy<Value = Draft> + 'static) -> impl Strategy<Value = Draft> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(all_of),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(any_of),
            inner.prop_map(not_that),
        ]
    })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let maybe_number = || proptest::option::of(0..6_i64);
    let word = proptest::option::of(proptest::sample::select(WORDS.to_vec()));
    let flag = proptest::option::of(any::<bool>());
    (maybe_number(), maybe_number(), word, flag).prop_map(|(tenure, contacts, stage, flag)| {
        let mut facts = Facts::new();
        facts
            .set_known(Fact::CustomerTenureDays, tenure)
            .set_known(Fact::CustomerContactCount, contacts)
            .set_known(Fact::CustomerStage, stage)
            .set_known(Fact::CustomerVulnerable, flag);
        facts
    })
}

/// Compiles without asking whether it can ever hold.
fn compile_anyhow(draft: &Draft) -> Predicate {
    let reasons = ReasonTree::default();
    let mut problems = Problems::default();
    let mut book = RuleBook::check(&[], &reasons, &mut problems);
    let compiled = book.compile(draft, Part::Eligibility, &mut problems);
    compiled.unwrap_or_else(|| panic!("{:?}", problems.into_sorted()))
}

/// Evaluates as written: three-valued, with `not` where it stands.
fn as_written(draft: &Draft, facts: &Facts) -> Option<bool> {
    match &draft.value {
        DraftNode::All(parts) => {
            let values: Vec<Option<bool>> =
                parts.iter().map(|part| as_written(part, facts)).collect();
            if values.contains(&Some(false)) {
                Some(false)
            } else if values.contains(&None) {
                None
            } else {
                Some(true)
            }
        }
        DraftNode::Any(parts) => {
            let values: Vec<Option<bool>> =
                parts.iter().map(|part| as_written(part, facts)).collect();
            if values.contains(&Some(true)) {
                Some(true)
            } else if values.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        DraftNode::Not(part) => as_written(part, facts).map(|value| !value),
        DraftNode::Rule(_) => None,
        DraftNode::Clause(clause) => {
            let fact = Fact::from_name(&clause.fact).unwrap();
            let is_presence = matches!(clause.operator, Operator::Present | Operator::Absent);
            if facts.get(fact).is_none() && !is_presence {
                return None;
            }
            Some(compile_anyhow(draft).evaluate(facts))
        }
    }
}

proptest! {
    #[test]
    fn the_compiled_rule_holds_exactly_when_the_written_one_is_true(
        draft in any_rule(prop_oneof![3 => any_clause(), 1 => any_presence()]),
        facts in any_facts(),
    ) {
        let compiled = compile_anyhow(&draft);
        prop_assert_eq!(compiled.evaluate(&facts), as_written(&draft, &facts) == Some(true));
    }

    #[test]
    fn knowing_less_never_makes_a_rule_hold(
        draft in any_rule(any_clause()),
        facts in any_facts(),
        forgotten in 0..4_usize,
    ) {
        let compiled = compile_anyhow(&draft);
        let mut fewer = facts.clone();
        fewer.clear([
            Fact::CustomerTenureDays,
            Fact::CustomerContactCount,
            Fact::CustomerStage,
            Fact::CustomerVulnerable,
        ][forgotten]);
        prop_assert!(compiled.evaluate(&facts) || !compiled.evaluate(&fewer));
    }

    #[test]
    fn a_rule_fails_with_a_reason_and_holds_without(
        draft in any_rule(any_clause()),
        facts in any_facts(),
    ) {
        let compiled = compile_anyhow(&draft);
        let failures = compiled.failures(&facts);
        prop_assert_eq!(failures.is_empty(), compiled.evaluate(&facts));
        prop_assert!(failures.len() <= Predicate::MAX_FAILURES);
    }

    #[test]
    fn what_is_called_a_contradiction_holds_for_nobody(
        parts in proptest::collection::vec(any_clause(), 1..6),
        facts in any_facts(),
    ) {
        let draft = all_of(parts);
        if compile(&[], &draft, Part::Eligibility).is_err() {
            prop_assert!(!compile_anyhow(&draft).evaluate(&facts));
        }
    }
}
