//! What is known of a subscription at a time, as the inputs of a propensity model: the same function
//! for training and for scores.
//!
//! Nothing enters that is known only at or after an end, and nothing whose value at a time in the past
//! cannot be told from the facts of today. Totals and last times of events move on for those who stay,
//! and come to rest for those who leave. First times are no better: records that go back a year from
//! each one's last day make those who left look as if they had begun earlier, and today everybody
//! looks like that. So that a model would learn from any of them who has left. Of events only the days
//! of purchases count, within a stretch that is shorter than any memory of them. Attributes, product,
//! price and contract are taken as they are now; an import that writes there what an end brought about
//! would mislead the model.

use std::borrow::Cow;

use kernel::time::Timestamp;

use crate::domain::clock_days::{day_number, days_between, days_since};
use crate::domain::facts::{ContractKind, CustomerFacts, Standing, Subscription};
use crate::domain::tenure::life_tables::DAYS_PER_MONTH;

/// What the name of an attribute begins with among the inputs.
pub const ATTRIBUTE: &str = "attribute.";
/// How many days count as lately.
const LATELY_DAYS: i32 = 90;
const YEAR_DAYS: u32 = 365;
const LONGEST_YEAR_DAYS: u32 = 366;

/// What is known of every subscription as a number.
const NUMBERS: [&str; 6] = [
    "tenure_months",
    "monthly_price",
    "months_to_commitment_end",
    "lifetimes_before",
    "live_subscriptions",
    "purchases_lately",
];
/// What is known of it as a word.
const WORDS: [&str; 2] = ["contract_kind", "product"];

/// What the values of a feature are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    /// Numbers.
    Number,
    /// Words.
    Word,
    /// Whatever was imported.
    Text,
}

impl FeatureKind {
    /// Finds out what the values of a feature of this name are; `None` where there is no such one.
    /// Whether anybody has an attribute only the customers tell.
    pub fn of(name: &str) -> Option<Self> {
        let attribute = name.strip_prefix(ATTRIBUTE);
        if NUMBERS.contains(&name) {
            Some(Self::Number)
        } else if WORDS.contains(&name) {
            Some(Self::Word)
        } else {
            attribute.filter(|it| !it.is_empty()).map(|_| Self::Text)
        }
    }
}

/// The value of one input.
#[derive(Clone, Debug, PartialEq)]
pub enum Feature<'a> {
    /// A number.
    Number(f64),
    /// A word.
    Word(Cow<'a, str>),
    /// As it was imported: a number or a word, whichever all of its kind are.
    Text(&'a str),
}

/// Names and values of what is known.
pub type Features<'a> = Vec<(Cow<'a, str>, Feature<'a>)>;

/// Looks at a subscription as of a time.
pub fn features<'a>(
    facts: &'a CustomerFacts,
    subscription: &'a Subscription,
    as_of: Timestamp,
) -> Features<'a> {
    let mut features: Features<'a> = Vec::with_capacity(16 + subscription.attributes.len());
    let mut number = |name: &'static str, value: Option<f64>| {
        let value = value.filter(|value| value.is_finite());
        features.extend(value.map(|value| (Cow::Borrowed(name), Feature::Number(value))));
    };
    let start = subscription.start_time;
    number("tenure_months", start.map(|start| months(start, as_of)));
    number("monthly_price", monthly_price(subscription));
    number(
        "months_to_commitment_end",
        months_to_commitment_end(subscription, as_of),
    );
    number("lifetimes_before", Some(lifetimes_before(facts, as_of)));
    number("live_subscriptions", Some(live_subscriptions(facts, as_of)));
    number("purchases_lately", purchases_lately(facts, as_of));
    let mut word = |name: &'static str, value: &'a str| {
        if !value.is_empty() {
            let word = Feature::Word(Cow::Borrowed(value));
            features.push((Cow::Borrowed(name), word));
        }
    };
    word("contract_kind", subscription.contract_kind.key());
    word("product", &subscription.product);
    for (name, value) in &subscription.attributes {
        let value = value.trim();
        if !value.is_empty() {
            let name = Cow::Owned(format!("{ATTRIBUTE}{name}"));
            features.push((name, Feature::Text(value)));
        }
    }
    features
}

fn months(from: Timestamp, to: Timestamp) -> f64 {
    f64::from(days_since(from, to)) / DAYS_PER_MONTH
}

/// How long the commitment lasted that was running then. Who stayed may have renewed it since, and the
/// facts show the end of the last one: as many terms are taken back as lie between. Where the term is
/// not known that cannot be done, and who left would be told by an end that was never moved.
fn months_to_commitment_end(subscription: &Subscription, as_of: Timestamp) -> Option<f64> {
    let years = match subscription.contract_kind {
        ContractKind::OneYear => 1,
        ContractKind::TwoYear => 2,
        _ => return None,
    };
    let left = days_since(as_of, subscription.commitment_end_time?);
    let term = YEAR_DAYS * years;
    let renewals = left
        .saturating_sub(LONGEST_YEAR_DAYS * years)
        .div_ceil(term);
    Some(f64::from(left - renewals * term) / DAYS_PER_MONTH)
}

/// The price of a month in units of a hundred of the smallest coin.
#[expect(
    clippy::cast_precision_loss,
    reason = "amounts are at most 10^12, far below 2^52"
)]
fn monthly_price(subscription: &Subscription) -> Option<f64> {
    let price = subscription.monthly_price?;
    Some(price.minor as f64 / 100.0)
}

fn lifetimes_before(facts: &CustomerFacts, as_of: Timestamp) -> f64 {
    let over = facts.lifetimes.iter().filter(|lifetime| {
        let end = lifetime.end_time;
        !lifetime.lives_on && end.is_some_and(|end| days_between(end, as_of) >= 0)
    });
    f64::from(u32::try_from(over.count()).unwrap_or(u32::MAX))
}

fn live_subscriptions(facts: &CustomerFacts, as_of: Timestamp) -> f64 {
    let subscriptions = facts.subscriptions.iter();
    let live = subscriptions.filter(|one| one.standing(as_of) == Standing::Live);
    f64::from(u32::try_from(live.count()).unwrap_or(u32::MAX))
}

/// The days with a purchase lately; `None` for who has never bought, or where the days go not back so
/// far.
fn purchases_lately(facts: &CustomerFacts, as_of: Timestamp) -> Option<f64> {
    let today = day_number(as_of);
    let from = today.saturating_sub(LATELY_DAYS);
    let first_known = facts.purchase_days.first()?;
    let known = u32::try_from(facts.purchase_days.len()).unwrap_or(u32::MAX);
    let is_cut_off = facts.purchase_day_count > known && *first_known > from;
    // Who bought for the first time later had not bought then.
    if is_cut_off || *first_known > today {
        return None;
    }
    let lately = facts.purchase_days.iter();
    let lately = lately.filter(|day| **day > from && **day <= today);
    Some(f64::from(u32::try_from(lately.count()).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use kernel::money::{Currency, Money};

    use super::*;
    use crate::domain::clock_days::start_of_day;
    use crate::domain::facts::State;

    #[test]
    fn every_feature_has_the_kind_that_its_name_says() {
        let as_of = time("2026-03-01T00:00:00Z");
        let before = Some(time("2025-03-01T00:00:00Z"));
        let subscription = Subscription {
            start_time: before,
            commitment_end_time: Some(time("2026-09-01T00:00:00Z")),
            monthly_price: Some(Money::new(3_000, Currency::parse("EUR").unwrap())),
            contract_kind: ContractKind::OneYear,
            product: "fibre".to_owned(),
            attributes: [("internet".to_owned(), "50".to_owned())].into(),
            ..Subscription::default()
        };
        let facts = CustomerFacts {
            purchase_days: vec![20_000],
            purchase_day_count: 1,
            ..CustomerFacts::default()
        };
        let known = features(&facts, &subscription, as_of);
        for (name, feature) in &known {
            let kind = match feature {
                Feature::Number(_) => FeatureKind::Number,
                Feature::Word(_) => FeatureKind::Word,
                Feature::Text(_) => FeatureKind::Text,
            };
            assert_eq!(FeatureKind::of(name), Some(kind), "{name}");
        }
        assert_eq!(known.len(), NUMBERS.len() + WORDS.len() + 1);
        assert_eq!(FeatureKind::of("mood"), None);
        assert_eq!(FeatureKind::of(ATTRIBUTE), None);
    }

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_end_changes_no_feature() {
        let as_of = time("2026-03-01T00:00:00Z");
        let mut attributes = std::collections::BTreeMap::new();
        attributes.insert("internet".to_owned(), " fibre ".to_owned());
        let live = Subscription {
            start_time: Some(time("2025-03-01T00:00:00Z")),
            attributes,
            ..Subscription::default()
        };
        let ended = Subscription {
            state: State::Ended,
            service_end_time: Some(time("2026-05-01T00:00:00Z")),
            ..live.clone()
        };
        let of = |subscription: &Subscription| {
            let facts = CustomerFacts {
                subscriptions: vec![subscription.clone()],
                ..CustomerFacts::default()
            };
            let found = features(&facts, subscription, as_of);
            format!("{found:?}")
        };
        assert_eq!(of(&live), of(&ended));
        assert!(of(&live).contains("\"attribute.internet\", Text(\"fibre\")"));
        assert!(of(&live).contains("\"live_subscriptions\", Number(1.0)"));
    }

    #[test]
    fn a_commitment_counts_as_it_ran_then() {
        let of = |contract_kind, days: i32| {
            let subscription = Subscription {
                contract_kind,
                commitment_end_time: Some(start_of_day(20_000 + days)),
                ..Subscription::default()
            };
            let months = months_to_commitment_end(&subscription, start_of_day(20_000));
            months.map(|months| months * DAYS_PER_MONTH)
        };
        let told = |contract_kind, days, expected: i32| {
            let found = of(contract_kind, days).unwrap();
            assert!(
                (found - f64::from(expected)).abs() < 1e-9,
                "{days}: {found}"
            );
        };
        for (days, expected) in [(-40, 0), (30, 30), (366, 366), (395, 30), (760, 30)] {
            told(ContractKind::OneYear, days, expected);
        }
        for (days, expected) in [(395, 395), (731, 731), (760, 30)] {
            told(ContractKind::TwoYear, days, expected);
        }
        assert_eq!(of(ContractKind::FixedTerm, 30), None);
    }

    #[test]
    fn what_was_bought_later_does_not_count() {
        let lately = |days: &[i32]| {
            let facts = CustomerFacts {
                purchase_days: days.to_vec(),
                purchase_day_count: u32::try_from(days.len()).unwrap(),
                ..CustomerFacts::default()
            };
            purchases_lately(&facts, start_of_day(20_000))
        };
        assert_eq!(lately(&[20_010]), lately(&[]));
        assert_eq!(lately(&[19_000, 20_010]), Some(0.0));
        assert_eq!(lately(&[19_990, 20_010]), Some(1.0));
    }
}
