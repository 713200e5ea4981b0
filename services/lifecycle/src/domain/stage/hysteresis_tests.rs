//! Stages do not flicker, and facts are told at once.

use proptest::prelude::*;

use super::super::at_risk::{AtRisk, RiskThresholds, remember_risk};
use super::super::memory::RiskMemory;
use super::*;
use crate::domain::stage::subject::subject;

const DAY: i64 = 86_400;
/// 2026-06-01T00:00:00Z.
const START: i64 = 1_780_272_000;
const THRESHOLDS: RiskThresholds = RiskThresholds {
    entry: 0.2,
    exit: 0.15,
};

fn day(number: i64) -> Timestamp {
    Timestamp::from_second(START + number * DAY).unwrap()
}

/// Goes through one scoring a day; tells on which days the subscription counts as at risk.
fn at_risk_by_day(probabilities: &[f64]) -> Vec<bool> {
    let mut memory: Option<RiskMemory> = None;
    let mut found = Vec::new();
    for (number, probability) in (0..).zip(probabilities) {
        let next = remember_risk(*probability, THRESHOLDS, memory.as_ref(), day(number));
        memory = next.map(|at_risk| RiskMemory {
            subscription_id: "s-1".to_owned(),
            low_since: at_risk.low_since,
        });
        found.push(memory.is_some());
    }
    found
}

#[test]
fn being_at_risk_begins_at_one_threshold_and_ends_below_a_lower_one_seen_twice() {
    assert_eq!(at_risk_by_day(&[0.19, 0.2, 0.16]), [false, true, true]);
    assert_eq!(at_risk_by_day(&[0.2, 0.14, 0.14]), [true, true, false]);
    let between = [0.2, 0.14, 0.16, 0.14, 0.14];
    assert_eq!(at_risk_by_day(&between), [true, true, true, true, false]);
}

#[test]
fn two_scorings_on_one_day_are_one() {
    let before = RiskMemory {
        subscription_id: "s-1".to_owned(),
        low_since: None,
    };
    let first = remember_risk(0.1, THRESHOLDS, Some(&before), day(0));
    let low_since = Some(day(0));
    assert_eq!(first, Some(AtRisk { low_since }));
    let seen = RiskMemory {
        low_since,
        ..before
    };
    assert_eq!(remember_risk(0.1, THRESHOLDS, Some(&seen), day(0)), first);
}

#[test]
fn where_nobody_leaves_nobody_is_at_risk() {
    let nothing = RiskThresholds {
        entry: 0.0,
        exit: 0.0,
    };
    assert_eq!(remember_risk(0.0, nothing, None, day(0)), None);
}

const VERSIONS: Versions = Versions {
    rules: 1,
    activation: 2,
};

fn memory(stage: Stage) -> StageMemory {
    StageMemory {
        stage,
        since: day(0),
        risks: vec![],
        rules_version: 1,
        model_activation: 2,
    }
}

fn settled(subject: &Subject, memory: &StageMemory, versions: Versions, on: i64) -> Settled {
    let rules = LineRules::BUILT_IN;
    let found = crate::domain::stage::classify(subject, &rules);
    settle(found, subject, &rules, Some(memory), versions, day(on))
}

fn stage_on(subject: &Subject, before: Stage, on: i64) -> (Stage, &'static str) {
    let found = settled(subject, &memory(before), VERSIONS, on).classification;
    (found.stage, found.finding.rule)
}

fn finding(rule: &'static str) -> Finding {
    Finding::new(rule, Evidence::count("fact", 1, 1))
}

#[test]
fn what_is_expected_lasts_a_week() {
    let calm = subject();
    assert_eq!(
        stage_on(&calm, Stage::AtRisk, 6),
        (Stage::AtRisk, "at_risk.dwell")
    );
    assert_eq!(stage_on(&calm, Stage::AtRisk, 7).0, Stage::Established);
    assert_eq!(stage_on(&calm, Stage::Growing, 6).1, "growing.dwell");
    let grows = Subject {
        growth: Some(finding("growing.purchases")),
        ..subject()
    };
    let held = settled(&grows, &memory(Stage::Established), VERSIONS, 6);
    assert_eq!(held.classification.stage, Stage::Established);
    assert_eq!(held.classification.further, [Stage::Growing]);
    assert_eq!(held.since, day(0));
    let let_go = settled(&grows, &memory(Stage::Established), VERSIONS, 7);
    assert_eq!(
        (let_go.classification.stage, let_go.since),
        (Stage::Growing, day(7))
    );
}

#[test]
fn what_has_happened_is_told_at_once() {
    let left = Subject {
        standing: Standing::Ended,
        ..subject()
    };
    let leaves = Subject {
        leaving: Some(finding("leaving.end_set")),
        ..subject()
    };
    let silent = |days| Subject {
        silence_days: Some(days),
        ..subject()
    };
    let back = Subject {
        back_days: Some(0),
        ..subject()
    };
    let disagrees = Subject {
        disagreement: Some(finding("first_disagreement.open")),
        ..subject()
    };
    let does_not_pay = Subject {
        failing_payments: Some(finding(FAILED_PAYMENTS)),
        ..subject()
    };
    let cases = [
        (left, Stage::Lost),
        (leaves, Stage::Leaving),
        (silent(180), Stage::Lost),
        (silent(90), Stage::Lapsed),
        (back, Stage::Phoenix),
        (disagrees, Stage::FirstDisagreement),
        (does_not_pay, Stage::AtRisk),
    ];
    for (subject, stage) in cases {
        assert_eq!(stage_on(&subject, Stage::Established, 0).0, stage);
    }
}

#[test]
fn what_is_not_so_any_more_is_not_told() {
    let gone_by_facts = [
        Stage::Leaving,
        Stage::Lost,
        Stage::Lapsed,
        Stage::Phoenix,
        Stage::FirstDisagreement,
        Stage::Acquired,
        Stage::Onboarding,
        Stage::LongTerm,
    ];
    for before in gone_by_facts {
        assert_eq!(stage_on(&subject(), before, 0).0, Stage::Established);
    }
}

#[test]
fn other_rules_or_another_model_count_at_once() {
    let with = |versions| {
        let found = settled(&subject(), &memory(Stage::AtRisk), versions, 1);
        found.classification.stage
    };
    assert_eq!(with(VERSIONS), Stage::AtRisk);
    assert_eq!(
        with(Versions {
            rules: 2,
            activation: 2
        }),
        Stage::Established
    );
    assert_eq!(
        with(Versions {
            rules: 1,
            activation: 3
        }),
        Stage::Established
    );
}

proptest! {
    /// Wherever the true risk lies, an estimate that is up to 5 % off moves a subscription at most
    /// once, with every pair of thresholds that can be published.
    #[test]
    fn noise_does_not_carry_a_customer_to_and_fro(
        truth in 0.01..0.9_f64,
        noise in prop::collection::vec(0.95..1.05_f64, 2..60),
        entry in 0.02..0.9_f64,
        exit_share in 0.01..0.9_f64,
        began_at_risk in any::<bool>(),
    ) {
        let thresholds = RiskThresholds { entry, exit: entry * exit_share };
        let remember = |at_risk: AtRisk| RiskMemory {
            subscription_id: String::new(),
            low_since: at_risk.low_since,
        };
        let mut memory = began_at_risk.then(|| remember(AtRisk { low_since: None }));
        let mut changes = 0;
        for (number, factor) in (0..).zip(noise) {
            let next = remember_risk(truth * factor, thresholds, memory.as_ref(), day(number));
            changes += u32::from(next.is_some() != memory.is_some());
            memory = next.map(remember);
        }
        prop_assert!(changes <= 1, "{changes} changes");
    }
}
