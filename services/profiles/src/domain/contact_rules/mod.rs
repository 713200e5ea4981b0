//! What the law and custom ask of a contact, as data: by place, channel and purpose.
//!
//! The rules say what somebody wrote down; whether that is the law is for those who publish them to
//! verify.

mod check;
#[cfg(test)]
mod tests;

use kernel::time::Timestamp;
use kernel::zone::Zone;
use serde::{Deserialize, Serialize};

pub use check::{MOST_PLACES, MOST_RULES, check};

use super::place::country;
use super::vocabulary::{ConsentChannel, ContactBasis, ContactPurpose, Numbered};

/// The place whose rules hold where no rule of the customer's own place does.
pub const DEFAULT_PLACE: &str = "default";

/// The minutes of a day.
pub const DAY_MINUTES: u16 = 1_440;

/// One version of the rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRules {
    /// The version; zero for those built in.
    pub version: u64,
    /// When it was published; none for those built in and those that are only checked.
    pub publish_time: Option<Timestamp>,
    /// What they say.
    pub content: Content,
}

/// What a version says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The rules.
    pub rules: Vec<ContactRule>,
    /// The places.
    pub places: Vec<ContactPlace>,
}

/// What one law or custom asks: about the basis, the hours, or both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRule {
    /// The name of the rule.
    pub rule_key: String,
    /// Where it holds: a country, a part of one, a group of countries, or [`DEFAULT_PLACE`].
    pub place: String,
    /// On which channels; on every one when empty.
    pub channels: Vec<ConsentChannel>,
    /// For which purposes; for every one when empty.
    pub purposes: Vec<ContactPurpose>,
    /// What has to be there; none where the rule says nothing about it.
    pub basis: Option<ContactBasis>,
    /// For how many days a relationship counts after its last service, purchase or payment.
    pub relationship_days: u32,
    /// In which hours; none where the rule says nothing about them.
    pub hours: Option<ContactHours>,
    /// Nobody is contacted in this way.
    pub closed: bool,
    /// Where it is written.
    pub source: String,
    /// Somebody has still to verify it.
    pub verify: bool,
}

/// The hours in which a contact is allowed, by the customer's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactHours {
    /// The first minute of the day that is allowed.
    pub start_minute: u16,
    /// The first minute of the day that is not allowed any more.
    pub end_minute: u16,
    /// The days of the week, 1 for Monday to 7 for Sunday; every day when empty.
    pub iso_weekdays: Vec<u8>,
}

/// What has to be known of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPlace {
    /// The place.
    pub place: String,
    /// The names of its time zones.
    pub time_zones: Vec<String>,
    /// The groups it belongs to.
    pub groups: Vec<String>,
}

/// What all rules together ask of one contact: of each respect the strictest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demands<'r> {
    /// The rule by which nobody is contacted in this way.
    pub closed: Option<&'r str>,
    /// What has to be there.
    pub basis: ContactBasis,
    /// The rule that asks for it.
    pub basis_rule: &'r str,
    /// For how many days a relationship counts after it ended.
    pub relationship_days: u32,
    /// In which hours; at any when none.
    pub hours: Option<ContactHours>,
    /// The rules that ask for the hours.
    pub hours_rules: Vec<&'r str>,
}

impl ContactRules {
    /// The rules before anything is published: stricter than most places are.
    pub fn built_in() -> Self {
        let rule = |rule_key: &str, purpose, basis: Option<ContactBasis>| ContactRule {
            rule_key: rule_key.to_owned(),
            place: DEFAULT_PLACE.to_owned(),
            channels: Vec::new(),
            purposes: vec![purpose],
            basis,
            relationship_days: 0,
            hours: None,
            closed: false,
            source: "built in, until contact rules are published".to_owned(),
            verify: true,
        };
        let hours = ContactRule {
            channels: vec![
                ConsentChannel::Phone,
                ConsentChannel::Sms,
                ConsentChannel::App,
            ],
            purposes: Vec::new(),
            hours: Some(ContactHours {
                start_minute: 9 * 60,
                end_minute: 18 * 60,
                iso_weekdays: vec![1, 2, 3, 4, 5],
            }),
            ..rule("built_in_hours", ContactPurpose::Service, None)
        };
        Self {
            version: 0,
            publish_time: None,
            content: Content {
                rules: vec![
                    rule(
                        "built_in_service",
                        ContactPurpose::Service,
                        Some(ContactBasis::None),
                    ),
                    rule(
                        "built_in_care",
                        ContactPurpose::Care,
                        Some(ContactBasis::ExistingRelationship),
                    ),
                    rule(
                        "built_in_marketing",
                        ContactPurpose::Marketing,
                        Some(ContactBasis::Consent),
                    ),
                    hours,
                ],
                places: Vec::new(),
            },
        }
    }

    /// Says what the rules ask of a contact. Those of the place, its country and its groups hold
    /// together; in what none of them speaks of, the default ones do; where the place is not known, all
    /// of them.
    pub fn demands(
        &self,
        place: &str,
        channel: ConsentChannel,
        purpose: ContactPurpose,
    ) -> Demands<'_> {
        let rules = self.content.rules.iter();
        let covering: Vec<&ContactRule> =
            rules.filter(|rule| rule.covers(channel, purpose)).collect();
        let mut demands = Demands::none();
        for rule in self.speaking(&covering, place, ContactRule::speaks_of_basis) {
            demands.add_basis(rule);
        }
        for rule in self.speaking(&covering, place, |rule| rule.hours.is_some()) {
            demands.add_hours(rule);
        }
        demands
    }

    /// Of some rules those that hold in a place and speak of something.
    fn speaking<'r>(
        &self,
        rules: &[&'r ContactRule],
        place: &str,
        speaks: impl Fn(&ContactRule) -> bool,
    ) -> Vec<&'r ContactRule> {
        let speaking = || rules.iter().copied().filter(|rule| speaks(rule));
        if place.is_empty() {
            return speaking().collect();
        }
        let holds = self.holds_in(place);
        let own: Vec<&ContactRule> = speaking()
            .filter(|rule| holds.contains(&rule.place.as_str()))
            .collect();
        if own.is_empty() {
            return speaking()
                .filter(|rule| rule.place == DEFAULT_PLACE)
                .collect();
        }
        own
    }

    /// The time zones of a place; none where they are not known.
    pub fn zones(&self, place: &str) -> Vec<Zone> {
        let of = |name: &str| {
            let known = self.places().find(|known| known.place == name);
            let names = known.map_or(&[][..], |known| &known.time_zones[..]);
            names.iter().filter_map(|name| Zone::parse(name)).collect()
        };
        let own: Vec<Zone> = of(place);
        if own.is_empty() {
            of(country(place))
        } else {
            own
        }
    }

    fn places(&self) -> impl Iterator<Item = &ContactPlace> {
        self.content.places.iter()
    }

    /// Names the places whose rules hold in one: itself, its country, and the groups of both.
    fn holds_in<'a>(&'a self, place: &'a str) -> Vec<&'a str> {
        let both = [place, country(place)];
        let known = self
            .places()
            .filter(|known| both.contains(&known.place.as_str()));
        let groups = known.flat_map(|known| known.groups.iter().map(String::as_str));
        both.into_iter().chain(groups).collect()
    }
}

impl ContactRule {
    /// Tells whether the rule is about a contact.
    fn covers(&self, channel: ConsentChannel, purpose: ContactPurpose) -> bool {
        let on_channel = self.channels.is_empty() || self.channels.contains(&channel);
        let for_purpose = self.purposes.is_empty() || self.purposes.contains(&purpose);
        on_channel && for_purpose
    }

    /// Tells whether the rule says what a contact has to rest on, or that nothing will do.
    fn speaks_of_basis(&self) -> bool {
        self.basis.is_some() || self.closed
    }
}

impl ContactHours {
    /// The hours that both allow, which may be none.
    fn and(&self, other: &Self) -> Self {
        let days = |hours: &Self| match hours.iso_weekdays.as_slice() {
            [] => (1..=7).collect(),
            days => days.to_vec(),
        };
        let (ours, theirs) = (days(self), days(other));
        Self {
            start_minute: self.start_minute.max(other.start_minute),
            end_minute: self.end_minute.min(other.end_minute),
            // Never empty by itself, which would mean every day: no common day is no common minute.
            iso_weekdays: ours
                .into_iter()
                .filter(|day| theirs.contains(day))
                .collect(),
        }
        .closed_without_days()
    }

    fn closed_without_days(self) -> Self {
        if self.iso_weekdays.is_empty() {
            return Self {
                start_minute: 0,
                end_minute: 0,
                ..self
            };
        }
        self
    }
}

impl<'r> Demands<'r> {
    fn none() -> Self {
        Self {
            closed: None,
            basis: ContactBasis::None,
            basis_rule: "",
            relationship_days: u32::MAX,
            hours: None,
            hours_rules: Vec::new(),
        }
    }

    fn add_basis(&mut self, rule: &'r ContactRule) {
        if rule.closed {
            self.closed = self.closed.or(Some(&rule.rule_key));
        }
        let Some(basis) = rule.basis else { return };
        let shorter = basis == ContactBasis::ExistingRelationship
            && rule.relationship_days < self.relationship_days;
        if self.basis_rule.is_empty() || basis > self.basis || (basis == self.basis && shorter) {
            self.basis = basis;
            self.basis_rule = &rule.rule_key;
        }
        if shorter {
            self.relationship_days = rule.relationship_days;
        }
    }

    fn add_hours(&mut self, rule: &'r ContactRule) {
        let Some(hours) = &rule.hours else { return };
        self.hours = Some(match &self.hours {
            Some(ours) => ours.and(hours),
            None => hours.clone(),
        });
        self.hours_rules.push(&rule.rule_key);
    }
}

/// Every way to contact somebody.
fn ways() -> impl Iterator<Item = (ConsentChannel, ContactPurpose)> {
    let channels = ConsentChannel::ALL.iter();
    channels.flat_map(|channel| {
        let purposes = ContactPurpose::ALL.iter();
        purposes.map(|purpose| (*channel, *purpose))
    })
}
