//! What was foretold beside what came, for those who were watched since the fit.

use super::*;
use crate::domain::clock_days::start_of_day;
use crate::domain::facts::Subscription;
use crate::domain::model::Artifact;
use crate::domain::propensity::PropensitySet;
use crate::domain::propensity::sample::PropensitySample;

const LAST_DAY: i32 = 20_600;
const HORIZON: i32 = 90;

fn subscriber(number: i32, last_day: i32, leaves: bool) -> CustomerFacts {
    let subscription = Subscription {
        subscription_id: "s".to_owned(),
        business_line: "telecom".to_owned(),
        product: if number % 2 == 0 { "copper" } else { "fibre" }.to_owned(),
        start_time: Some(start_of_day(LAST_DAY - 300 - number % 400)),
        service_end_time: leaves.then(|| start_of_day(last_day - number % 60)),
        ..Subscription::default()
    };
    CustomerFacts {
        customer_id: format!("c-{number}"),
        subscriptions: vec![subscription],
        ..CustomerFacts::default()
    }
}

fn of_line(line: &str, mut facts: CustomerFacts) -> CustomerFacts {
    line.clone_into(&mut facts.subscriptions[0].business_line);
    facts
}

/// Many of telecom, and so few of insurance that all together tell of them.
fn fitted() -> PropensitySet {
    let watch = Watch::before(start_of_day(LAST_DAY), 90).unwrap();
    let watches = ["telecom", "insurance"].map(|line| (line.to_owned(), watch));
    let watches = watches.into();
    let mut sample = PropensitySample::default();
    for number in (600..640).filter(|number| number % 2 == 0) {
        let leaves = number % 8 == 0;
        let customer = subscriber(number, LAST_DAY, leaves);
        sample.add(&of_line("insurance", customer), &watches);
    }
    for number in 0..600 {
        let leaves = number % if number % 2 == 0 { 4 } else { 9 } == 0;
        sample.add(&subscriber(number, LAST_DAY, leaves), &watches);
    }
    match sample.fit(|_, _| {}).unwrap().artifact {
        Artifact::Propensity(set) => *set,
        other => panic!("{other:?} is no propensity model"),
    }
}

#[test]
fn what_came_since_is_counted_with_its_slope() {
    let set = fitted();
    let last_day = LAST_DAY + HORIZON;
    let ends = [("telecom".to_owned(), start_of_day(last_day))].into();
    let mut drift = PropensityDrift::of(PropensityModels::of_ours(1, set));
    for number in 0..600 {
        // Copper leaves as before, and fibre twice as often.
        let leaves = number % 4 < if number % 2 == 0 { 2 } else { 1 };
        let leaves = leaves || number % 9 == 1;
        drift.add(&subscriber(number, last_day, leaves), &ends);
    }
    let (inputs, calibrations) = drift.finish();
    let product = inputs.iter().find(|it| it.input == "product").unwrap();
    assert!(product.unknown_share.is_some_and(|share| share <= 0.0));
    let found = &calibrations[0];
    assert_eq!((found.sample_size, found.watched_days), (600, 90));
    assert!(
        found.observed > found.expected && found.expected > 50.0,
        "{found:?}"
    );
    assert!(found.slope.is_some() && found.intercept.is_some_and(|it| it > 0.0));
}

#[test]
fn a_line_without_a_model_of_its_own_is_set_beside_nobody_alone() {
    let set = fitted();
    assert!(set.pooled.contains_key("insurance") && set.everybody.is_some());
    let ends = ["telecom", "insurance"].map(|line| (line.to_owned(), start_of_day(LAST_DAY)));
    let ends = ends.into();
    let mut drift = PropensityDrift::of(PropensityModels::of_ours(1, set));
    for number in 0..600 {
        drift.add(&subscriber(number, LAST_DAY, false), &ends);
    }
    // All of them on copper, as at the fit, and unlike telecom.
    for number in (600..640).filter(|number| number % 2 == 0) {
        let customer = subscriber(number, LAST_DAY, false);
        drift.add(&of_line("insurance", customer), &ends);
    }
    let (inputs, _) = drift.finish();
    assert!(
        inputs.iter().all(|it| it.group != "insurance"),
        "{inputs:?}"
    );
    let together = |name: &str| {
        let mut inputs = inputs.iter().filter(|it| it.group == "all");
        inputs.find(|it| it.input == name).unwrap().stability_index
    };
    assert!(together("product") < 0.1, "{inputs:?}");
}
