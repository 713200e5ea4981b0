//! Every rule, at its threshold and just before.

use super::*;
use crate::domain::stage::at_risk::{RiskThresholds, remember_risk};
use crate::domain::stage::subject::{RiskView, subject};

fn finding(rule: &'static str) -> Finding {
    Finding::new(rule, Evidence::count("fact", 1, 1))
}

fn risk(probability: f64, base_rate: f64, threshold: f64) -> RiskView {
    let thresholds = RiskThresholds {
        entry: threshold,
        exit: threshold * 0.75,
    };
    RiskView {
        probability,
        base_rate,
        threshold,
        exit_threshold: thresholds.exit,
        at_risk: remember_risk(probability, thresholds, None, Timestamp::UNIX_EPOCH),
    }
}

fn verdict(subject: &Subject) -> (Stage, &'static str) {
    let found = classify(subject, &LineRules::BUILT_IN);
    assert_eq!(first(subject, &LineRules::BUILT_IN), found.stage);
    (found.stage, found.finding.rule)
}

fn check(cases: Vec<(Subject, Stage, &'static str)>) {
    for (subject, stage, rule) in cases {
        assert_eq!(verdict(&subject), (stage, rule), "{subject:?}");
    }
}

#[test]
fn tenure_gives_the_stage_when_nothing_else_does() {
    let of_tenure = |tenure_days| Subject {
        tenure_days,
        ..subject()
    };
    let unused = |tenure_days| Subject {
        used: false,
        ..of_tenure(tenure_days)
    };
    check(vec![
        (unused(29), Stage::Acquired, "acquired.nothing_used"),
        (unused(30), Stage::Onboarding, "onboarding.early_days"),
        (of_tenure(0), Stage::Onboarding, "onboarding.early_days"),
        (of_tenure(89), Stage::Onboarding, "onboarding.early_days"),
        (of_tenure(90), Stage::Established, "established.otherwise"),
        (of_tenure(729), Stage::Established, "established.otherwise"),
        (of_tenure(730), Stage::LongTerm, "long_term.tenure"),
    ]);
}

#[test]
fn silence_gives_lapsed_and_then_lost() {
    let silent = |days| Subject {
        silence_days: Some(days),
        ..subject()
    };
    check(vec![
        (silent(89), Stage::Established, "established.otherwise"),
        (silent(90), Stage::Lapsed, "lapsed.hiatus"),
        (silent(179), Stage::Lapsed, "lapsed.hiatus"),
        (silent(180), Stage::Lost, "lost.hiatus"),
    ]);
}

#[test]
fn coming_back_counts_for_its_days() {
    let back = |days| Subject {
        back_days: Some(days),
        tenure_days: days,
        ..subject()
    };
    check(vec![
        (back(0), Stage::Phoenix, "phoenix.return"),
        (back(179), Stage::Phoenix, "phoenix.return"),
        (back(180), Stage::Established, "established.otherwise"),
    ]);
}

#[test]
fn risk_counts_from_its_threshold() {
    let with = |probability| Subject {
        risk: Some(risk(probability, 0.1, 0.2)),
        ..subject()
    };
    let failing = Subject {
        failing_payments: Some(finding("at_risk.failed_payments")),
        ..with(0.19)
    };
    check(vec![
        (with(0.19), Stage::Established, "established.otherwise"),
        (with(0.2), Stage::AtRisk, "at_risk.churn_risk"),
        (failing, Stage::AtRisk, "at_risk.failed_payments"),
    ]);
}

#[test]
fn a_base_rate_of_zero_makes_nobody_likely_to_leave() {
    let nobody_leaves = Subject {
        risk: Some(risk(0.0, 0.0, 0.0)),
        ..subject()
    };
    assert_eq!(verdict(&nobody_leaves).0, Stage::Established);
}

#[test]
fn what_is_over_is_lost_and_what_has_not_begun_is_acquired() {
    let standing = |standing| Subject {
        standing,
        tenure_days: 9_999,
        leaving: Some(finding("leaving.end_set")),
        ..subject()
    };
    check(vec![
        (standing(Standing::Ended), Stage::Lost, "lost.ended"),
        (
            standing(Standing::NotStarted),
            Stage::Acquired,
            "acquired.no_subscription",
        ),
    ]);
}

#[test]
fn the_most_severe_gives_the_stage_and_the_others_are_told() {
    let all = Subject {
        tenure_days: 1_000,
        leaving: Some(finding("leaving.end_set")),
        silence_days: Some(100),
        back_days: Some(10),
        disagreement: Some(finding("first_disagreement.open")),
        failing_payments: Some(finding("at_risk.failed_payments")),
        growth: Some(finding("growing.purchases")),
        ..subject()
    };
    let found = classify(&all, &LineRules::BUILT_IN);
    assert_eq!(found.stage, Stage::Leaving);
    assert_eq!(
        found.further,
        [
            Stage::Lapsed,
            Stage::Phoenix,
            Stage::FirstDisagreement,
            Stage::AtRisk,
            Stage::LongTerm,
            Stage::Growing,
        ]
    );
}

#[test]
fn whoever_is_gone_is_in_no_stage_of_the_living() {
    let gone = Subject {
        silence_days: Some(500),
        tenure_days: 1_000,
        disagreement: Some(finding("first_disagreement.open")),
        ..subject()
    };
    let found = classify(&gone, &LineRules::BUILT_IN);
    assert_eq!(found.stage, Stage::Lost);
    assert_eq!(found.further, [Stage::FirstDisagreement]);
}
