//! No customer is worse off for having been here longer: found in files, and held to brute force.

use proptest::prelude::*;

use super::*;
use crate::domain::facts::{Fact, Facts};

const REASONS: &str = "\
default_language: en
reasons:
  other:
    defaults:
      controllable: partly
      levers: [price_discount]
      offers_allowed: true
      price_offer_allowed: true
      exit_path: standard
      expected_return: 0.1
      system_code: customer_termination
      no_offer: { stay: 0.1, here_30_days: 0.95, durable: 0.85 }
    reasons:
      declined_to_say:
offers:
";

/// What every catalogue that is published should have.
const HOLDOUT: &str = "learning: { holdout: { key: first, share: 0.1 }, value_tiers: { middle_from: { USD: 1 }, high_from: { USD: 2 } } }\n";

/// A discount: its share in percent, its months, and for whom it is.
#[derive(Clone, Debug)]
struct Discount {
    percent: u32,
    months: u32,
    rule: String,
}

fn written(discounts: &[Discount]) -> Vec<SourceFile> {
    let offers = discounts.iter().enumerate().map(|(index, discount)| {
        let Discount {
            percent,
            months,
            rule,
        } = discount;
        format!(
            "  offer_{index}:
    lever: price_discount
    review_due: 2027-01-31
    minimum_authority: agent
    hold_minutes: 60
    eligibility: {rule}
    benefit: {{ discount: {{ basis_points: {}, months: {months} }} }}
    priors: {{ default: {{ stay: 0.2, here_30_days: 0.95 }} }}
    texts: {{ en: {{ title: a, summary: \"{{price_after}} {{benefit_end}}\", script: \"{{price_during}} {{benefit_end}} {{price_after}}\" }} }}
",
            percent * 100
        )
    });
    vec![file(
        "offers.yaml",
        &format!("{REASONS}{}{HOLDOUT}", offers.collect::<String>()),
    )]
}

fn review(discounts: &[Discount]) -> Vec<Problem> {
    match review_catalogue(&written(discounts)) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    }
}

fn discount(percent: u32, months: u32, rule: &str) -> Discount {
    Discount {
        percent,
        months,
        rule: rule.to_owned(),
    }
}

#[test]
fn an_offer_for_the_new_alone_is_refused_with_its_line_and_the_tenure() {
    let for_new = discount(10, 3, "{ customer.tenure_days: { at_most: 89 } }");
    let problems = review(std::slice::from_ref(&for_new));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].code, Code::LoyaltyInversion);
    assert_eq!(problems[0].place.line, 21);
    for said in ["offer_0", "customer.tenure_days 89", "90"] {
        assert!(
            problems[0].message.contains(said),
            "{}",
            problems[0].message
        );
    }
    // It is a check of publishing: what was published stays readable.
    assert!(read_catalogue(&written(std::slice::from_ref(&for_new))).is_ok());

    let cases = [
        (10, 3, "{ customer.tenure_days: { at_least: 90 } }", true),
        (20, 6, "{ customer.tenure_days: { at_least: 30 } }", true),
        // Less, shorter, later, or only for some of them.
        (9, 3, "{ customer.tenure_days: { at_least: 90 } }", false),
        (10, 2, "{ customer.tenure_days: { at_least: 90 } }", false),
        (10, 3, "{ customer.tenure_days: { at_least: 91 } }", false),
        (
            10,
            3,
            "{ all: [customer.tenure_days: { at_least: 90 }, customer.vulnerable: false] }",
            false,
        ),
    ];
    for (percent, months, rule, sound) in cases {
        let both = [for_new.clone(), discount(percent, months, rule)];
        assert_eq!(review(&both).is_empty(), sound, "{rule} {percent} {months}");
    }
}

#[test]
fn stages_and_lifetimes_are_tenure_too() {
    for (rule, refused) in [
        ("{ customer.stage: { in: [acquired, onboarding] } }", true),
        ("{ customer.stage: { not_in: [long_term] } }", true),
        (
            "{ customer.stage: { in: [established, long_term] } }",
            false,
        ),
        ("{ customer.lifetime_count: 1 }", true),
        ("{ subscription.tenure_days: { less_than: 30 } }", true),
        ("{ customer.payment_failed_count: { at_most: 1 } }", false),
    ] {
        let problems = review(&[discount(10, 3, rule)]);
        assert_eq!(!problems.is_empty(), refused, "{rule}: {problems:?}");
    }
}

#[test]
fn the_seed_treats_nobody_worse_for_having_been_here_longer() {
    let problems = review_catalogue(&seed::catalogue()).map(|(_, warnings)| warnings);
    let problems = problems.unwrap_or_else(|problems| problems);
    assert_eq!(problems, []);
}

fn clause() -> impl Strategy<Value = String> {
    let bound = (0..4_u32, any::<bool>()).prop_map(|(bound, least)| {
        let operator = if least { "at_least" } else { "at_most" };
        format!("{{ {operator}: {} }}", bound + u32::from(least))
    });
    prop_oneof![
        4 => bound.clone().prop_map(|bound| format!("{{ customer.tenure_days: {bound} }}")),
        1 => bound.prop_map(|bound| format!("{{ customer.payment_failed_count: {bound} }}")),
        1 => any::<bool>().prop_map(|is| format!("{{ customer.vulnerable: {is} }}")),
        1 => Just("{ customer.payment_failed_count: { absent: true } }".to_owned()),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    clause().prop_recursive(2, 6, 3, |inner| {
        let parts = proptest::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            parts
                .clone()
                .prop_map(|parts| format!("{{ all: [{}] }}", parts.join(", "))),
            parts.prop_map(|parts| format!("{{ any: [{}] }}", parts.join(", "))),
            inner.prop_map(|part| format!("{{ not: {part} }}")),
        ]
    })
}

fn discounts() -> impl Strategy<Value = Vec<Discount>> {
    let one = (1..3_u32, 1..3_u32, rule()).prop_map(|(percent, months, rule)| Discount {
        percent,
        months,
        rule,
    });
    proptest::collection::vec(one, 1..4)
}

/// Everybody there can be, as far as these rules can tell, at a tenure.
fn everybody(tenure_days: i64) -> Vec<Facts> {
    let failed = [
        None,
        Some(0_i64),
        Some(1),
        Some(2),
        Some(3),
        Some(4),
        Some(5),
    ];
    let vulnerable = [None, Some(false), Some(true)];
    let both = failed
        .into_iter()
        .flat_map(|failed| vulnerable.map(|is| (failed, is)));
    both.map(|(failed, vulnerable)| {
        let mut facts = Facts::new();
        facts
            .set(Fact::CustomerTenureDays, tenure_days)
            .set_known(Fact::CustomerPaymentFailedCount, failed)
            .set_known(Fact::CustomerVulnerable, vulnerable);
        facts
    })
    .collect()
}

/// Tells whether somebody loses an offer from one day to the next and gets nothing as generous.
fn is_inverted(catalogue: &Catalogue, discounts: &[Discount]) -> bool {
    let offers: Vec<_> = catalogue.offers().collect();
    let open = |index: usize, facts: &Facts| offers[index].eligibility.evaluate(facts);
    (0..8).any(|day| {
        let pairs = everybody(day).into_iter().zip(everybody(day + 1));
        pairs.into_iter().any(|(before, after)| {
            (0..offers.len()).any(|lost| {
                let instead = |other: usize| {
                    discounts[other].percent >= discounts[lost].percent
                        && discounts[other].months >= discounts[lost].months
                        && open(other, &after)
                };
                open(lost, &before) && !(0..offers.len()).any(instead)
            })
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_refused_is_what_brute_force_finds(discounts in discounts()) {
        // Rules that contradict themselves are refused before.
        let Ok(catalogue) = read_catalogue(&written(&discounts)) else { return Ok(()) };
        let refused = review(&discounts)
            .iter()
            .any(|problem| problem.code == Code::LoyaltyInversion);
        prop_assert_eq!(refused, is_inverted(&catalogue, &discounts));
    }
}
