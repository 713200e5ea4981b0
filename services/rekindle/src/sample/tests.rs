use std::collections::HashSet;

use contract::profiles::v1::Subscription;
use jiff::civil::date;

use super::*;

fn sample(count: u64, seed: u64) -> Sample {
    Sample {
        count,
        seed,
        as_of: date(2026, 11, 1),
    }
}

fn records(sample: Sample) -> Vec<Record> {
    sample
        .rows()
        .flat_map(|row| {
            row.expect("made, not read")
                .records
                .expect("made without faults")
        })
        .filter_map(|record| record.record)
        .collect()
}

fn subscriptions(records: &[Record]) -> Vec<&Subscription> {
    records
        .iter()
        .filter_map(|record| match record {
            Record::Subscription(subscription) => Some(subscription),
            _ => None,
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_customers_and_more_of_them_the_same_first_ones() {
    let few = records(sample(40, 7));
    assert_eq!(few, records(sample(40, 7)));
    assert_eq!(few[..], records(sample(60, 7))[..few.len()]);
    assert_ne!(few, records(sample(40, 8)));
}

#[test]
fn nothing_lies_in_the_future_and_no_id_comes_twice() {
    let sample = sample(300, 7);
    let end_of_day = calendar::time(sample.as_of).expect("a day").seconds;
    let mut ids = HashSet::new();
    for record in records(sample) {
        let (id, time) = match record {
            Record::Event(it) => (format!("{}/{}", it.customer_id, it.event_id), it.event_time),
            Record::Incident(it) => (it.incident_id, it.open_time),
            Record::Consent(it) => (format!("{it:?}"), it.record_time),
            Record::Subscription(it) => (it.subscription_id, it.start_time),
            Record::Account(it) => (it.account_id, it.open_time),
            Record::Customer(it) => (it.customer_id, calendar::time(sample.as_of)),
        };
        assert!(time.expect("a time").seconds <= end_of_day, "{id}");
        assert!(ids.insert(id.clone()), "{id} comes twice");
    }
}

#[test]
fn ends_are_after_starts_and_ended_subscriptions_say_why() {
    let records = records(sample(300, 3));
    for it in subscriptions(&records) {
        let start = it.start_time.expect("a start").seconds;
        let ends = [&it.service_end_time, &it.billing_end_time];
        assert!(
            ends.iter()
                .all(|end| end.is_none_or(|end| end.seconds > start)),
            "{it:?}"
        );
        let has_ended = it.state() == SubscriptionState::Ended;
        assert!(
            !has_ended || (it.end_reason != 0 && it.service_end_time.is_some()),
            "{it:?}"
        );
    }
}

#[test]
fn the_lives_are_as_varied_as_a_demo_needs() {
    let sample = sample(2_000, 42);
    let records = records(sample);
    let subscriptions = subscriptions(&records);
    let share = |holds: &dyn Fn(&&&Subscription) -> bool| {
        subscriptions.iter().filter(holds).count() * 100 / subscriptions.len()
    };
    let ended = share(&|it| it.state() == SubscriptionState::Ended);
    assert!((25..65).contains(&ended), "{ended} % ended");
    for state in [SubscriptionState::CancelPending, SubscriptionState::Paused] {
        assert!(
            subscriptions.iter().any(|it| it.state() == state),
            "{state:?}"
        );
    }
    let customers: HashSet<&str> = subscriptions
        .iter()
        .map(|it| it.customer_id.as_str())
        .collect();
    assert!(
        customers.len() < subscriptions.len(),
        "nobody has two subscriptions"
    );
    let lines: HashSet<&str> = records
        .iter()
        .filter_map(|record| match record {
            Record::Account(account) => Some(account.business_line.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(lines.len(), 4);
    let recoveries: Vec<Recovery> = sample.recoveries().collect();
    assert!(
        recoveries
            .iter()
            .any(|it| matches!(it, Recovery::Advance(_)))
    );
    assert!(
        recoveries
            .iter()
            .any(|it| matches!(it, Recovery::Resolve(_)))
    );
}

#[test]
fn somebody_can_ring_and_who_depends_on_the_seed() {
    let callers: HashSet<String> = (1..=5)
        .map(|seed| {
            sample(1_000, seed)
                .callers()
                .next()
                .expect("a caller")
                .customer_id
        })
        .collect();
    assert!(callers.len() > 1);
    assert_eq!(
        sample(1_000, 4).callers().next(),
        sample(1_000, 4).callers().next()
    );
    assert_eq!(sample(0, 4).callers().next(), None);
}
