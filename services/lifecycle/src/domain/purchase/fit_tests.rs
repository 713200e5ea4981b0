//! Samples are bounded, and the share that is drawn has the parameters of all.

use statistics::purchases::beta_geometric::{BetaGeometric, BetaGeometricParameters, DropOut};

use super::*;
use crate::domain::clock_days::start_of_day;
use crate::domain::facts::CustomerFacts;
use crate::domain::model::ticket::Ticket;
use crate::domain::purchase::buyer::Buyer;
use crate::domain::purchase::sample::LineSpan;

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

#[test]
fn versions_are_compared_on_the_held_out_tenth() {
    let sample = |customers: i32| {
        let mut sample = PurchaseSample::default();
        for number in 0..customers {
            add(&mut sample, number);
        }
        sample
    };
    let fit = |sample: PurchaseSample| sample.fit(PurchaseFamily::MbgNbd, |_, _| {}).unwrap();
    let Artifact::Purchase(before) = fit(sample(1_000)).artifact else {
        panic!("a purchase model")
    };
    let mut more = sample(2_000);
    more.compare_with(3, *before.clone());
    let comparison = fit(more).evaluation.unwrap().comparison.unwrap();
    assert_eq!(
        (comparison.version, comparison.measure.as_str()),
        (3, COMPARED)
    );
    assert!((150..250).contains(&comparison.rows), "{comparison:?}");
    assert!(
        !comparison.is_worse() && !comparison.turned(4).is_worse(),
        "{comparison:?}"
    );
    // This version believes in far more purchases.
    let mut of_other_times = *before;
    for group in of_other_times
        .lines
        .values_mut()
        .chain([&mut of_other_times.everybody])
    {
        let model = BetaGeometric::try_from(BetaGeometricParameters {
            r: 1.0,
            alpha: 0.3,
            a: 0.5,
            b: 2.0,
            drop_out: DropOut::AfterEvery,
        });
        let fitted = group.fitted.as_mut().unwrap();
        fitted.model = AnyPurchaseModel::BetaGeometric(model.unwrap());
    }
    let mut now = sample(2_000);
    now.compare_with(3, of_other_times);
    let comparison = fit(now).evaluation.unwrap().comparison.unwrap();
    assert!(
        !comparison.is_worse() && comparison.turned(4).is_worse(),
        "{comparison:?}"
    );
}
