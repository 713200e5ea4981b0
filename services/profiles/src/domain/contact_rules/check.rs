//! What makes contact rules publishable: every violation at once, with its place.

use std::collections::BTreeSet;

use kernel::key::{KEY_FORM, is_key};
use kernel::refusal::Violation;
use kernel::zone::Zone;

use super::super::place::{is_country, is_place};
use super::super::vocabulary::ContactBasis;
use super::{ContactHours, ContactPlace, ContactRule, Content, DAY_MINUTES, DEFAULT_PLACE, ways};

/// The most rules that one version may have.
pub const MOST_RULES: usize = 500;
/// The most places that one version may have.
pub const MOST_PLACES: usize = 500;
/// The most time zones of a place.
const MOST_ZONES: usize = 40;
/// The most groups of a place.
const MOST_GROUPS: usize = 8;
/// The longest that a relationship may count after its end.
const MOST_DAYS: u32 = 3_650;

/// Checks rules and places; what is malformed by itself was refused before.
pub fn check(content: &Content) -> Vec<Violation> {
    let mut found = Found(Vec::new());
    if content.rules.len() > MOST_RULES {
        found.too_many("rules", MOST_RULES);
    }
    if content.places.len() > MOST_PLACES {
        found.too_many("places", MOST_PLACES);
    }
    if !found.0.is_empty() {
        return found.0;
    }
    let mut keys = BTreeSet::new();
    for (index, rule) in content.rules.iter().enumerate() {
        let place = format!("rules[{index}]");
        found.rule(&place, rule);
        if !keys.insert(&rule.rule_key) {
            found.duplicate(&format!("{place}.rule_key"), &rule.rule_key);
        }
    }
    let mut names = BTreeSet::new();
    for (index, known) in content.places.iter().enumerate() {
        let place = format!("places[{index}]");
        found.place(&place, known);
        if !names.insert(&known.place) {
            found.duplicate(&format!("{place}.place"), &known.place);
        }
    }
    found.coverage(content);
    found.0
}

struct Found(Vec<Violation>);

impl Found {
    fn add(&mut self, field: impl Into<String>, reason: &'static str, description: &str) {
        self.0.push(Violation {
            field: field.into(),
            description: description.to_owned(),
            reason,
        });
    }

    fn too_many(&mut self, field: &str, most: usize) {
        self.add(
            field,
            "TOO_MANY",
            &format!("must have at most {most} elements"),
        );
    }

    fn duplicate(&mut self, field: &str, name: &str) {
        self.add(
            field,
            "DUPLICATE",
            &format!("{name:?} appears twice: keep one"),
        );
    }

    fn rule(&mut self, place: &str, rule: &ContactRule) {
        if !is_key(&rule.rule_key) {
            let text = format!("must be {KEY_FORM}");
            self.add(format!("{place}.rule_key"), "INVALID_KEY", &text);
        }
        if rule.place != DEFAULT_PLACE && !is_place(&rule.place) {
            let text = "must be a place such as US or US-CA, a group such as EU, or default";
            self.add(format!("{place}.place"), "INVALID_PLACE", text);
        }
        if rule.relationship_days > MOST_DAYS {
            let text = format!("must be at most {MOST_DAYS}");
            self.add(format!("{place}.relationship_days"), "OUT_OF_RANGE", &text);
        }
        if rule.relationship_days > 0 && rule.basis != Some(ContactBasis::ExistingRelationship) {
            let text = "must be zero unless the basis is an existing relationship";
            self.add(format!("{place}.relationship_days"), "UNFIT", text);
        }
        if !rule.speaks_of_basis() && rule.hours.is_none() {
            let text = "must say something: a basis, hours, or that the way is closed";
            self.add(place, "REQUIRED", text);
        }
        if let Some(hours) = &rule.hours {
            self.hours(&format!("{place}.hours"), hours);
        }
    }

    fn hours(&mut self, place: &str, hours: &ContactHours) {
        if hours.end_minute > DAY_MINUTES {
            let text = format!("must be at most {DAY_MINUTES}");
            self.add(format!("{place}.end_minute"), "OUT_OF_RANGE", &text);
        }
        if hours.start_minute >= hours.end_minute {
            let text = "must be less than end_minute";
            self.add(format!("{place}.start_minute"), "OUT_OF_ORDER", text);
        }
        let distinct: BTreeSet<&u8> = hours.iso_weekdays.iter().collect();
        let in_range = distinct.iter().all(|day| (1..=7).contains(*day));
        if !in_range || distinct.len() != hours.iso_weekdays.len() {
            let text = "must be days of the week, 1 for Monday to 7 for Sunday, each once";
            self.add(format!("{place}.iso_weekdays"), "OUT_OF_RANGE", text);
        }
    }

    fn place(&mut self, place: &str, known: &ContactPlace) {
        if !is_place(&known.place) {
            let text = "must be a place such as US or US-CA";
            self.add(format!("{place}.place"), "INVALID_PLACE", text);
        }
        if known.time_zones.len() > MOST_ZONES {
            self.too_many(&format!("{place}.time_zones"), MOST_ZONES);
        }
        if known.groups.len() > MOST_GROUPS {
            self.too_many(&format!("{place}.groups"), MOST_GROUPS);
        }
        for (index, name) in known.time_zones.iter().enumerate().take(MOST_ZONES) {
            if Zone::parse(name).is_none() {
                let text = "must be the name of a time zone in the IANA database";
                let field = format!("{place}.time_zones[{index}]");
                self.add(field, "INVALID_TIME_ZONE", text);
            }
        }
        for (index, group) in known.groups.iter().enumerate().take(MOST_GROUPS) {
            if !is_country(group) {
                let field = format!("{place}.groups[{index}]");
                self.add(field, "INVALID_PLACE", "must be two letters such as EU");
            }
        }
    }

    /// A contact that no rule covers would be allowed by nobody's decision.
    fn coverage(&mut self, content: &Content) {
        let default = || {
            let rules = content.rules.iter();
            rules.filter(|rule| rule.place == DEFAULT_PLACE && rule.speaks_of_basis())
        };
        let missing: Vec<String> = ways()
            .filter(|&(channel, purpose)| !default().any(|rule| rule.covers(channel, purpose)))
            .map(|(channel, purpose)| format!("{channel:?} for {purpose:?}"))
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ").to_lowercase();
            let text =
                format!("the rules of the place \"default\" must say the basis of: {missing}");
            self.add("rules", "REQUIRED", &text);
        }
    }
}
