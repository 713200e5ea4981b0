//! Retention curves are compared on the subscriptions that neither version has learnt from.

use super::*;
use crate::domain::clock_days::start_of_day;

const LAST_DAY: i32 = 20_600;

/// Who stays so many days, of customers who begin one after the other.
fn sample(customers: std::ops::Range<i32>, days: impl Fn(i32) -> i32) -> RetentionSample {
    let end = start_of_day(LAST_DAY);
    let mut sample = RetentionSample::default();
    for number in customers {
        let start = LAST_DAY - 1 - (number * 7) % 700;
        let last = start + days(number);
        let exposure = Exposure {
            customer_id: format!("c-{number}"),
            subscription_id: "s".to_owned(),
            business_line: "telecom".to_owned(),
            contract_kind: ContractKind::MonthToMonth,
            start_time: start_of_day(start),
            end_time: (last <= LAST_DAY).then(|| start_of_day(last)),
            lives_on: false,
        };
        sample.add(&exposure, end, 90);
    }
    sample
}

fn set(candidate: Candidate) -> RetentionSet {
    match candidate.artifact {
        Artifact::Retention(set) => set,
        other => panic!("{other:?} is no retention model"),
    }
}

fn fit(sample: RetentionSample) -> Candidate {
    sample.fit(|_, _| {}).unwrap()
}

fn mixed(number: i32) -> i32 {
    20 + (number * 37) % 900
}

fn short(number: i32) -> i32 {
    10 + (number * 37) % 200
}

#[test]
fn a_refit_on_more_of_the_same_is_no_worse() {
    let before = set(fit(sample(0..2_000, mixed)));
    let mut more = sample(0..4_000, mixed);
    more.compare_with(1, before);
    let comparison = fit(more).evaluation.unwrap().comparison.unwrap();
    assert_eq!(
        (comparison.version, comparison.measure.as_str()),
        (1, "held_out_log_loss")
    );
    assert!(
        comparison.rows > 100 && !comparison.is_worse(),
        "{comparison:?}"
    );
    assert!(!comparison.turned(2).is_worse());
}

#[test]
fn a_version_of_other_times_is_told_from_one_of_these() {
    let of_short = set(fit(sample(0..2_000, short)));
    let mut now = sample(0..4_000, mixed);
    now.compare_with(1, of_short);
    let comparison = fit(now).evaluation.unwrap().comparison.unwrap();
    assert!(!comparison.is_worse(), "{comparison:?}");
    assert!(comparison.turned(2).is_worse(), "going back would be");
}

#[test]
fn on_a_few_nothing_is_compared() {
    let before = set(fit(sample(0..200, mixed)));
    let mut few = sample(0..200, mixed);
    few.compare_with(1, before);
    assert_eq!(fit(few).evaluation.unwrap().comparison, None);
}
