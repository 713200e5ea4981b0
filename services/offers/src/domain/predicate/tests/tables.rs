//! What rules answer, what they say, and what is refused when they are published.

use super::*;
use crate::domain::facts::{Fact, Facts};
use crate::domain::problem::Code;

fn codes(result: Result<Predicate, Vec<Problem>>) -> Vec<(u32, Code)> {
    let problems = result.expect_err("must be refused");
    problems
        .iter()
        .map(|problem| (problem.place.line, problem.code))
        .collect()
}

// === Unknown facts ===

#[test]
fn an_unknown_fact_makes_nobody_eligible_under_not_neither() {
    let facts = Facts::new();
    let test = number(1, "customer.tenure_days", Operator::AtMost, 10);
    for draft in [
        test.clone(),
        not_that(test.clone()),
        not_that(not_that(test.clone())),
    ] {
        let rule = compile(&[], &draft, Part::Eligibility).unwrap();
        assert!(!rule.evaluate(&facts), "{draft:?}");
        assert_eq!(rule.failures(&facts)[0].seen, None);
    }
    let either = any_of(vec![test.clone(), not_that(test)]);
    let rule = compile(&[], &either, Part::Eligibility).unwrap();
    assert!(!rule.evaluate(&facts));
}

#[test]
fn presence_is_the_one_test_that_an_unknown_fact_decides() {
    let yes = || Operand::One(Scalar::Boolean(true));
    let present = clause(1, "customer.stage", Operator::Present, yes());
    let absent = clause(1, "customer.stage", Operator::Absent, yes());
    let mut known = Facts::new();
    known.set(Fact::CustomerStage, "established");
    for (draft, on_unknown) in [
        (present.clone(), false),
        (absent.clone(), true),
        (not_that(present), true),
        (not_that(absent), false),
    ] {
        let rule = compile(&[], &draft, Part::Eligibility).unwrap();
        assert_eq!(rule.evaluate(&Facts::new()), on_unknown, "{draft:?}");
        assert_eq!(rule.evaluate(&known), !on_unknown, "{draft:?}");
    }
}

// === Saying why ===

#[test]
fn failures_name_the_clauses_as_written_and_what_was_seen() {
    let good_standing = not_that(number(
        9,
        "customer.payment_failed_count",
        Operator::AtLeast,
        3,
    ));
    let draft = all_of(vec![
        number(2, "customer.tenure_days", Operator::AtLeast, 180),
        texts(3, "customer.stage", Operator::NotIn, &["lost", "lapsed"]),
        rule(4, "good_standing"),
    ]);
    let rules = [named(8, "good_standing", good_standing)];
    let compiled = compile(&rules, &draft, Part::Eligibility).unwrap();
    let mut facts = Facts::new();
    facts
        .set(Fact::CustomerTenureDays, 30_u32)
        .set(Fact::CustomerStage, "lost")
        .set(Fact::CustomerPaymentFailedCount, 4_u32);
    let failures = compiled.failures(&facts);
    let written: Vec<(String, String)> = failures
        .iter()
        .map(|failure| {
            let seen = failure.seen.map(ToString::to_string);
            (failure.clause.to_string(), seen.unwrap_or_default())
        })
        .collect();
    let expected = [
        ("customer.tenure_days: { at_least: 180 }", "30"),
        ("customer.stage: { not_in: [lost, lapsed] }", "lost"),
        (
            "not customer.payment_failed_count: { at_least: 3 } (rule good_standing)",
            "4",
        ),
    ];
    assert_eq!(
        written,
        expected.map(|(clause, seen)| (clause.to_owned(), seen.to_owned()))
    );
    assert_eq!(compiled.facts().iter().count(), 3);
}

#[test]
fn a_country_includes_its_parts() {
    let draft = texts(1, "customer.jurisdiction", Operator::In, &["US", "DE-BY"]);
    let rule = compile(&[], &draft, Part::Eligibility).unwrap();
    for (place, holds) in [
        ("US", true),
        ("US-CA", true),
        ("DE-BY", true),
        ("DE", false),
        ("USA", false),
    ] {
        let mut facts = Facts::new();
        facts.set(Fact::CustomerJurisdiction, place);
        assert_eq!(rule.evaluate(&facts), holds, "{place}");
    }
}

// === What is refused ===

#[test]
fn everything_wrong_is_reported_at_once_with_its_line() {
    let draft = all_of(vec![
        number(2, "customer.tenure_day", Operator::AtLeast, 1),
        number(3, "customer.gender", Operator::Equals, 1),
        texts(4, "customer.tenure_days", Operator::In, &["long"]),
        texts(5, "customer.stage", Operator::In, &["establishd"]),
        texts(6, "customer.stage", Operator::In, &[]),
        number(7, "customer.stage", Operator::AtLeast, 1),
        all_of(vec![]),
        rule(9, "good_standing"),
        clause(
            10,
            "customer.deceased",
            Operator::Present,
            Operand::One(Scalar::Boolean(false)),
        ),
        texts(11, "call.channel", Operator::In, &["phone"]),
        texts(12, "customer.jurisdiction", Operator::In, &["California"]),
    ]);
    let found = codes(compile(&[], &draft, Part::Eligibility));
    let expected = [
        (1, Code::Empty),
        (2, Code::UnknownFact),
        (3, Code::ProtectedAttribute),
        (4, Code::TypeMismatch),
        (5, Code::UnknownValue),
        (6, Code::Empty),
        (7, Code::TypeMismatch),
        (9, Code::UnknownRule),
        (10, Code::TypeMismatch),
        (11, Code::CallFactInEligibility),
        (12, Code::UnknownValue),
    ];
    assert_eq!(found, expected);
}

#[test]
fn contradictions_are_refused_with_both_places() {
    let tenure = "customer.tenure_days";
    let both = all_of(vec![
        number(2, tenure, Operator::AtLeast, 100),
        number(3, tenure, Operator::LessThan, 100),
    ]);
    let problems = compile(&[], &both, Part::Eligibility).unwrap_err();
    assert_eq!(
        (problems[0].place.line, problems[0].code),
        (3, Code::Contradiction)
    );
    assert!(
        problems[0].message.contains("rules.yaml:2:1"),
        "{}",
        problems[0].message
    );

    let yes = || Operand::One(Scalar::Boolean(true));
    let stage = "customer.stage";
    let impossible = [
        number(
            2,
            "customer.worst_open_incident_severity",
            Operator::AtLeast,
            4,
        ),
        all_of(vec![
            texts(1, stage, Operator::In, &["lost", "lapsed"]),
            texts(2, stage, Operator::NotIn, &["lapsed", "lost", "leaving"]),
        ]),
        all_of(vec![
            clause(1, stage, Operator::Absent, yes()),
            texts(2, stage, Operator::In, &["lost"]),
        ]),
        all_of(vec![
            clause(1, "customer.deceased", Operator::Equals, yes()),
            not_that(clause(2, "customer.deceased", Operator::Equals, yes())),
        ]),
        all_of(vec![
            texts(1, "customer.jurisdiction", Operator::In, &["US-CA", "DE"]),
            texts(2, "customer.jurisdiction", Operator::NotIn, &["US", "DE"]),
        ]),
    ];
    for draft in impossible {
        let found = codes(compile(&[], &draft, Part::Eligibility));
        assert_eq!(found, [(2, Code::Contradiction)], "{draft:?}");
    }
}

#[test]
fn an_any_whose_branches_are_all_dead_is_a_contradiction_and_one_living_branch_is_not() {
    let tenure = "customer.tenure_days";
    let long = || number(1, tenure, Operator::AtLeast, 100);
    let short = |line| number(line, tenure, Operator::LessThan, 50);
    let dead = all_of(vec![long(), any_of(vec![short(5), short(6)])]);
    assert_eq!(
        codes(compile(&[], &dead, Part::Eligibility)),
        [(5, Code::Contradiction)]
    );
    let alive = all_of(vec![long(), any_of(vec![short(5), long()])]);
    assert!(compile(&[], &alive, Part::Eligibility).is_ok());
    let dead_in_itself = any_of(vec![all_of(vec![long(), short(7)]), long()]);
    assert_eq!(
        codes(compile(&[], &dead_in_itself, Part::Eligibility)),
        [(7, Code::Contradiction)]
    );
}

#[test]
fn rules_in_a_circle_are_refused_by_name_once() {
    let rules = [
        named(1, "a", rule(2, "b")),
        named(3, "b", rule(4, "c")),
        named(5, "c", rule(6, "a")),
    ];
    let problems = compile(&rules, &rule(9, "a"), Part::Eligibility).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].place.line, problems[0].code), (6, Code::Cycle));
    assert!(
        problems[0].message.contains("a → b → c → a"),
        "{}",
        problems[0].message
    );
}

#[test]
fn a_call_fact_behind_a_named_rule_is_refused_where_it_is_used() {
    let rules = [named(
        1,
        "by_phone",
        texts(2, "call.channel", Operator::In, &["phone"]),
    )];
    let eligibility = compile(&rules, &rule(9, "by_phone"), Part::Eligibility);
    assert_eq!(codes(eligibility), [(9, Code::CallFactInEligibility)]);
    assert!(compile(&rules, &rule(9, "by_phone"), Part::OfTheCall).is_ok());
}

#[test]
fn depth_and_size_are_bounded_with_named_rules_written_out() {
    let leaf = || number(1, "customer.contact_count", Operator::AtLeast, 1);
    let nested = |levels: usize| (0..levels).fold(leaf(), |inner, _| all_of(vec![inner]));
    assert!(compile(&[], &nested(Predicate::MAX_DEPTH - 1), Part::Eligibility).is_ok());
    let found = codes(compile(
        &[],
        &nested(Predicate::MAX_DEPTH),
        Part::Eligibility,
    ));
    assert_eq!(found, [(1, Code::TooDeep)]);
    let found = codes(compile(&[], &nested(60), Part::Eligibility));
    assert_eq!(found, [(1, Code::TooDeep)]);

    // Each rule doubles the one before: written out, the last would have 2^40 clauses.
    let doubling: Vec<_> = (1..=40_u32)
        .map(|level| {
            let before = format!("r{}", level - 1);
            let part = |line| {
                if level == 1 {
                    leaf()
                } else {
                    rule(line, &before)
                }
            };
            named(
                level,
                &format!("r{level}"),
                at(level, DraftNode::All(vec![part(level), part(level)])),
            )
        })
        .collect();
    let problems = compile(&doubling, &rule(99, "r40"), Part::Eligibility).unwrap_err();
    let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    assert!(
        codes.contains(&Code::TooManyClauses) && codes.contains(&Code::TooDeep),
        "{codes:?}"
    );
}
