//! Facts are a snapshot of today, of a history that goes back so far and no further. Whatever such a
//! snapshot tells of a time in the past must be what could be told then, or the customers of today
//! look like those who left.

use std::collections::BTreeMap;

use super::sample::PropensitySample;
use super::watch::Watch;
use super::{PropensityGroup, PropensitySet};
use crate::domain::clock_days::start_of_day;
use crate::domain::facts::{
    Activity, ActivityKind, ContractKind, CustomerFacts, Standing, State, Subscription,
};
use crate::domain::model::forecast::real;
use crate::domain::model::{Artifact, Candidate};

const LAST_DAY: i32 = 20_600;
const HORIZON: u32 = 60;
const CUSTOMERS: i32 = 4_000;
const YEAR: i32 = 365;

/// Throws a dice of a thousand sides, of its own for each customer and month.
fn dice(number: i32, throw: i32) -> u64 {
    let thrown = u64::from(number.unsigned_abs()) << 32 | u64::from(throw.unsigned_abs());
    let mixed = thrown.wrapping_add(1).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (mixed ^ (mixed >> 33)) % 1_000
}

/// Where the months of a life end.
fn month_end(start: i32, month: i32) -> i32 {
    start + month * YEAR / 12
}

/// Draws a life: its first day, and its last one if it is over.
fn life(number: i32, hazard: impl Fn(i32) -> u64) -> (i32, Option<i32>) {
    let start = LAST_DAY - 3 - (number * 613) % 2_190;
    let months = (1..=72).take_while(|month| month_end(start, *month) <= LAST_DAY);
    let mut ends = months.filter(|month| dice(number, *month) < hazard(*month));
    (start, ends.next().map(|month| month_end(start, month)))
}

fn customer(number: i32, (start, end): (i32, Option<i32>)) -> CustomerFacts {
    let subscription = Subscription {
        subscription_id: "s".to_owned(),
        business_line: "telecom".to_owned(),
        state: end.map_or(State::InForce, |_| State::Ended),
        start_time: Some(start_of_day(start)),
        service_end_time: end.map(start_of_day),
        ..Subscription::default()
    };
    CustomerFacts {
        customer_id: format!("c-{number}"),
        subscriptions: vec![subscription],
        ..CustomerFacts::default()
    }
}

fn activity(kind: ActivityKind, first: i32, last: i32) -> Activity {
    Activity {
        kind,
        count: 2,
        first_time: Some(start_of_day(first)),
        last_time: Some(start_of_day(last)),
        total: None,
    }
}

/// Of each life the last year is remembered: of those who left the year before that.
fn of_a_short_memory(number: i32) -> CustomerFacts {
    let (start, end) = life(number, |_| 22);
    let last = end.unwrap_or(LAST_DAY);
    let first = month_end(start, 1).max(last - YEAR);
    let mut facts = customer(number, (start, end));
    if first <= last {
        let failed = first + (number * 7) % (last - first + 1);
        facts.activities = vec![
            activity(ActivityKind::Usage, first, last),
            activity(ActivityKind::PaymentFailed, failed, last),
        ];
    }
    facts
}

/// Who does not leave at the end of the year is committed for another one, which is what the facts
/// of today show.
fn renewed_by_the_year(number: i32) -> CustomerFacts {
    let (start, end) = life(number, |month| if month % 12 == 0 { 250 } else { 4 });
    let last = end.unwrap_or(LAST_DAY);
    let mut facts = customer(number, (start, end));
    let subscription = &mut facts.subscriptions[0];
    subscription.contract_kind = ContractKind::OneYear;
    let mut ends = (1..).map(|years| start + years * YEAR);
    let running = ends.find(|end| *end >= last);
    subscription.commitment_end_time = running.map(start_of_day);
    facts
}

fn fitted(customers: &[CustomerFacts]) -> Candidate {
    let watch = Watch::before(start_of_day(LAST_DAY), HORIZON).unwrap();
    let watches: BTreeMap<String, Watch> = [("telecom".to_owned(), watch)].into();
    let mut sample = PropensitySample::default();
    for customer in customers {
        sample.add(customer, &watches);
    }
    sample.fit(|_, _| {}).unwrap()
}

/// Fits on the last stretch, and returns which share left in it beside the average risk of those who
/// are there today.
fn observed_and_foretold(customers: &[CustomerFacts]) -> (f64, f64) {
    let candidate = fitted(customers);
    let observed = real_share(candidate.event_count, candidate.sample_size);
    let Artifact::Propensity(set) = candidate.artifact else {
        panic!("{:?} is no propensity model", candidate.artifact.kind());
    };
    let risks: Vec<f64> = risks_of_today(&set, customers);
    (observed, risks.iter().sum::<f64>() / real(risks.len()))
}

fn risks_of_today(set: &PropensitySet, customers: &[CustomerFacts]) -> Vec<f64> {
    let today = start_of_day(LAST_DAY);
    let group: &PropensityGroup = set.group("telecom").unwrap();
    let live = customers
        .iter()
        .filter(|it| it.subscriptions[0].standing(today) == Standing::Live);
    live.map(|it| {
        let scored = group.score(it, &it.subscriptions[0], today, HORIZON);
        scored.unwrap().probability
    })
    .collect()
}

fn real_share(part: u64, whole: u64) -> f64 {
    real(usize::try_from(part).unwrap()) / real(usize::try_from(whole).unwrap())
}

fn check_honest(of: impl Fn(i32) -> CustomerFacts) {
    let customers: Vec<CustomerFacts> = (0..CUSTOMERS).map(of).collect();
    let (observed, foretold) = observed_and_foretold(&customers);
    assert!((0.02..0.10).contains(&observed), "{observed} left");
    let ratio = foretold / observed;
    assert!(
        (0.7..1.4).contains(&ratio),
        "{observed:.4} left, and {foretold:.4} are foretold to"
    );
}

#[test]
fn a_short_memory_of_events_does_not_make_everybody_look_like_those_who_left() {
    check_honest(of_a_short_memory);
}

#[test]
fn a_commitment_that_was_renewed_does_not_tell_who_stayed() {
    check_honest(renewed_by_the_year);
}

#[test]
fn a_model_of_an_input_that_is_not_told_any_more_is_known() {
    let customers: Vec<CustomerFacts> = (0..CUSTOMERS).map(of_a_short_memory).collect();
    let artifact = fitted(&customers).artifact;
    assert!(artifact.reads_what_is_told());
    let text = serde_json::to_string(&artifact).unwrap();
    let text = text.replace("\"tenure_months\"", "\"months_since_first_use\"");
    let before: Artifact = serde_json::from_str(&text).unwrap();
    assert!(!before.reads_what_is_told());
}
