//! Samples are bounded, and the share that is drawn has the parameters of all.

use super::super::clock_days::start_of_day;
use super::super::facts::CustomerFacts;
use super::*;

fn add(sample: &mut PurchaseSample, number: i32) {
    let span = LineSpan::until(20_000, start_of_day(20_600), 180);
    let (gap, bought) = (7 + number % 40, 1 + number % 9);
    let days: Vec<i32> = (0..bought)
        .map(|index| 20_000 + number % 90 + gap * index)
        .collect();
    let facts = CustomerFacts {
        customer_id: format!("c-{number}"),
        purchase_day_count: u32::try_from(days.len()).unwrap(),
        purchase_days: days,
        ..CustomerFacts::default()
    };
    let ticket = Ticket::of(&facts.customer_id);
    let buyer = Buyer::of(&facts).unwrap().unwrap();
    sample.add(ticket, "music", span, &buyer).unwrap();
}

fn fit(sample: PurchaseSample) -> PurchaseGroup {
    let candidate = sample.fit(PurchaseFamily::MbgNbd, |_, _| {}).unwrap();
    match candidate.artifact {
        Artifact::Purchase(mut set) => set.lines.remove("music").unwrap(),
        other => panic!("{other:?} is no purchase model"),
    }
}

#[test]
fn of_more_customers_than_are_held_a_share_is_learnt_from() {
    let mut all = PurchaseSample::default();
    let (mut some, mut backwards) = (all.clone(), all.clone());
    some.most_customers = 2_000;
    backwards.most_customers = 2_000;
    for number in 0..3_000 {
        add(&mut all, number);
        add(&mut some, number);
        add(&mut backwards, 2_999 - number);
        assert!(some.customers <= 2_000);
    }
    let (all, some, backwards) = (fit(all), fit(some), fit(backwards));
    assert_eq!((all.customers, all.seen, all.one_in), (3_000, 3_000, 1));
    assert_eq!((some.seen, some.one_in), (3_000, 2));
    assert!(some.customers.abs_diff(1_500) < 120, "{}", some.customers);
    assert_eq!(
        (backwards.customers, &backwards.inputs),
        (some.customers, &some.inputs)
    );
    let rate = |group: &PurchaseGroup| {
        let (_, [r, alpha, ..]) = group.fitted.as_ref().unwrap().model.parameters();
        r / alpha
    };
    assert!((rate(&some) / rate(&all) - 1.0).abs() < 0.02);
}

#[test]
fn a_search_tells_how_far_it_is() {
    let mut sample = PurchaseSample::default();
    for number in 0..300 {
        add(&mut sample, number);
    }
    let mut told = Vec::new();
    let tell = |group: &str, iterations: u32| told.push((group.to_owned(), iterations));
    let candidate = sample.fit(PurchaseFamily::MbgNbd, tell).unwrap();
    let Artifact::Purchase(set) = candidate.artifact else {
        panic!("a purchase model")
    };
    let iterations = set.fitted("music").unwrap().search.iterations;
    assert!(iterations > 3);
    for wanted in 0..=iterations {
        assert!(told.contains(&(EVERYBODY.to_owned(), wanted)), "{wanted}");
    }
}
