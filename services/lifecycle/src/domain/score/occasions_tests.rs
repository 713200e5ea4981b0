//! Scores at opportunities: from a fit to donors of whom the truth is known, and their laws.

use kernel::money::{BasisPoints, Currency, Money};
use proptest::prelude::*;

use super::*;
use crate::domain::clock_days::start_of_day;
use crate::domain::facts::{Activity, ActivityKind};
use crate::domain::model::Artifact;
use crate::domain::model::ticket::Ticket;
use crate::domain::purchase::model::{PurchaseFamily, PurchaseSet};
use crate::domain::purchase::sample::{LineSpan, PurchaseSample};

const LAST_DAY: i32 = 20_000;

/// Somebody whose first purchase was so many years before the end, with these years used after it.
fn donor(years: i32, used: &[i32]) -> CustomerFacts {
    let first = LAST_DAY - years * 365;
    let mut days = vec![first];
    // Not to the day.
    let later = used.iter();
    days.extend(later.map(|year| first + year * 365 + (year * 37 + years * 11) % 40 - 20));
    let count = u32::try_from(days.len()).unwrap();
    let total = Money::new(5_000 * i64::from(count), Currency::parse("EUR").unwrap());
    CustomerFacts {
        purchase_days: days,
        purchase_day_count: count,
        activities: vec![Activity {
            kind: ActivityKind::Purchase,
            count,
            first_time: None,
            last_time: None,
            total: Some(total),
        }],
        ..CustomerFacts::default()
    }
}

/// Donors of nine years: one in three stops after some years, the others skip some.
fn donors() -> Vec<CustomerFacts> {
    let donors = (0..240_i32).map(|number| {
        let years = 6 + number % 4;
        let stops = if number % 3 == 0 { number % 5 } else { years };
        let skips = 2 + number % 5;
        let used: Vec<i32> = (1..=years)
            .filter(|year| *year <= stops && (year + number) % skips != 0)
            .collect();
        donor(years, &used)
    });
    donors.collect()
}

fn add(sample: &mut PurchaseSample, line: &str, span: LineSpan, facts: &CustomerFacts) {
    let buyer = Buyer::of(facts).unwrap().unwrap();
    let ticket = Ticket::of(&facts.customer_id);
    sample.add(ticket, line, span, &buyer).unwrap();
}

fn fit(customers: &[CustomerFacts], opportunity_days: Option<u32>) -> PurchaseSet {
    let mut sample = PurchaseSample::default();
    let end = start_of_day(LAST_DAY);
    let span = LineSpan::until(LAST_DAY - 9 * 365, end, 800).with_opportunities(opportunity_days);
    for facts in customers {
        add(&mut sample, "charity", span, facts);
    }
    let candidate = sample.fit(PurchaseFamily::MbgNbd, |_, _| {}).unwrap();
    assert!(candidate.evaluation.is_some());
    let Artifact::Purchase(set) = candidate.artifact else {
        panic!("not a purchase model");
    };
    // What is stored is what was fitted.
    let text = serde_json::to_string(&*set).unwrap();
    assert_eq!(serde_json::from_str::<PurchaseSet>(&text).unwrap(), *set);
    *set
}

fn fitted() -> &'static PurchaseModels {
    static MODELS: std::sync::OnceLock<PurchaseModels> = std::sync::OnceLock::new();
    MODELS.get_or_init(|| PurchaseModels {
        version: 3,
        set: fit(&donors(), Some(365)),
    })
}

fn score_with(facts: &CustomerFacts, rules: &LineRules, day: i32) -> Scores {
    let mut scores = Scores::default();
    let models = fitted();
    let occasions = models.set.occasions("charity").unwrap();
    let as_of = start_of_day(day);
    by_occasions(
        &mut scores,
        facts,
        rules,
        occasions,
        models,
        "charity",
        as_of,
    );
    scores
}

fn score(facts: &CustomerFacts, day: i32) -> Scores {
    score_with(facts, &LineRules::BUILT_IN, day)
}

#[test]
fn a_line_with_opportunities_is_told_by_them() {
    let report = fitted().set.reports().remove(0);
    assert_eq!((report.group.as_str(), report.family), ("charity", "bg_bb"));
    let names: Vec<&str> = report
        .parameters
        .iter()
        .map(|figure| figure.name.as_str())
        .take(4)
        .collect();
    assert_eq!(names, ["alpha", "beta", "gamma", "delta"]);
    assert_eq!(report.figures[1].name, "opportunity_days");
    // Without opportunities in the rules nothing changes.
    let at_any_time = fit(&donors(), None);
    assert!(at_any_time.occasions("charity").is_none());
    assert_eq!(at_any_time.reports()[0].family, "mbg_nbd");
}

#[test]
fn the_faithful_are_alive_and_the_silent_are_doubted() {
    let faithful = score(&donor(8, &[1, 2, 3, 4, 5, 6, 7, 8]), LAST_DAY);
    let silent = score(&donor(8, &[1, 2, 3]), LAST_DAY);
    let alive = |scores: &Scores| scores.probability_alive.unwrap();
    assert!(
        alive(&faithful) > 0.8 && alive(&silent) < 0.5,
        "{faithful:?} {silent:?}"
    );
    let value = |scores: &Scores| scores.value_remaining.unwrap().amount.minor;
    assert!(value(&faithful) > 2 * value(&silent));
    let told = faithful
        .models
        .iter()
        .map(|model| (model.kind, model.version));
    assert!(told.eq([(ModelKind::Purchase, 3); 3]));
}

#[test]
fn no_opportunity_within_the_horizon_is_no_purchase() {
    // The eighth was used this month: the next one begins in half a year.
    let facts = donor(8, &[1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(score(&facts, LAST_DAY + 30).expected_purchases, Some(0.0));
    let soon = score(&facts, LAST_DAY + 120).expected_purchases.unwrap();
    assert!(soon > 0.1 && soon <= 1.0, "{soon}");
}

#[test]
fn purchases_that_contradict_each_other_have_no_score() {
    let facts = CustomerFacts {
        purchase_day_count: 20,
        ..donor(2, &[1, 2])
    };
    let scores = score(&facts, LAST_DAY);
    assert_eq!(scores.absences, [Absence::ContradictoryPurchases]);
    assert_eq!(scores.probability_alive, None);
}

#[test]
fn where_nobody_bought_again_the_reason_is_told() {
    let mut once: Vec<CustomerFacts> = (0..60).map(|number| donor(3 + number % 5, &[])).collect();
    let refused = {
        let mut sample = PurchaseSample::default();
        let end = start_of_day(LAST_DAY);
        let span = LineSpan::until(LAST_DAY - 3_000, end, 800).with_opportunities(Some(365));
        for facts in &once {
            add(&mut sample, "charity", span, facts);
        }
        sample.fit(PurchaseFamily::MbgNbd, |_, _| {})
    };
    assert!(refused.is_err());
    // Beside others the line falls back, and says why.
    once.truncate(40);
    let mut sample = PurchaseSample::default();
    let span = LineSpan::until(LAST_DAY - 3_400, start_of_day(LAST_DAY), 800);
    for (line, customers) in [("once", &once), ("charity", &donors())] {
        for facts in customers {
            let span = span.with_opportunities(Some(365));
            add(&mut sample, line, span, facts);
        }
    }
    let candidate = sample.fit(PurchaseFamily::MbgNbd, |_, _| {}).unwrap();
    let reports = candidate.artifact.groups();
    let once = reports
        .iter()
        .find(|report| report.group == "once")
        .unwrap();
    let why = once.pooled_because.as_ref().unwrap();
    assert!(why.starts_with("no model of opportunities"), "{why}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn scores_keep_their_laws(
        years in 1_i32..9,
        uses in prop::collection::vec(any::<bool>(), 9),
        margin in 1_u32..=5_000,
        days in 0_i32..1_500,
    ) {
        let used = (1..=years).zip(&uses).filter(|(_, used)| **used);
        let used: Vec<i32> = used.map(|(year, _)| year).collect();
        let facts = donor(years, &used);
        let rules = |margin| LineRules {
            gross_margin: BasisPoints(margin),
            ..LineRules::BUILT_IN
        };
        let day = LAST_DAY + 30 + days;
        let now = score_with(&facts, &rules(margin), day);
        let later = score_with(&facts, &rules(margin), day + 365);
        let (alive, silent) = (now.probability_alive.unwrap(), later.probability_alive.unwrap());
        prop_assert!((0.0..=1.0).contains(&alive));
        prop_assert!(silent <= alive + 1e-12, "{} then {}", alive, silent);
        let bought = {
            let mut facts = facts.clone();
            facts.purchase_days.push(day);
            facts.purchase_day_count += 1;
            score_with(&facts, &rules(margin), day)
        };
        prop_assert!(bought.probability_alive.unwrap() >= alive - 1e-12);
        let value = |scores: &Scores| scores.value_remaining.unwrap().amount.minor;
        prop_assert!(value(&now) >= 0);
        prop_assert!(value(&now) <= value(&score_with(&facts, &rules(2 * margin), day)));
        let expected = now.expected_purchases.unwrap();
        // One that is open yet, and one that begins within the horizon.
        prop_assert!((0.0..=2.0).contains(&expected), "{}", expected);
    }
}
