//! The contact rules as a file: a TOML table for each place and each rule.

use std::collections::BTreeMap;

use contract::profiles::v1::{ContactHours, ContactPlace, ContactRule};
use serde::Deserialize;

use crate::vocabulary::{self, Vocabulary};

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ContactRules {
    /// The rules.
    pub rules: Vec<ContactRule>,
    /// The places.
    pub places: Vec<ContactPlace>,
}

/// A whole file; the names and bounds are those of the contract.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    places: BTreeMap<String, Place>,
    rules: BTreeMap<String, Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    #[serde(default)]
    time_zones: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    place: String,
    #[serde(default)]
    channels: Vec<String>,
    #[serde(default)]
    purposes: Vec<String>,
    basis: Option<String>,
    #[serde(default)]
    relationship_days: u32,
    hours: Option<Hours>,
    #[serde(default)]
    closed: bool,
    source: String,
    #[serde(default)]
    verify: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: String,
    until: String,
    #[serde(default)]
    iso_weekdays: Vec<u32>,
}

/// Reads a file; the error names the line or the rule.
pub fn read_contact_rules(text: &str) -> Result<ContactRules, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let rules = file.rules.into_iter().map(|(rule_key, rule)| {
        let place = format!("rules.{rule_key}");
        of_contract(rule_key, rule).map_err(|problem| format!("{place}: {problem}"))
    });
    let places = file.places.into_iter().map(|(place, known)| ContactPlace {
        place,
        time_zones: known.time_zones,
        groups: known.groups,
    });
    Ok(ContactRules {
        rules: rules.collect::<Result<_, String>>()?,
        places: places.collect(),
    })
}

fn of_contract(rule_key: String, rule: Rule) -> Result<ContactRule, String> {
    let basis = rule
        .basis
        .map(|word| vocabulary::CONTACT_BASIS.number(&word));
    Ok(ContactRule {
        rule_key,
        place: rule.place,
        channels: numbers(&vocabulary::CONSENT_CHANNEL, &rule.channels)?,
        purposes: numbers(&vocabulary::CONTACT_PURPOSE, &rule.purposes)?,
        basis: basis.transpose()?.unwrap_or_default(),
        relationship_days: rule.relationship_days,
        hours: rule.hours.map(hours).transpose()?,
        closed: rule.closed,
        source: rule.source,
        verify: rule.verify,
    })
}

fn numbers(vocabulary: &Vocabulary, words: &[String]) -> Result<Vec<i32>, String> {
    words.iter().map(|word| vocabulary.number(word)).collect()
}

fn hours(hours: Hours) -> Result<ContactHours, String> {
    Ok(ContactHours {
        start_minute: minute(&hours.from)?,
        end_minute: minute(&hours.until)?,
        iso_weekdays: hours.iso_weekdays,
    })
}

/// Reads an hour such as `08:30`; the last of a day is `24:00`.
fn minute(text: &str) -> Result<u32, String> {
    let two_digits = |part: &str| {
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| is_number)
    };
    let parts = text.split_once(':');
    let parts = parts.and_then(|(hour, minute)| two_digits(hour).zip(two_digits(minute)));
    parts
        .filter(|(hour, minute)| *minute < 60 && hour * 60 + minute <= 1_440)
        .map(|(hour, minute)| hour * 60 + minute)
        .ok_or_else(|| format!("\"{text}\" is no hour: write it like 08:30, at most 24:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: &str = include_str!("../../../deploy/seed/contact_rules.toml");

    #[test]
    fn the_seed_is_readable_and_says_where_everything_is_written() {
        let read = read_contact_rules(SEED).expect("the seed is readable");
        assert!(read.rules.iter().any(|rule| rule.place == "default"));
        assert!(
            read.rules
                .iter()
                .all(|rule| rule.verify && !rule.source.is_empty())
        );
        let hours = read.rules.iter().find(|rule| rule.rule_key == "us_hours");
        let hours = hours.and_then(|rule| rule.hours.clone()).expect("hours");
        assert_eq!((hours.start_minute, hours.end_minute), (480, 1_260));
    }

    #[test]
    fn what_is_wrong_is_refused_with_its_place() {
        let refused = |from: &str, to: &str| {
            read_contact_rules(&SEED.replacen(from, to, 1)).expect_err("a mistake")
        };
        assert!(refused("relationship_days = ", "relation_days = ").contains("relation_days"));
        let error = refused("basis = \"consent\"", "basis = \"concent\"");
        assert!(
            error.contains("rules.default_marketing") && error.contains("consent"),
            "{error}"
        );
        let error = refused("from = \"09:00\"", "from = \"9\"");
        assert!(
            error.contains("rules.default_hours") && error.contains("08:30"),
            "{error}"
        );
    }

    #[test]
    fn hours_are_minutes_of_the_day() {
        assert_eq!(minute("00:00"), Ok(0));
        assert_eq!(minute("24:00"), Ok(1_440));
        for text in ["24:01", "8:00", "08:60", "+8:00", "0800", ""] {
            assert!(minute(text).is_err(), "{text}");
        }
    }
}
