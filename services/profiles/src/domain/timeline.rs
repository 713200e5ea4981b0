//! What a timeline amounts to: totals by kind and the days with a purchase.

use std::collections::{BTreeMap, BTreeSet};

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::TimelineEvent;
use super::vocabulary::EventKind;

/// The total of one kind of event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The kind.
    pub kind: EventKind,
    /// How many there were.
    pub count: u32,
    /// The first.
    pub first_time: Timestamp,
    /// The last.
    pub last_time: Timestamp,
    /// The sum of the amounts; none without amounts or over several currencies.
    pub total: Option<Money>,
}

/// What all events of a customer amount to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// Totals by kind, in the order of the kinds.
    pub activities: Vec<Activity>,
    /// The latest distinct days with a purchase, as days since 1970-01-01, ascending.
    pub purchase_days: Vec<i32>,
    /// How many distinct days had a purchase in all.
    pub purchase_day_count: u32,
}

/// Purchase days kept in a snapshot.
pub const MOST_PURCHASE_DAYS: usize = 128;

/// The events of one kind and one currency, or without an amount, counted.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// The kind.
    pub kind: EventKind,
    /// The currency of the amounts; none for events without one.
    pub currency: Option<Currency>,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_time: Timestamp,
    /// The last.
    pub last_time: Timestamp,
    /// The sum of the amounts.
    pub total_minor: i64,
}

impl Timeline {
    /// Folds events, in any order and with repetitions, into what they amount to. The store
    /// reaches the same by aggregation; a test compares the two.
    pub fn of<'e>(events: impl IntoIterator<Item = &'e TimelineEvent>) -> Self {
        let distinct: BTreeMap<_, _> = events
            .into_iter()
            .map(|event| (&event.event_id, event))
            .collect();
        let days: BTreeSet<i32> = distinct
            .values()
            .filter(|event| event.kind == EventKind::Purchase)
            .map(|event| day(event.event_time))
            .collect();
        let latest: Vec<i32> = days
            .iter()
            .rev()
            .copied()
            .take(MOST_PURCHASE_DAYS)
            .collect();
        let tallies = distinct.values().map(|event| Tally::of(event));
        Self::from_tallies(tallies, latest, days.len() as u64)
    }

    /// Builds what a timeline amounts to from what was counted.
    pub fn from_tallies(
        tallies: impl IntoIterator<Item = Tally>,
        mut latest_days: Vec<i32>,
        day_count: u64,
    ) -> Self {
        let mut by_kind: BTreeMap<EventKind, Vec<Tally>> = BTreeMap::new();
        for tally in tallies {
            by_kind.entry(tally.kind).or_default().push(tally);
        }
        latest_days.sort_unstable();
        Self {
            activities: by_kind
                .into_values()
                .filter_map(|same| merge(&same))
                .collect(),
            purchase_days: latest_days,
            purchase_day_count: bounded(day_count),
        }
    }
}

impl Tally {
    fn of(event: &TimelineEvent) -> Self {
        Self {
            kind: event.kind,
            currency: event.amount.map(|amount| amount.currency),
            count: 1,
            first_time: event.event_time,
            last_time: event.event_time,
            total_minor: event.amount.map_or(0, |amount| amount.minor),
        }
    }
}

/// Merges the tallies of one kind.
fn merge(tallies: &[Tally]) -> Option<Activity> {
    let first = tallies.first()?;
    let currencies: BTreeSet<Currency> =
        tallies.iter().filter_map(|tally| tally.currency).collect();
    let sum = tallies
        .iter()
        .fold(0_i64, |sum, tally| sum.saturating_add(tally.total_minor));
    let one_currency = currencies.first().filter(|_| currencies.len() == 1);
    let count = tallies.iter().map(|tally| tally.count).sum();
    let times = || tallies.iter();
    Some(Activity {
        kind: first.kind,
        count: bounded(count),
        first_time: times().map(|tally| tally.first_time).min()?,
        last_time: times().map(|tally| tally.last_time).max()?,
        total: one_currency.map(|currency| Money::new(sum, *currency)),
    })
}

fn bounded(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Returns the day of an instant in UTC, as days since 1970-01-01.
pub fn day(time: Timestamp) -> i32 {
    let days = time.as_second().div_euclid(24 * 60 * 60);
    i32::try_from(days).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use kernel::id::{CustomerId, EventId};
    use proptest::prelude::*;

    use super::super::vocabulary::Numbered;
    use super::*;

    fn event(
        number: usize,
        kind: EventKind,
        hour: i64,
        amount: Option<(i64, &str)>,
    ) -> TimelineEvent {
        TimelineEvent {
            customer_id: CustomerId::parse("c").unwrap(),
            event_id: EventId::parse(&format!("e{number}")).unwrap(),
            kind,
            event_time: Timestamp::from_second(hour * 3_600).unwrap(),
            subscription_id: None,
            amount: amount.map(|(minor, code)| Money::new(minor, Currency::parse(code).unwrap())),
            quantity: 0,
            detail: String::new(),
            survey_score: None,
        }
    }

    #[test]
    fn amounts_add_up_in_one_currency_and_not_over_two() {
        let purchase = |number, amount| event(number, EventKind::Purchase, 30, amount);
        let one = Timeline::of(&[
            purchase(1, Some((100, "USD"))),
            purchase(2, None),
            purchase(3, Some((50, "USD"))),
        ]);
        let total = one.activities[0].total.unwrap();
        assert_eq!((one.activities[0].count, total.minor), (3, 150));
        let two = Timeline::of(&[purchase(1, Some((1, "USD"))), purchase(2, Some((1, "EUR")))]);
        assert_eq!(two.activities[0].total, None);
    }

    #[test]
    fn purchase_days_are_distinct_days_in_utc_and_only_the_latest_are_listed() {
        let hours = (0..200 * 24).step_by(12);
        let purchases: Vec<_> = (0..)
            .zip(hours)
            .map(|(number, hour)| event(number, EventKind::Purchase, hour, None))
            .collect();
        let timeline = Timeline::of(&purchases);
        assert_eq!(timeline.purchase_day_count, 200);
        assert_eq!(timeline.purchase_days, (72..200).collect::<Vec<_>>());
    }

    #[test]
    fn other_kinds_make_no_purchase_day() {
        let timeline = Timeline::of(&[event(1, EventKind::Contact, 5, None)]);
        assert_eq!(
            (timeline.purchase_days.len(), timeline.activities.len()),
            (0, 1)
        );
    }

    fn events() -> impl Strategy<Value = Vec<TimelineEvent>> {
        let kind = proptest::sample::select(EventKind::ALL);
        let code = proptest::sample::select(&["USD", "EUR"][..]);
        let amount = proptest::option::of((0_i64..1_000, code));
        proptest::collection::vec((kind, 0_i64..5_000, amount), 0..30).prop_map(|parts| {
            let numbered = parts.into_iter().enumerate();
            numbered
                .map(|(number, (kind, hour, amount))| event(number, kind, hour, amount))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn neither_order_nor_repetition_matters(
            (events, shuffled) in events().prop_flat_map(|events| {
                let doubled = [events.clone(), events.clone()].concat();
                (Just(events), Just(doubled).prop_shuffle())
            }),
        ) {
            prop_assert_eq!(Timeline::of(&events), Timeline::of(&shuffled));
        }
    }
}
