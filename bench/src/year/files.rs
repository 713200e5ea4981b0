//! The catalogue and the reasons of a simulated desk, as the files that a manager would publish. The
//! catalogue believes in every offer alike.

use std::fmt::Write as _;

use super::truth::{DISCOUNT_MONTHS, Given, OfferTruth};

/// A share of customers is held out for the whole time.
pub(super) const HOLDOUT: f64 = 0.05;

/// The reasons: one for each offer.
pub(super) fn reasons(offers: &[OfferTruth]) -> String {
    let mut text = "reasons:\n  simulated:\n    defaults:\n      controllable: partly\n      \
                    levers: [value_add, price_discount]\n      offers_allowed: true\n      \
                    price_offer_allowed: true\n      exit_path: standard\n      win_back: never\n      \
                    expected_return: 0.1\n      system_code: customer_termination\n      \
                    no_offer: { stay: 0.15, here_30_days: 0.94, durable: 0.90 }\n    reasons:\n      declined_to_say:\n"
        .to_owned();
    for offer in offers {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "      {}:", offer.key);
    }
    text
}

/// The catalogue: each offer for its reason.
pub(super) fn catalogue(offers: &[OfferTruth], seed: u64, review_due: &str) -> String {
    let mut text = format!(
        "default_language: en\nlanguages: [en]\nlearning:\n  \
         holdout: {{ key: year_{seed}, share: {HOLDOUT} }}\n  value_tiers:\n    \
         middle_from: {{ USD: 2000 }}\n    high_from: {{ USD: 5000 }}\noffers:\n"
    );
    for offer in offers {
        let (lever, terms, says) = match offer.given {
            Given::Discount { basis_points } => (
                "price_discount",
                format!(
                    "benefit:\n      discount: {{ basis_points: {basis_points}, months: \
                     {DISCOUNT_MONTHS} }}"
                ),
                "{price_during} a month until {benefit_end}, then {price_after}.",
            ),
            Given::Gift { cost_minor } => (
                "value_add",
                format!("cost:\n      once: {{ USD: {cost_minor} }}"),
                "Something more for the same price, {price_after} a month.",
            ),
        };
        let key = &offer.key;
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "  {key}:\n    lever: {lever}\n    review_due: {review_due}\n    \
             minimum_authority: agent\n    hold_minutes: 1440\n    \
             applicability: {{ call.reason: {key} }}\n    {terms}\n    priors:\n      \
             default: {{ stay: 0.45, here_30_days: 0.95, durable: 0.85 }}\n    texts:\n      en:\n        \
             title: {key}\n        summary: \"{says}\"\n        script: \"{says}\"\n"
        );
    }
    text
}
