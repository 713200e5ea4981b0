//! Scores against sums done by hand.

use std::sync::Arc;

use kernel::money::BasisPoints;

use super::*;
use crate::domain::clock_days::{day_number, start_of_day};
use crate::domain::facts::{Activity, ActivityKind, ContractKind};
use crate::domain::tenure::life_tables::{
    DAYS_PER_MONTH, DAYS_PER_WEEK, Group, LifeTables, Subject,
};
use statistics::tenures::curve::{Curve, Period};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    time("2026-06-01T00:00:00Z")
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::parse("EUR").unwrap())
}

/// Half of what is at risk ends in each of `length` periods.
fn halving(subject: Subject, at_risk: u64, length: u32) -> (Group, Curve) {
    let mut periods = Vec::new();
    for period in 0..length {
        let at_risk = at_risk >> period;
        let ended = at_risk / 2;
        periods.push(Period { at_risk, ended });
    }
    let group = Group {
        business_line: Some("telecom".to_owned()),
        subject,
    };
    (group, Curve::new(periods))
}

fn contract(price: Option<Money>) -> Subscription {
    Subscription {
        subscription_id: "s-1".to_owned(),
        business_line: "telecom".to_owned(),
        contract_kind: ContractKind::MonthToMonth,
        start_time: Some(now()),
        monthly_price: price,
        ..Subscription::default()
    }
}

fn contracts() -> LifeTables {
    LifeTables::new(7, [halving(Subject::EveryContract, 1 << 20, 12)])
}

fn in_use(tables: LifeTables) -> ModelsInUse {
    ModelsInUse {
        life_tables: Some(Arc::new(tables)),
        ..ModelsInUse::default()
    }
}

fn scored(subscription: &Subscription, tables: Option<LifeTables>) -> Scores {
    let facts = CustomerFacts::default();
    let models = tables.map(in_use).unwrap_or_default();
    score(&facts, subscription, &LineRules::BUILT_IN, &models, now())
}

#[test]
fn nothing_fitted_means_no_score_and_a_reason() {
    let scores = scored(&contract(Some(euro(1_000))), None);
    assert_eq!(scores, Scores::absent(Absence::NoLifeTable));
    let empty = LifeTables::new(1, []);
    let scores = scored(&contract(Some(euro(1_000))), Some(empty));
    assert_eq!(scores, Scores::absent(Absence::NoLifeTable));
}

#[test]
fn what_has_ended_or_not_begun_is_not_scored() {
    let mut subscription = contract(None);
    subscription.service_end_time = Some(now());
    let scores = scored(&subscription, Some(contracts()));
    assert_eq!(scores, Scores::absent(Absence::Ended));
    subscription.service_end_time = None;
    subscription.start_time = Some(time("2026-06-02T00:00:00Z"));
    let scores = scored(&subscription, Some(contracts()));
    assert_eq!(scores, Scores::absent(Absence::NotStarted));
}

#[test]
fn risk_is_the_conditional_chance_of_the_horizon() {
    let scores = scored(&contract(None), Some(contracts()));
    let risk = scores.churn_risk.unwrap();
    let expected = 1.0 - 0.5_f64.powf(90.0 / DAYS_PER_MONTH);
    assert!((risk.probability - expected).abs() < 1e-9);
    assert!(
        (risk.base_rate - expected).abs() < 1e-9,
        "one hazard throughout"
    );
    assert!(risk.lower < expected && expected < risk.upper);
    assert_eq!(risk.group, "telecom/all");
    assert_eq!(risk.sample_size, 1 << 20);
    assert_eq!(scores.absences, [Absence::NoMonthlyPrice]);
}

#[test]
fn value_is_the_discounted_margin_of_the_months_left() {
    let rules = LineRules {
        value_horizon_months: 3,
        gross_margin: BasisPoints(5_000),
        discount_rate: BasisPoints(2_000),
        ..LineRules::BUILT_IN
    };
    let facts = CustomerFacts::default();
    let subscription = contract(Some(euro(10_000)));
    let tables = contracts();
    let scores = score(&facts, &subscription, &rules, &in_use(tables), now());
    let value = scores.value_remaining.unwrap();
    let month = |number: f64| 0.5_f64.powf(number) * 1.2_f64.powf(-number / 12.0);
    let expected = month(1.0) + month(2.0) + month(3.0);
    assert!((value.residual_months - expected).abs() < 1e-9);
    assert_eq!(value.monthly_margin, euro(5_000));
    assert_eq!(value.amount, euro(minor_of(5_000.0 * expected)));
}

fn buyer(last_day_before: i32) -> CustomerFacts {
    let today = day_number(now());
    let days: Vec<i32> = [70, 56].iter().map(|ago| today - ago).collect();
    let days: Vec<i32> = days.into_iter().chain([today - last_day_before]).collect();
    CustomerFacts {
        activities: vec![Activity {
            kind: ActivityKind::Purchase,
            count: 3,
            first_time: Some(start_of_day(today - 70)),
            last_time: Some(start_of_day(today - last_day_before)),
            total: Some(euro(9_000)),
        }],
        purchase_days: days,
        purchase_day_count: 3,
        ..CustomerFacts::default()
    }
}

fn silent(facts: &CustomerFacts) -> Scores {
    let subscription = Subscription {
        relationship: Relationship::NonContractual,
        ..contract(None)
    };
    let tables = LifeTables::new(1, [halving(Subject::Gap, 1 << 12, 8)]);
    let rules = LineRules {
        risk_horizon_days: 14,
        ..LineRules::BUILT_IN
    };
    score(facts, &subscription, &rules, &in_use(tables), now())
}

#[test]
fn a_buyer_is_judged_by_the_silence() {
    let scores = silent(&buyer(28));
    let risk = scores.churn_risk.unwrap();
    assert!((risk.probability - 0.25).abs() < 1e-9);
    let alive = scores.probability_alive.unwrap();
    assert!((alive - (1.0 - 0.5_f64.powi(4))).abs() < 1e-9);
    let value = scores.value_remaining.unwrap();
    let line_rate: f64 = (4_096.0 - 16.0) / (8_192.0 - 32.0);
    let weekly = 3.0 / (10.0 + line_rate.recip());
    let expected = weekly * DAYS_PER_MONTH / DAYS_PER_WEEK * 3_000.0 * 0.4;
    assert_eq!(value.monthly_margin, euro(minor_of(expected)));
    assert!(value.residual_months > 0.0);
}

#[test]
fn a_longer_silence_is_never_a_better_sign() {
    let alive = |days| silent(&buyer(days)).probability_alive.unwrap();
    assert!(alive(0) > alive(14) && alive(14) > alive(50));
    let facts = CustomerFacts {
        purchase_days: vec![0],
        ..buyer(0)
    };
    let long = silent(&facts);
    assert!(long.probability_alive.unwrap().abs() < 1e-12);
    assert!(long.churn_risk.unwrap().probability > 0.0);
}

#[test]
fn without_purchases_there_is_nothing_to_judge_by() {
    let scores = silent(&CustomerFacts::default());
    assert_eq!(scores, Scores::absent(Absence::NoPurchases));
}
