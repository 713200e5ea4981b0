//! The figures of customers that can be added up by hand.

use kernel::money::{BasisPoints, Currency, Money};

use super::*;
use crate::domain::facts::{Activity, EndCause, Lifetime, Relationship, Subscription};
use crate::domain::portfolio::economics::{Economics, Spending, deserved_keeping_share};
use crate::domain::rules::{DEFAULT_LINE, LineRules};

const NOW: &str = "2026-01-01T00:00:00Z";

fn at(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn lifetime(start: &str, end: Option<(&str, EndCause, &str)>) -> Lifetime {
    Lifetime {
        start_time: Some(at(start)),
        end_time: end.map(|(end, _, _)| at(end)),
        cause: end.map_or(EndCause::Customer, |(_, cause, _)| cause),
        reason_category: end.map_or(String::new(), |(_, _, category)| category.to_owned()),
        ..Lifetime::default()
    }
}

fn dollars(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").unwrap())
}

/// Somebody with one subscription of 20 dollars a month from the first of their lifetimes on.
fn customer(lifetimes: Vec<Lifetime>) -> CustomerFacts {
    let subscriptions = lifetimes.iter().map(|it| Subscription {
        subscription_id: "s".to_owned(),
        business_line: "telecom".to_owned(),
        product: "home".to_owned(),
        start_time: it.start_time,
        service_end_time: it.end_time,
        monthly_price: Some(dollars(2_000)),
        ..Subscription::default()
    });
    CustomerFacts {
        customer_id: "c".to_owned(),
        subscriptions: subscriptions.collect(),
        lifetimes,
        ..CustomerFacts::default()
    }
}

fn buyer(days: &[i32]) -> CustomerFacts {
    CustomerFacts {
        subscriptions: vec![Subscription {
            business_line: "music".to_owned(),
            relationship: Relationship::NonContractual,
            ..Subscription::default()
        }],
        purchase_days: days.to_vec(),
        ..CustomerFacts::default()
    }
}

fn rules() -> RuleSet {
    let rules = LineRules {
        lost_after_days: 100,
        gross_margin: BasisPoints(5_000),
        value_horizon_months: 10,
        ..LineRules::BUILT_IN
    };
    RuleSet::new(1, None, [(DEFAULT_LINE.to_owned(), rules)].into())
}

fn of_line(line: &str, customers: &[CustomerFacts]) -> PortfolioMetrics {
    let as_of: Timestamp = NOW.parse().unwrap();
    let question = MetricsQuestion {
        business_line: line.to_owned(),
        window: Window::before(as_of, 12),
        as_of,
    };
    let rules = rules();
    let mut counting = Counting::new(question, &rules);
    for facts in customers {
        counting.add(facts);
    }
    counting.finish(0)
}

fn figures(customers: &[CustomerFacts]) -> PortfolioMetrics {
    of_line("", customers)
}

#[test]
fn everybody_who_comes_and_leaves_is_counted_once_and_by_why() {
    use EndCause::{Customer, Death, Payment};
    let ended =
        |end, cause, category| customer(vec![lifetime("2020-01-01", Some((end, cause, category)))]);
    let metrics = figures(&[
        customer(vec![lifetime("2020-01-01", None)]),
        customer(vec![lifetime("2025-02-01", None)]),
        ended("2025-03-01", Customer, "price"),
        ended("2025-03-02", Payment, ""),
        ended("2025-03-03", Customer, "structural"),
        ended("2025-03-04", Death, "structural"),
        // Before the window, and in it again.
        customer(vec![
            lifetime("2020-01-01", Some(("2024-06-01", Customer, "price"))),
            lifetime("2025-05-01", Some(("2025-06-01", Customer, "price"))),
        ]),
    ]);
    let expected = Flow {
        live_at_start: 5,
        live_at_end: 2,
        won: 1,
        returned: 1,
        left_voluntarily: 2,
        left_involuntarily: 1,
        left_structurally: 1,
        died: 1,
        fell_silent: 0,
        left_early: 1,
    };
    assert_eq!(metrics.flow, expected);
    assert!((metrics.flow.gross_churn() - 1.0).abs() < 1e-12);
    assert!((metrics.flow.net_churn() - 0.8).abs() < 1e-12);
    assert_eq!(metrics.months.len(), 12);
    let left: u32 = metrics.months.iter().map(|(_, flow)| flow.left()).sum();
    assert_eq!(left, expected.left(), "the months add up to the year");
    assert_eq!(metrics.same_reason, Share { count: 1, of: 1 });
    // Came or could have been kept: 2 came; 2 left of their own will and 1 for a payment.
    assert_eq!(deserved_keeping_share(&metrics.flow), Some(0.6));
}

#[test]
fn a_return_counts_within_its_months_and_only_where_these_are_over() {
    use EndCause::{Customer, Death};
    let back_after = |back: &str| {
        customer(vec![
            lifetime("2022-01-01", Some(("2023-01-01", Customer, ""))),
            lifetime(back, None),
        ])
    };
    let metrics = figures(&[
        back_after("2023-03-01"),
        back_after("2023-12-31"),
        back_after("2024-02-01"),
        // Two months ago: nobody knows yet. Dead: nobody asks.
        customer(vec![lifetime(
            "2022-01-01",
            Some(("2025-11-01", Customer, "")),
        )]),
        customer(vec![lifetime(
            "2022-01-01",
            Some(("2023-01-01", Death, "")),
        )]),
    ]);
    let of_three = |count| Share { count, of: 3 };
    assert_eq!(metrics.regained, [(3, of_three(1)), (12, of_three(2))]);
    assert_eq!(metrics.later_survival[0].period.at_risk, 3);
}

#[test]
fn living_on_elsewhere_is_no_leaving_and_coming_from_there_no_return() {
    let mut moved = customer(vec![
        lifetime(
            "2020-01-01",
            Some(("2025-03-01", EndCause::Customer, "structural")),
        ),
        lifetime("2025-03-02", None),
    ]);
    moved.lifetimes[0].lives_on = true;
    let metrics = figures(&[moved]);
    assert_eq!((metrics.flow.left(), metrics.flow.returned), (0, 0));
    assert_eq!(metrics.regained[0].1.of, 0);
}

#[test]
fn silence_ends_a_relationship_of_those_who_buy_and_a_purchase_begins_another() {
    let day = |text: &str| i32::try_from(at(text).as_second() / 86_400).unwrap();
    let metrics = of_line(
        "music",
        &[
            buyer(&[day("2025-01-10"), day("2025-03-01"), day("2025-08-01")]),
            buyer(&[day("2025-12-01")]),
            customer(vec![lifetime("2020-01-01", None)]),
        ],
    );
    assert_eq!(metrics.customer_count, 2, "only of the line");
    let flow = metrics.flow;
    // Silent from 2025-03-01 for a hundred days, back on 2025-08-01, and silent again.
    assert_eq!((flow.won, flow.returned, flow.fell_silent), (2, 1, 2));
    assert_eq!(flow.live_at_end, 1);
}

#[test]
fn a_cohort_tells_no_more_months_than_all_of_it_were_watched() {
    let metrics = figures(&[
        customer(vec![lifetime("2025-08-01", None)]),
        customer(vec![lifetime(
            "2025-08-31",
            Some(("2025-10-15", EndCause::Customer, "")),
        )]),
    ]);
    let [cohort] = metrics.cohorts.as_slice() else {
        panic!("one month: {:?}", metrics.cohorts)
    };
    assert_eq!((cohort.month, cohort.customer_count), (at("2025-08-01"), 2));
    assert_eq!(cohort.retained, [1.0, 0.5, 0.5, 0.5]);
}

#[test]
fn lifetime_value_is_margin_by_months_and_pays_back_what_winning_cost() {
    // Ten are there for three months and leave, ten go on: half are there from the fourth month on.
    let left = customer(vec![lifetime(
        "2024-01-01",
        Some(("2024-04-05", EndCause::Customer, "")),
    )]);
    let here = customer(vec![lifetime("2025-02-01", None)]);
    let mut customers = vec![left; 10];
    customers.extend(vec![here; 10]);
    let metrics = figures(&customers);
    let value = metrics.values["USD"].first.unwrap();
    assert_eq!(value.monthly_margin, dollars(1_000));
    // Months 0 to 3 in full, as those who left did so in the fourth; then half of six.
    assert!((value.expected_months - 7.0).abs() < 1e-9, "{value:?}");
    assert_eq!(value.value, dollars(7_000));
    assert!(metrics.values["USD"].later.is_none());
    let spending = Spending {
        winning: dollars(20_000),
        winning_back: dollars(0),
        keeping: dollars(5_000),
    };
    let economics = Economics::of(&spending, &metrics);
    assert_eq!(economics.cac, Some(dollars(2_000)));
    assert_eq!(economics.cpa, Some(dollars(2_000)));
    assert_eq!(economics.clv_to_cac, Some(3.5));
    assert_eq!(economics.payback_months, Some(2.0));
    assert_eq!(economics.keeping_share, Some(0.2));
    let nobody = Economics::of(&spending, &figures(&[]));
    assert_eq!((nobody.cac, nobody.cpm, nobody.clv), (None, None, None));
}

#[test]
fn long_standing_customers_who_pay_more_than_new_ones_are_told() {
    let paying = |start: &str, minor: i64| {
        let mut facts = customer(vec![lifetime(start, None)]);
        facts.subscriptions[0].monthly_price = Some(dollars(minor));
        facts
    };
    let mut customers: Vec<CustomerFacts> = (0..5).map(|_| paying("2025-12-01", 2_000)).collect();
    customers.push(paying("2020-01-01", 2_000));
    customers.push(paying("2020-01-01", 2_500));
    customers.push(paying("2025-01-01", 9_900));
    let metrics = figures(&customers);
    let [total] = metrics.parity.as_slice() else {
        panic!("one product: {:?}", metrics.parity)
    };
    assert_eq!((total.new_count, total.long_standing_count), (5, 2));
    assert_eq!((total.paying_more_count, total.excess), (1, dollars(500)));
    // With four new ones nobody knows what new ones pay.
    assert!(figures(&customers[1..]).parity.is_empty());
}

#[test]
fn who_refers_others_is_counted_once() {
    let mut referrer = customer(vec![lifetime("2020-01-01", None)]);
    referrer.activities.push(Activity {
        kind: ActivityKind::Referral,
        count: 3,
        first_time: None,
        last_time: None,
        total: None,
    });
    let metrics = figures(&[referrer, customer(vec![lifetime("2020-01-01", None)])]);
    assert_eq!(metrics.referred, Share { count: 1, of: 2 });
}
