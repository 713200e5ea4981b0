//! Questions about contacts, and the rules for them, from the wire.

use contract::profiles::v1 as pb;
use edge::violations::Violations;
use kernel::refusal::Refusal;

use super::{optional_word, word};
use crate::domain::contact_rules::{
    ContactHours, ContactPlace, ContactRule, Content, MOST_PLACES, MOST_RULES, check,
};
use crate::domain::vocabulary::{ContactBasis, Numbered};
use crate::usecase::Asked;

const MOST_QUESTIONS: usize = 200;
const LONGEST_SOURCE: usize = 500;

/// Checks questions.
pub(in crate::rpc) fn questions(request: &pb::MayContactRequest) -> Result<Vec<Asked>, Refusal> {
    let mut checks = Violations::default();
    if request.questions.is_empty() {
        checks.add("questions", "REQUIRED", "must have at least one element");
    }
    let asked = checks.at_most("questions", &request.questions, MOST_QUESTIONS);
    let asked = asked.unwrap_or_default().iter().enumerate();
    let questions: Option<Vec<Asked>> = asked
        .map(|(index, wire)| {
            checks.within(format_args!("questions[{index}]"), |checks| {
                question(checks, wire)
            })
        })
        // Every one is checked, also after one that is malformed.
        .collect::<Vec<_>>()
        .into_iter()
        .collect();
    checks.finish(|| questions)
}

fn question(checks: &mut Violations, wire: &pb::ContactQuestion) -> Option<Asked> {
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let channel = word(checks, "channel", wire.channel);
    let purpose = word(checks, "purpose", wire.purpose);
    let send_time = checks.optional_instant("send_time", wire.send_time.as_ref());
    Some(Asked {
        customer_id: customer_id?,
        channel: channel?,
        purpose: purpose?,
        send_time: send_time?,
    })
}

/// Checks rules. What is malformed by itself is noted and replaced, so that the rest is checked, too.
pub(in crate::rpc) fn contact_rules(
    checks: &mut Violations,
    request: &pb::PublishContactRulesRequest,
) -> Content {
    // More than can be is refused by their number; there is no need to look at them.
    let rules = request.rules.iter().take(MOST_RULES + 1).enumerate();
    let rules = rules.map(|(index, wire)| {
        checks.within(format_args!("rules[{index}]"), |checks| rule(checks, wire))
    });
    let places = request.places.iter().take(MOST_PLACES + 1).map(place);
    let content = Content {
        rules: rules.collect(),
        places: places.collect(),
    };
    for violation in check(&content) {
        checks.add(violation.field, violation.reason, violation.description);
    }
    content
}

fn rule(checks: &mut Violations, wire: &pb::ContactRule) -> ContactRule {
    ContactRule {
        rule_key: wire.rule_key.clone(),
        place: wire.place.clone(),
        channels: words(checks, "channels", &wire.channels),
        purposes: words(checks, "purposes", &wire.purposes),
        // The one with which days fit, so that no further fault is found than there is.
        basis: optional_word(checks, "basis", wire.basis)
            .unwrap_or(Some(ContactBasis::ExistingRelationship)),
        relationship_days: wire.relationship_days,
        hours: wire.hours.as_ref().map(hours),
        closed: wire.closed,
        source: checks
            .required_text("source", &wire.source, LONGEST_SOURCE)
            .unwrap_or_default(),
        verify: wire.verify,
    }
}

fn words<W: Numbered + PartialEq>(checks: &mut Violations, field: &str, numbers: &[i32]) -> Vec<W> {
    let mut words: Vec<W> = Vec::new();
    // A few more than there are words, so that what is malformed is named.
    for (index, number) in numbers.iter().enumerate().take(W::ALL.len() + 1) {
        let Some(known) = word(checks, &format!("{field}[{index}]"), *number) else {
            continue;
        };
        if words.contains(&known) {
            checks.add(
                format_args!("{field}[{index}]"),
                "DUPLICATE",
                "is named twice: keep one",
            );
        } else {
            words.push(known);
        }
    }
    words
}

/// What is too large for the domain is as large as can be, and refused there.
fn hours(wire: &pb::ContactHours) -> ContactHours {
    let minute = |minute: u32| u16::try_from(minute).unwrap_or(u16::MAX);
    let days = wire.iso_weekdays.iter().take(8);
    ContactHours {
        start_minute: minute(wire.start_minute),
        end_minute: minute(wire.end_minute),
        iso_weekdays: days
            .map(|day| u8::try_from(*day).unwrap_or(u8::MAX))
            .collect(),
    }
}

fn place(wire: &pb::ContactPlace) -> ContactPlace {
    ContactPlace {
        place: wire.place.clone(),
        time_zones: wire.time_zones.clone(),
        groups: wire.groups.clone(),
    }
}
