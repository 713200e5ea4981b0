//! Statuses of whole customers, and the laws that hold for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::money::Currency;
use proptest::prelude::*;

use super::*;
use crate::domain::care::plan::CarePlan;
use crate::domain::facts::{
    Activity, ActivityKind, ContractKind, Incident, Lifetime, Relationship, State,
};
use crate::domain::portfolio::scored_customer;
use crate::domain::stage::transition::Transition;
use crate::domain::tenure::life_tables::{Group, LifeTables, Subject as TableSubject};
use statistics::tenures::curve::{Curve, Period};

const DAY: i64 = 86_400;
/// 2026-06-01T00:00:00Z.
const NOW: i64 = 1_780_272_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

#[expect(clippy::unnecessary_wraps, reason = "facts hold optional times")]
fn ago(days: i64) -> Option<Timestamp> {
    Some(at(NOW - days * DAY))
}

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::parse("EUR").unwrap())
}

fn contract(id: &str, start_days_ago: i64) -> Subscription {
    Subscription {
        subscription_id: id.to_owned(),
        business_line: "telecom".to_owned(),
        contract_kind: ContractKind::MonthToMonth,
        start_time: ago(start_days_ago),
        monthly_price: Some(euro(3_000)),
        ..Subscription::default()
    }
}

fn customer(subscriptions: Vec<Subscription>) -> CustomerFacts {
    CustomerFacts {
        customer_id: "c-1".to_owned(),
        revision: 3,
        subscriptions,
        ..CustomerFacts::default()
    }
}

fn tables() -> ModelsInUse {
    let table = |subject, ended| {
        let group = Group {
            business_line: Some("telecom".to_owned()),
            subject,
        };
        let at_risk = 1_000;
        (group, Curve::new(vec![Period { at_risk, ended }; 72]))
    };
    let tables = LifeTables::new(
        7,
        [
            table(TableSubject::EveryContract, 20),
            table(TableSubject::Contract(ContractKind::MonthToMonth), 45),
            table(TableSubject::Contract(ContractKind::TwoYear), 1),
            table(TableSubject::Gap, 100),
        ],
    );
    ModelsInUse {
        life_tables: Some(Arc::new(tables)),
        ..ModelsInUse::default()
    }
}

fn status(facts: &CustomerFacts) -> CustomerStatus {
    let rules = RuleSet::built_in();
    let knowledge = Knowledge {
        rules: &rules,
        models: &ModelsInUse::default(),
    };
    compute(facts, None, knowledge, at(NOW)).unwrap()
}

fn stage_of(facts: &CustomerFacts) -> (Stage, &'static str) {
    let status = status(facts);
    let found = status.classification;
    (found.stage, found.finding.rule)
}

#[test]
fn a_customer_without_anything_is_acquired_and_not_live() {
    let status = status(&customer(vec![]));
    assert_eq!(status.classification.stage, Stage::Acquired);
    assert!(!status.live);
}

#[test]
fn an_end_that_lies_ahead_is_leaving_and_still_live() {
    let mut subscription = contract("s-1", 400);
    subscription.state = State::CancelPending;
    assert_eq!(
        stage_of(&customer(vec![subscription.clone()])),
        (Stage::Leaving, "leaving.cancel_pending")
    );
    subscription.service_end_time = ago(-10);
    let facts = customer(vec![subscription.clone(), contract("s-2", 400)]);
    assert_eq!(stage_of(&facts), (Stage::Leaving, "leaving.end_set"));
    assert!(status(&facts).live);
    subscription.lives_on = true;
    let moving = customer(vec![subscription]);
    assert_eq!(stage_of(&moving).0, Stage::Established);
}

#[test]
fn a_commitment_that_runs_out_is_leaving_within_the_notice_time() {
    let with_end = |days: i64| {
        let mut subscription = contract("s-1", 400);
        subscription.commitment_end_time = ago(-days);
        stage_of(&customer(vec![subscription]))
    };
    assert_eq!(with_end(30), (Stage::Leaving, "leaving.commitment_end"));
    assert_eq!(with_end(31).0, Stage::Established);
    assert_eq!(with_end(-1).0, Stage::Established, "rolled on");
}

#[test]
fn an_end_that_has_come_is_lost_and_tenure_stops() {
    let mut subscription = contract("s-1", 400);
    subscription.state = State::Ended;
    subscription.service_end_time = ago(100);
    let status = status(&customer(vec![subscription]));
    assert_eq!(status.classification.stage, Stage::Lost);
    assert_eq!((status.live, status.tenure_days), (false, 300));
    assert_eq!(status.subscriptions[0].stage, Stage::Lost);
}

#[test]
fn a_second_lifetime_is_a_phoenix_unless_the_first_lived_on() {
    let first = Lifetime {
        start_time: ago(900),
        end_time: ago(500),
        ..Lifetime::default()
    };
    let second = Lifetime {
        start_time: ago(100),
        ..Lifetime::default()
    };
    let mut facts = customer(vec![contract("s-2", 100)]);
    facts.lifetimes = vec![first, second];
    assert_eq!(stage_of(&facts), (Stage::Phoenix, "phoenix.return"));
    let found = status(&facts);
    assert_eq!((found.lifetime_count, found.tenure_days), (2, 100));
    facts.lifetimes[0].lives_on = true;
    assert_eq!(stage_of(&facts).0, Stage::Established);
}

#[test]
fn incidents_mark_until_the_calm_time_is_over() {
    let mut facts = customer(vec![contract("s-1", 800), contract("s-2", 800)]);
    facts.open_incidents = vec![Incident {
        subscription_id: "s-2".to_owned(),
        open_time: ago(1),
        ..Incident::default()
    }];
    assert_eq!(
        stage_of(&facts),
        (Stage::FirstDisagreement, "first_disagreement.open")
    );
    let found = status(&facts);
    assert_eq!(found.classification.further, [Stage::LongTerm]);
    assert_eq!(found.subscriptions[0].stage, Stage::LongTerm);
    assert_eq!(found.subscriptions[1].stage, Stage::FirstDisagreement);
    facts.open_incidents.clear();
    facts.last_incident_resolve_time = ago(29);
    assert_eq!(stage_of(&facts).1, "first_disagreement.not_calm_yet");
    facts.last_incident_resolve_time = ago(30);
    assert_eq!(stage_of(&facts).0, Stage::LongTerm);
}

fn buyer(purchases_days_ago: &[i64]) -> CustomerFacts {
    let subscription = Subscription {
        relationship: Relationship::NonContractual,
        contract_kind: ContractKind::PayAsYouGo,
        ..contract("s-1", 600)
    };
    let today = i32::try_from(NOW / DAY).unwrap();
    let days = purchases_days_ago.iter().map(|ago| {
        let ago = i32::try_from(*ago).unwrap();
        today - ago
    });
    CustomerFacts {
        purchase_days: days.collect(),
        purchase_day_count: u32::try_from(purchases_days_ago.len()).unwrap(),
        ..customer(vec![subscription])
    }
}

#[test]
fn a_buyer_lapses_is_lost_and_comes_back() {
    assert_eq!(stage_of(&buyer(&[300, 200, 89])).0, Stage::Established);
    assert_eq!(stage_of(&buyer(&[300, 200, 90])).0, Stage::Lapsed);
    assert_eq!(stage_of(&buyer(&[300, 200])).0, Stage::Lost);
    assert_eq!(stage_of(&buyer(&[300, 20])).0, Stage::Phoenix);
    assert!(status(&buyer(&[300, 200])).live, "live is by the record");
    let mut both = buyer(&[300, 200]);
    both.subscriptions.push(contract("s-2", 600));
    assert_eq!(stage_of(&both).0, Stage::Established, "a contract keeps");
}

#[test]
fn buying_a_fifth_more_often_is_growing() {
    let grown = buyer(&[350, 300, 250, 200, 185, 150, 120, 90, 60, 30, 1]);
    assert_eq!(stage_of(&grown), (Stage::Growing, "growing.purchases"));
    let same = buyer(&[350, 300, 250, 200, 185, 120, 90, 60, 30, 1]);
    assert_eq!(stage_of(&same).0, Stage::Established);
    let more = customer(vec![contract("s-1", 400), contract("s-2", 100)]);
    assert_eq!(stage_of(&more), (Stage::Growing, "growing.subscriptions"));
}

#[test]
fn payments_that_keep_failing_are_a_risk_until_one_comes() {
    let activity = |kind, days| Activity {
        kind,
        count: 2,
        first_time: ago(200),
        last_time: ago(days),
        total: None,
    };
    let mut facts = customer(vec![contract("s-1", 400)]);
    facts.activities = vec![activity(ActivityKind::PaymentFailed, 5)];
    assert_eq!(stage_of(&facts), (Stage::AtRisk, "at_risk.failed_payments"));
    facts.activities.push(activity(ActivityKind::Payment, 4));
    assert_eq!(stage_of(&facts).0, Stage::Established);
}

#[test]
fn the_risk_and_value_of_the_customer_are_those_of_the_subscriptions() {
    let mut calm = contract("s-2", 400);
    calm.contract_kind = ContractKind::TwoYear;
    let facts = customer(vec![contract("s-1", 400), calm]);
    let (rules, tables) = (RuleSet::built_in(), tables());
    let knowledge = Knowledge {
        rules: &rules,
        models: &tables,
    };
    let whole = compute(&facts, None, knowledge, at(NOW)).unwrap();
    assert_eq!(whole.classification.stage, Stage::AtRisk);
    assert_eq!(whole.churn_risk, whole.subscriptions[0].scores.churn_risk);
    let values: Vec<_> = whole
        .subscriptions
        .iter()
        .map(|subscription| subscription.scores.value_remaining.unwrap())
        .collect();
    let together = whole.value_remaining.unwrap();
    let sum = values[0].amount.minor + values[1].amount.minor;
    assert_eq!(together.amount, euro(sum));
    assert!(values[0].residual_months < together.residual_months);
    let asked = compute(&facts, Some("s-2"), knowledge, at(NOW)).unwrap();
    assert_eq!(asked.churn_risk, whole.subscriptions[1].scores.churn_risk);
    assert_eq!(asked.model_version, 7);
    let unknown = compute(&facts, Some("s-9"), knowledge, at(NOW));
    assert_eq!(unknown, Err(UnknownSubscription));
}

#[test]
fn values_in_two_currencies_are_not_added() {
    let mut dollars = contract("s-2", 400);
    dollars.monthly_price = Some(Money::new(3_000, Currency::parse("USD").unwrap()));
    let facts = customer(vec![contract("s-1", 400), dollars]);
    let (rules, tables) = (RuleSet::built_in(), tables());
    let knowledge = Knowledge {
        rules: &rules,
        models: &tables,
    };
    let found = compute(&facts, None, knowledge, at(NOW)).unwrap();
    assert_eq!(found.value_remaining, None);
    assert!(found.subscriptions[1].scores.value_remaining.is_some());
}

fn any_time() -> impl Strategy<Value = Option<Timestamp>> {
    let spread = (NOW - 1_500 * DAY)..(NOW + 200 * DAY);
    prop::option::weighted(0.7, spread.prop_map(at))
}

prop_compose! {
    fn any_subscription()(
        line in prop::sample::select(vec!["telecom", "retail"]),
        buyer in any::<bool>(),
        kind in prop::sample::select(ContractKind::ALL.to_vec()),
        state in prop::sample::select(
            vec![State::InForce, State::Prospect, State::CancelPending, State::Ended]
        ),
        start_time in any_time(),
        commitment_end_time in any_time(),
        service_end_time in any_time(),
        price in prop::option::of(0_i64..1_000_000_000_000),
        lives_on in any::<bool>(),
    ) -> Subscription {
        Subscription {
            subscription_id: "s-1".to_owned(),
            business_line: line.to_owned(),
            relationship: if buyer {
                Relationship::NonContractual
            } else {
                Relationship::Contractual
            },
            contract_kind: kind,
            state,
            start_time,
            commitment_end_time,
            service_end_time,
            monthly_price: price.map(euro),
            lives_on,
            ..Subscription::default()
        }
    }
}

prop_compose! {
    fn any_activity()(
        kind in prop::sample::select(vec![
            ActivityKind::Purchase,
            ActivityKind::Payment,
            ActivityKind::PaymentFailed,
            ActivityKind::Usage,
        ]),
        count in 0_u32..10,
        first_time in any_time(),
        last_time in any_time(),
        total in prop::option::of(0_i64..1_000_000_000_000),
    ) -> Activity {
        Activity { kind, count, first_time, last_time, total: total.map(euro) }
    }
}

prop_compose! {
    fn any_lifetime()(
        start_time in any_time(),
        end_time in any_time(),
        lives_on in any::<bool>(),
    ) -> Lifetime {
        Lifetime {
            start_time,
            end_time,
            lives_on,
            ..Lifetime::default()
        }
    }
}

prop_compose! {
    fn any_facts()(
        subscriptions in prop::collection::vec(any_subscription(), 0..4),
        lifetimes in prop::collection::vec(any_lifetime(), 0..3),
        incident_times in prop::collection::vec(any_time(), 0..2),
        last_incident_resolve_time in any_time(),
        activities in prop::collection::vec(any_activity(), 0..4),
        purchases in prop::collection::btree_set(19_100_i32..20_700, 0..30),
    ) -> CustomerFacts {
        let subscriptions = (1..).zip(subscriptions).map(|(number, subscription)| Subscription {
            subscription_id: format!("s-{number}"),
            ..subscription
        });
        CustomerFacts {
            customer_id: "c-1".to_owned(),
            revision: 1,
            subscriptions: subscriptions.collect(),
            lifetimes,
            open_incidents: incident_times
                .into_iter()
                .map(|open_time| Incident { open_time, ..Incident::default() })
                .collect(),
            incident_count: 3,
            last_incident_resolve_time,
            activities,
            purchase_day_count: u32::try_from(purchases.len()).unwrap(),
            purchase_days: purchases.into_iter().collect(),
            ..CustomerFacts::default()
        }
    }
}

/// Scores a customer at each of some times, on what is known then, and returns every stage and
/// every change of it.
fn live(steps: &[(CustomerFacts, i64)]) -> (Vec<Stage>, Vec<Transition>) {
    let (rules, tables) = (RuleSet::built_in(), tables());
    let knowledge = Knowledge {
        rules: &rules,
        models: &tables,
    };
    let plan = CarePlan::built_in();
    let (mut stages, mut transitions) = (Vec::new(), Vec::new());
    let mut memory = None;
    let mut day = 0;
    for (facts, days) in steps {
        day += days;
        let as_of = at(NOW + day * DAY);
        let scored =
            scored_customer::score(facts, knowledge, &plan, memory.as_ref(), as_of).unwrap();
        let now = &scored.customer.memory;
        let again = scored_customer::score(facts, knowledge, &plan, Some(now), as_of).unwrap();
        assert_eq!(
            (&again.customer, &again.transition),
            (&scored.customer, &None)
        );
        stages.push(now.stage);
        transitions.extend(scored.transition);
        memory = Some(scored.customer.memory);
    }
    (stages, transitions)
}

fn is_chance(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_customer_has_exactly_one_stage_and_ordered_others(
        facts in any_facts(),
        fitted in any::<bool>(),
    ) {
        let (rules, tables) = (RuleSet::built_in(), tables());
        let models = if fitted { tables } else { ModelsInUse::default() };
        let knowledge = Knowledge { rules: &rules, models: &models };
        let status = compute(&facts, None, knowledge, at(NOW)).unwrap();
        let found = &status.classification;
        prop_assert!(!found.finding.evidence.is_empty());
        let order = |stage: &Stage| Stage::PRECEDENCE.iter().position(|other| other == stage);
        let mut all = vec![found.stage];
        all.extend(&found.further);
        prop_assert!(all.is_sorted_by(|left, right| order(left) < order(right)));
        for subscription in &status.subscriptions {
            let scores = &subscription.scores;
            prop_assert!(scores.churn_risk.is_none() || subscription.live);
            if let Some(risk) = &scores.churn_risk {
                prop_assert!(is_chance(risk.lower) && risk.lower <= risk.probability);
                prop_assert!(risk.probability <= risk.upper && is_chance(risk.upper));
            }
            prop_assert!(scores.probability_alive.is_none_or(is_chance));
            let complete = scores.churn_risk.is_some() && scores.value_remaining.is_some();
            prop_assert!(complete || !scores.absences.is_empty());
        }
        let again = compute(&facts, None, knowledge, at(NOW)).unwrap();
        prop_assert_eq!(&status, &again);
        let remembering =
            compute_after(&facts, None, knowledge, Some(&status.memory), at(NOW)).unwrap();
        prop_assert_eq!(status, remembering);
    }

    #[test]
    fn the_same_life_again_has_the_same_history(
        steps in prop::collection::vec((any_facts(), 0_i64..9), 1..12),
    ) {
        let (stages, transitions) = live(&steps);
        prop_assert_eq!(live(&steps), (stages.clone(), transitions.clone()));
        // The changes lead from one stage to the next, and there are no others.
        let changes: Vec<(Stage, Stage)> = stages
            .windows(2)
            .map(|pair| (pair[0], pair[1]))
            .filter(|(from, to)| from != to)
            .collect();
        let recorded: Vec<(Stage, Stage)> =
            transitions.iter().map(|change| (change.from, change.to)).collect();
        prop_assert_eq!(recorded, changes);
        prop_assert!(transitions.iter().all(|change| !change.evidence.is_empty()));
    }

    #[test]
    fn time_alone_changes_nothing_before_the_status_runs_out(
        facts in any_facts(),
        share in 0.0..1.0_f64,
    ) {
        let (rules, tables) = (RuleSet::new(1, None, BTreeMap::new()), tables());
        let knowledge = Knowledge { rules: &rules, models: &tables };
        let status = compute(&facts, None, knowledge, at(NOW)).unwrap();
        prop_assert!(at(NOW) < status.valid_until);
        let left = status.valid_until.as_second() - NOW - 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a day")]
        let later = at(NOW + (left as f64 * share) as i64);
        let memory = Some(&status.memory);
        let mut same = compute_after(&facts, None, knowledge, memory, later).unwrap();
        same.as_of = status.as_of;
        prop_assert_eq!(status, same);
    }
}

proptest! {
    #[test]
    fn fitted_models_give_chances_and_finite_values(facts in any_facts()) {
        let rules = RuleSet::built_in();
        let models = crate::domain::fitted_tests::one_of_each();
        let knowledge = Knowledge { rules: &rules, models: &models };
        let status = compute(&facts, None, knowledge, at(NOW)).unwrap();
        for subscription in &status.subscriptions {
            let scores = &subscription.scores;
            if let Some(risk) = &scores.churn_risk {
                prop_assert!(is_chance(risk.lower) && risk.lower <= risk.probability);
                prop_assert!(risk.probability <= risk.upper && is_chance(risk.upper));
                prop_assert!(risk.contributions.iter().all(|it| it.log_odds.is_finite()));
            }
            prop_assert!(scores.probability_alive.is_none_or(is_chance));
            let to_come = scores.expected_purchases;
            prop_assert!(to_come.is_none_or(|count| count.is_finite() && count >= 0.0));
            if let Some(value) = &scores.value_remaining {
                let months = value.residual_months;
                prop_assert!((0.0..=f64::from(value.horizon_months)).contains(&months));
                prop_assert!(value.amount.minor >= 0);
            }
            let complete = scores.churn_risk.is_some() && scores.value_remaining.is_some();
            prop_assert!(complete || !scores.absences.is_empty());
        }
    }

    #[test]
    fn fitted_models_answer_the_same_until_the_status_runs_out(
        facts in any_facts(),
        share in 0.0..1.0_f64,
    ) {
        let rules = RuleSet::built_in();
        let models = crate::domain::fitted_tests::one_of_each();
        let knowledge = Knowledge { rules: &rules, models: &models };
        let status = compute(&facts, None, knowledge, at(NOW)).unwrap();
        let left = status.valid_until.as_second() - NOW - 1;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a day")]
        let later = at(NOW + (left as f64 * share) as i64);
        let memory = Some(&status.memory);
        let mut same = compute_after(&facts, None, knowledge, memory, later).unwrap();
        same.as_of = status.as_of;
        prop_assert_eq!(status, same);
    }
}
