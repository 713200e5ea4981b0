//! The limits of levels in a catalogue.

use super::*;
use crate::domain::request::Authority;

/// The seed with other limits.
fn with_limits(limits: &str) -> Result<Catalogue, Vec<Problem>> {
    let seed = seed::catalogue();
    let text = &seed[0].text;
    let (before, rest) = text.split_once("authority:\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let text = format!("{before}{limits}\n\n{after}");
    read_catalogue(&[file("catalogue.yaml", &text), seed[1].clone()])
}

/// The kinds of problem and the level each is about, by the distance to the top of the limits.
fn problems(limits: &str) -> Vec<(u32, Code)> {
    let start = found(with_limits("nobody: 1"))[0].0;
    let found = found(with_limits(limits));
    found
        .into_iter()
        .map(|(line, code)| (line.saturating_sub(start), code))
        .collect()
}

#[test]
fn a_level_that_may_grant_less_than_the_one_below_is_refused_with_its_place() {
    let cases = [
        "authority:\n  agent: { longest_months: 12 }\n  senior: { longest_months: 11 }",
        "authority:\n  agent: { largest_cost: { USD: 2 } }\n  senior: { largest_cost: { USD: 1 } }",
        "authority:\n  agent: { largest_cost: { USD: 2 } }\n  senior: { largest_cost: { EUR: 2 } }",
        "authority:\n  agent: { longest_months: 12 }\n  senior: { discretion_per_day: { USD: 9 } }",
        "authority:\n  agent: { longest_months: 12 }\n  manager: {}\n  senior: { largest_discount_basis_points: 3000 }",
    ];
    for limits in cases {
        let line = u32::try_from(limits.lines().count()).unwrap() - 1;
        assert_eq!(
            problems(limits),
            [(line, Code::InconsistentTerms)],
            "{limits}"
        );
    }
}

#[test]
fn what_is_no_limit_is_named() {
    assert_eq!(
        problems("authority:\n  boss: {}\n  agent: { largest: 3, longest_months: soon }"),
        [
            (1, Code::UnknownValue),
            (2, Code::UnknownKey),
            (2, Code::BadValue)
        ]
    );
}

#[test]
fn an_offer_that_nobody_may_grant_is_refused_where_it_stands() {
    let problems = with_limits("authority:\n  manager: { largest_discount_basis_points: 2000 }");
    let problems = problems.unwrap_err();
    let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(codes, [Code::InconsistentTerms], "{problems:?}");
    assert!(problems[0].message.starts_with("thirty_percent_six_months"));
}

#[test]
fn the_limits_of_the_seed_rise_with_the_level() {
    let catalogue = read_catalogue(&seed::catalogue()).unwrap();
    let usd = kernel::money::Currency::parse("USD").unwrap();
    let pool = |level| catalogue.authority.discretion(level, usd);
    assert!(pool(Authority::Agent).unwrap().minor < pool(Authority::Senior).unwrap().minor);
    assert_eq!(pool(Authority::Manager), None);
}

#[test]
fn what_is_wrong_with_the_price_of_a_new_customer_is_named_with_its_line() {
    let prices = "reference_prices:
  fibre:
    - { price: { GBP: 1 }, effective_from: 2026-02-01, effective_until: 2026-02-01 }
    - { jurisdiction: GB }
    - { price: { GBP: 1 }, jurisdiction: Britain }
    - { price: {} }
    - { price: { GBP: 1 }, since: 2026-01-01 }
";
    let mut files = seed::catalogue();
    files.push(file("prices.yaml", prices));
    assert_eq!(
        found(read_catalogue(&files)),
        [
            (3, Code::InconsistentTerms),
            (4, Code::MissingKey),
            (5, Code::BadValue),
            (6, Code::Empty),
            (7, Code::UnknownKey),
        ]
    );
}
