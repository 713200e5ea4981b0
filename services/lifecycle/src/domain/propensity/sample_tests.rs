//! Samples are bounded, whatever the lines.

use super::*;
use crate::domain::clock_days::start_of_day;
use crate::domain::facts::Subscription;
use crate::domain::propensity::held_out::COMPARED;

const LAST_DAY: i32 = 20_600;

fn subscriber(number: i32, line: &str) -> CustomerFacts {
    let ended = (number % 3 == 0).then(|| start_of_day(LAST_DAY - number % 60));
    let subscription = Subscription {
        subscription_id: "s".to_owned(),
        business_line: line.to_owned(),
        start_time: Some(start_of_day(LAST_DAY - 200 - number % 900)),
        service_end_time: ended,
        ..Subscription::default()
    };
    CustomerFacts {
        customer_id: format!("c-{number}"),
        subscriptions: vec![subscription],
        ..CustomerFacts::default()
    }
}

#[test]
fn of_too_many_values_the_largest_line_gives_up_its_share_and_says_so() {
    let watch = Watch::before(start_of_day(LAST_DAY), 90).unwrap();
    let watches: BTreeMap<String, Watch> = ["large", "small"]
        .map(|line| (line.to_owned(), watch))
        .into();
    let mut sample = PropensitySample::of_at_most(6_000);
    for number in 0..3_000 {
        sample.add(&subscriber(number, "large"), &watches);
        assert!(sample.cells <= 6_000, "{}", sample.cells);
    }
    for number in 3_000..3_200 {
        sample.add(&subscriber(number, "small"), &watches);
    }
    let of_line = |line: &str| sample.lines[line].1.share();
    // A tenth is held out.
    assert_eq!((of_line("large").seen, of_line("small").seen), (2_719, 182));
    assert!(of_line("large").one_in() > 1 && of_line("small").one_in() == 1);
    let candidate = sample.fit(|_, _| {}).unwrap();
    let groups = candidate.artifact.groups();
    let figures = |line: &str| -> Vec<(String, f64)> {
        let group = groups.iter().find(|it| it.group == line).unwrap();
        let drawn = group
            .figures
            .iter()
            .filter(|it| it.name.starts_with("drawn"));
        drawn.map(|it| (it.name.clone(), it.value)).collect()
    };
    assert_eq!(figures("large")[0], ("drawn_of".to_owned(), 2_719.0));
    assert_eq!(figures("small"), []);
}

#[test]
fn a_fit_tells_its_rounds() {
    let watch = Watch::before(start_of_day(LAST_DAY), 90).unwrap();
    let watches = [("telecom".to_owned(), watch)].into();
    let mut sample = PropensitySample::default();
    for number in 0..600 {
        sample.add(&subscriber(number, "telecom"), &watches);
    }
    let mut told = Vec::new();
    let tell = |group: &str, rounds: u32| told.push((group.to_owned(), rounds));
    sample.fit(tell).unwrap();
    let expected: Vec<(String, u32)> = (0_u32..)
        .map(|rounds| ("telecom".to_owned(), rounds))
        .take(told.len())
        .collect();
    assert!(told.len() > 10 && told == expected, "{told:?}");
}

/// Of even numbers two in three leave, of odd ones one in eight, or the other way round.
fn labelled(customers: std::ops::Range<i32>, other_way_round: bool) -> PropensitySample {
    let watch = Watch::before(start_of_day(LAST_DAY), 90).unwrap();
    let watches = [("telecom".to_owned(), watch)].into();
    let mut sample = PropensitySample::default();
    for number in customers {
        let is_copper = number % 2 == 0;
        let leaves = if is_copper == other_way_round {
            (number / 2) % 8 == 0
        } else {
            (number / 2) % 3 < 2
        };
        let mut facts = subscriber(number, "telecom");
        let subscription = &mut facts.subscriptions[0];
        subscription.product = if is_copper { "copper" } else { "fibre" }.to_owned();
        subscription.service_end_time = leaves.then(|| start_of_day(LAST_DAY - number % 60));
        sample.add(&facts, &watches);
    }
    sample
}

fn set(sample: PropensitySample) -> PropensitySet {
    match sample.fit(|_, _| {}).unwrap().artifact {
        Artifact::Propensity(set) => *set,
        other => panic!("{other:?} is no propensity model"),
    }
}

fn compared(before: PropensitySet) -> Option<Comparison> {
    let mut sample = labelled(0..1_500, false);
    sample.compare_with(Some(Arc::new(PropensityModels::of_ours(4, before))));
    sample
        .fit(|_, _| {})
        .unwrap()
        .evaluation
        .unwrap()
        .comparison
}

#[test]
fn versions_are_compared_on_customers_whom_neither_has_seen() {
    let before = set(labelled(0..900, false));
    let comparison = compared(before.clone()).unwrap();
    assert_eq!(
        (comparison.version, comparison.measure.as_str()),
        (4, COMPARED)
    );
    assert!((100..200).contains(&comparison.rows), "{comparison:?}");
    assert!(!comparison.is_worse() && !comparison.turned(5).is_worse());
    let of_other_times = set(labelled(0..900, true));
    let comparison = compared(of_other_times).unwrap();
    assert!(!comparison.is_worse() && comparison.turned(5).is_worse());
    // A version that learnt from everybody has seen them.
    let saw_them = PropensitySet {
        holds_out: false,
        ..before
    };
    assert_eq!(compared(saw_them), None);
}

#[test]
fn nothing_is_learnt_from_who_is_held_out() {
    let sample = labelled(0..1_500, false);
    let is_held_out = |number: &i32| Ticket::of(&format!("c-{number}")).is_held_out();
    let held_out = (0..1_500).filter(is_held_out).count();
    assert!(held_out > 100 && sample.held_out.len() == held_out);
    let learnt: usize = sample.lines.values().map(|(_, it)| it.labels().len()).sum();
    assert_eq!(learnt, 1_500 - held_out);
}
