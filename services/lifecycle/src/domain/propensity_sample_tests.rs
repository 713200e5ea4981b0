//! Samples are bounded, whatever the lines.

use super::super::clock_days::start_of_day;
use super::*;

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
    assert_eq!((of_line("large").seen, of_line("small").seen), (3_000, 200));
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
    assert_eq!(figures("large")[0], ("drawn_of".to_owned(), 3_000.0));
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
