//! The way from facts to a purchase model against published numbers, where the shared data are there.

use std::collections::BTreeMap;

use kernel::money::{Currency, Money};
use kernel::time::{Date, Timestamp};
use lifecycle::domain::facts::{Activity, ActivityKind, CustomerFacts};
use lifecycle::domain::model::ticket::Ticket;
use lifecycle::domain::model::{Artifact, Candidate};
use lifecycle::domain::purchase::buyer::Buyer;
use lifecycle::domain::purchase::model::{PurchaseFamily, PurchaseSet};
use lifecycle::domain::purchase::sample::{LineSpan, PurchaseSample};

const DAY: i64 = 86_400;

pub(crate) fn day_of(text: &str) -> i32 {
    let (year, month, day) = (&text[..4], &text[4..6], &text[6..8]);
    let date: Date = format!("{year}-{month}-{day}").parse().unwrap();
    let epoch = Date::constant(1970, 1, 1);
    epoch.until(date).unwrap().get_days()
}

/// The purchases of each customer: day, and spend in cents.
pub(crate) fn customers() -> Option<Vec<Vec<(i32, i64)>>> {
    let file = testkit::data::shared()?.join("cdnow/cdnow_sample.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let mut customers: BTreeMap<String, Vec<(i32, i64)>> = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (euros, cents) = fields[4].split_once('.').unwrap();
        let spend = euros.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap();
        let purchases = customers.entry(fields[1].to_owned()).or_default();
        purchases.push((day_of(fields[2]), spend));
    }
    Some(customers.into_values().collect())
}

fn facts(purchases: &[(i32, i64)], last_day: i32) -> CustomerFacts {
    let seen: Vec<&(i32, i64)> = purchases
        .iter()
        .filter(|(day, _)| *day <= last_day)
        .collect();
    let mut days: Vec<i32> = seen.iter().map(|(day, _)| *day).collect();
    days.dedup();
    let total = seen.iter().map(|(_, spend)| spend).sum();
    let count = u32::try_from(days.len()).unwrap();
    CustomerFacts {
        purchase_day_count: count,
        purchase_days: days,
        activities: vec![Activity {
            kind: ActivityKind::Purchase,
            count,
            first_time: None,
            last_time: None,
            total: Some(Money::new(total, Currency::parse("USD").unwrap())),
        }],
        ..CustomerFacts::default()
    }
}

fn fit(purchases: &[Vec<(i32, i64)>], last_day: &str, family: PurchaseFamily) -> Candidate {
    let last = day_of(last_day);
    let end = Timestamp::from_second(i64::from(last) * DAY).unwrap();
    let span = LineSpan::until(day_of("19970101"), end, 182);
    let mut sample = PurchaseSample::default();
    for (number, purchases) in purchases.iter().enumerate() {
        let facts = facts(purchases, last);
        let ticket = Ticket::of(&format!("customer-{number}"));
        if let Some(buyer) = Buyer::of(&facts).unwrap() {
            sample.add(ticket, "music", span, &buyer).unwrap();
        }
    }
    sample.fit(family, |_, _| {}).unwrap()
}

fn set(candidate: &Candidate) -> &PurchaseSet {
    match &candidate.artifact {
        Artifact::Purchase(set) => set,
        other => panic!("{other:?} is no purchase model"),
    }
}

#[test]
fn cdnow_is_fitted_as_published() {
    let Some(customers) = customers() else { return };
    for (family, likelihood) in [
        (PurchaseFamily::MbgNbd, -9_582.14),
        (PurchaseFamily::BgNbd, -9_582.43),
        (PurchaseFamily::ParetoNbd, -9_594.98),
    ] {
        let candidate = fit(&customers, "19970930", family);
        assert_eq!(candidate.sample_size, 2_357);
        let fitted = set(&candidate).fitted("music").unwrap();
        let error = fitted.log_likelihood - likelihood;
        assert!(error.abs() < 0.005, "{family:?}: {}", fitted.log_likelihood);
        assert!(fitted.standard_errors.is_some() && fitted.spend.is_some());
    }
}

#[test]
fn cdnow_is_rehearsed_about_as_well_as_published() {
    let Some(customers) = customers() else { return };
    // The middle of the year and a half lies a day after the published split.
    let candidate = fit(&customers, "19980630", PurchaseFamily::MbgNbd);
    let evaluation = candidate.evaluation.as_ref().unwrap();
    let figure = |name: &str| {
        let found = evaluation.figures.iter().find(|figure| figure.name == name);
        found.unwrap().value
    };
    let total = figure("holdout_expected") / figure("holdout_observed");
    assert!((0.82..0.86).contains(&total), "{total}");
    assert!((0.7..0.85).contains(&figure("holdout_mean_absolute_error")));
    assert!(figure("holdout_auc_active") > 0.7);
    let lost = set(&candidate).false_lost("music").unwrap();
    assert!((lost.share() - 0.152).abs() < 0.01, "{}", lost.share());
}
