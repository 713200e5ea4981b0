//! The care plan as a file: one TOML table for each kind, and what holds for all.

use std::collections::BTreeMap;

use contract::lifecycle::v1::{CarePlan, CareRule, ContactCap};
use contract::types::v1::Money;
use serde::Deserialize;

use crate::vocabulary::{self, Vocabulary};

/// The plan; the names and bounds are those of the contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    channels: Vec<String>,
    #[serde(default)]
    contact_caps: Vec<Cap>,
    #[serde(default)]
    cap_exempt_kinds: Vec<String>,
    #[serde(default)]
    tenure_credit_percent: u32,
    rules: BTreeMap<String, Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cap {
    contacts: u32,
    days: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(default)]
    days: u32,
    #[serde(default)]
    window_days: u32,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    owner: String,
    min_value_remaining: Option<Amount>,
    #[serde(default)]
    holdout_basis_points: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Amount {
    minor: i64,
    currency: String,
}

/// Reads a plan; the error names the line of the file or the rule.
pub fn read_care_plan(text: &str) -> Result<CarePlan, String> {
    let plan: Plan = toml::from_str(text).map_err(|error| error.to_string())?;
    let rules = plan.rules.into_iter().map(|(kind, rule)| {
        of_contract(&kind, rule).map_err(|problem| format!("rules.{kind}: {problem}"))
    });
    let caps = plan.contact_caps.into_iter();
    Ok(CarePlan {
        rules: rules.collect::<Result<_, _>>()?,
        channels: numbers(&vocabulary::CONSENT_CHANNEL, &plan.channels)?,
        contact_caps: caps
            .map(|cap| ContactCap {
                contacts: cap.contacts,
                days: cap.days,
            })
            .collect(),
        cap_exempt_kinds: numbers(&vocabulary::CARE_KIND, &plan.cap_exempt_kinds)?,
        tenure_credit_percent: plan.tenure_credit_percent,
        ..CarePlan::default()
    })
}

fn numbers(vocabulary: &Vocabulary, words: &[String]) -> Result<Vec<i32>, String> {
    words.iter().map(|word| vocabulary.number(word)).collect()
}

fn of_contract(kind: &str, rule: Rule) -> Result<CareRule, String> {
    Ok(CareRule {
        kind: vocabulary::CARE_KIND.number(kind)?,
        days: rule.days,
        window_days: rule.window_days,
        channels: numbers(&vocabulary::CONSENT_CHANNEL, &rule.channels)?,
        theme: rule.theme,
        owner: rule.owner,
        min_value_remaining: rule.min_value_remaining.map(|amount| Money {
            minor: amount.minor,
            currency: amount.currency,
        }),
        holdout_basis_points: rule.holdout_basis_points,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = include_str!("../../../deploy/seed/care_plan.toml");

    #[test]
    fn the_seed_has_a_rule_for_all_that_is_planned() {
        let plan = read_care_plan(SEED).expect("the seed is readable");
        assert_eq!((plan.rules.len(), plan.contact_caps.len()), (11, 2));
        let check_in = vocabulary::CARE_KIND.number("check_in");
        let check_in = check_in.expect("a kind of care");
        let held_out = plan.rules.iter().find(|rule| rule.kind == check_in);
        assert_eq!(held_out.map(|rule| rule.holdout_basis_points), Some(2_000));
    }

    #[test]
    fn a_kind_that_is_none_is_refused_with_its_place() {
        let typo = SEED.replacen("[rules.welcome]", "[rules.welcom]", 1);
        let error = read_care_plan(&typo).expect_err("a typo");
        assert!(error.starts_with("rules.welcom: "), "{error}");
        assert!(error.contains("did you mean \"welcome\"?"), "{error}");
    }
}
