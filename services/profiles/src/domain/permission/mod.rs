//! May somebody be contacted: from what is recorded of them and what the rules ask.
//!
//! What always holds comes first and no rule undoes it: nobody is contacted who is not known, was
//! erased, has died or objected on the channel.

mod hours;
#[cfg(test)]
mod tests;

use kernel::id::CustomerId;
use kernel::time::{Span, Timestamp};
use kernel::zone::Zone;

use super::consent::Statement;
use super::contact_rules::{ContactRules, Demands};
use super::facts::Facts;
use super::vocabulary::{
    ConsentChannel, ConsentState, ContactBasis, ContactPurpose, EventKind, SubscriptionState,
};

/// How far ahead an answer looks, in days.
const LOOK_AHEAD_DAYS: i64 = 14;

/// One question.
#[derive(Clone, Debug)]
pub struct Question {
    /// The customer, by any of their ids.
    pub customer_id: CustomerId,
    /// The channel.
    pub channel: ConsentChannel,
    /// Why.
    pub purpose: ContactPurpose,
    /// When it would be sent.
    pub send_time: Timestamp,
}

/// What is known of somebody, as far as contacting them goes. It names no address.
#[derive(Clone, Debug)]
pub struct Contactable {
    /// The facts.
    pub facts: Facts,
    /// The name of their time zone, empty when not known.
    pub time_zone: String,
    /// An e-mail address is on record.
    pub has_email: bool,
    /// A phone number is on record.
    pub has_phone: bool,
}

/// Who stands behind an id.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'c> {
    /// Nobody that is recorded.
    Unknown,
    /// Somebody who was erased.
    Erased,
    /// Somebody.
    Known(&'c Contactable),
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What, as a code of the contract.
    pub code: &'static str,
    /// It speaks against the contact.
    pub forbids: bool,
    /// What was seen, without personal data.
    pub detail: String,
    /// The rules that asked for it; empty for what always holds.
    pub rule: String,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The contact is allowed at the time asked about.
    pub allowed: bool,
    /// What was looked at, what forbids it first.
    pub findings: Vec<Finding>,
    /// Until when it is allowed, where it is.
    pub until_time: Option<Timestamp>,
    /// When it is allowed next, where only the hour forbids it.
    pub next_allowed_time: Option<Timestamp>,
}

/// What a contact rests on, and until when that carries it.
struct Basis {
    finding: Finding,
    lapse_time: Option<Timestamp>,
}

/// Answers a question.
pub fn permission(question: &Question, whom: Whom<'_>, rules: &ContactRules) -> Permission {
    match whom {
        Whom::Unknown => nobody("UNKNOWN_CUSTOMER", "nobody is recorded under this id"),
        Whom::Erased => nobody("ERASED", "the person was erased"),
        Whom::Known(known) => of_known(question, known, rules),
    }
}

fn nobody(code: &'static str, detail: &str) -> Permission {
    Permission {
        allowed: false,
        findings: vec![against(code, detail, "")],
        until_time: None,
        next_allowed_time: None,
    }
}

fn of_known(question: &Question, known: &Contactable, rules: &ContactRules) -> Permission {
    let place = &known.facts.jurisdiction;
    let demands = rules.demands(place, question.channel, question.purpose);
    let mut findings = standing(question, known);
    findings.extend(demands.closed.map(|rule| {
        against(
            "CHANNEL_CLOSED",
            "nobody is contacted in this way there",
            rule,
        )
    }));
    let basis = basis(question, known, &demands);
    findings.push(basis.finding);
    let forbidden = findings.iter().any(|finding| finding.forbids);

    let horizon = later_by_days(question.send_time, LOOK_AHEAD_DAYS);
    let horizon = basis.lapse_time.map_or(horizon, |lapse| lapse.min(horizon));
    let zones = zones(known, rules);
    let hours = hours::look(&demands, &zones, question.send_time, horizon);
    let within = hours.within;
    findings.push(hours.finding);
    // What forbids comes first, and each in the order in which it was looked at.
    findings.sort_by_key(|finding| !finding.forbids);
    let allowed = within && !forbidden;
    Permission {
        allowed,
        findings,
        until_time: allowed.then_some(hours.until_time),
        next_allowed_time: hours.next_time.filter(|_| !forbidden && !within),
    }
}

/// What holds whatever the rules say.
fn standing(question: &Question, known: &Contactable) -> Vec<Finding> {
    let mut findings = Vec::new();
    if known.facts.deceased {
        findings.push(against("DECEASED", "the customer has died", ""));
    }
    let said = said(question, known);
    if said.is_some_and(|said| said.state == ConsentState::Objected) {
        let detail = "the customer objected to this channel, for whatever purpose";
        findings.push(against("OBJECTED", detail, ""));
    }
    findings.extend(address(question.channel, known));
    if question.purpose == ContactPurpose::Marketing && known.facts.do_not_offer {
        let detail = "the customer asked never to be made an offer";
        findings.push(against("DO_NOT_OFFER", detail, ""));
    }
    findings
}

/// What was said last about the channel.
fn said<'c>(question: &Question, known: &'c Contactable) -> Option<&'c Statement> {
    let mut said = known.facts.consents.iter();
    said.find(|said| said.channel == question.channel)
}

/// Whether there is an address for the channel; of letters and notices it is not kept here.
fn address(channel: ConsentChannel, known: &Contactable) -> Option<Finding> {
    let (there, what) = match channel {
        ConsentChannel::Phone | ConsentChannel::Sms => {
            (known.has_phone, "phone number is on record")
        }
        ConsentChannel::Email => (known.has_email, "e-mail address is on record"),
        ConsentChannel::Post | ConsentChannel::App => return None,
    };
    Some(if there {
        for_it("ADDRESS_ON_RECORD", format!("the {what}"), "")
    } else {
        against("CHANNEL_CLOSED", format!("no {what}"), "")
    })
}

fn basis(question: &Question, known: &Contactable, demands: &Demands<'_>) -> Basis {
    let rule = demands.basis_rule;
    let lasting = |finding| Basis {
        finding,
        lapse_time: None,
    };
    if demands.basis == ContactBasis::None {
        return lasting(for_it(
            "NO_BASIS_NEEDED",
            "an objection would be enough to forbid it",
            rule,
        ));
    }
    if said(question, known).is_some_and(|said| said.state == ConsentState::Granted) {
        return lasting(for_it(
            "CONSENT_GIVEN",
            "the customer consented to this channel",
            rule,
        ));
    }
    if demands.basis == ContactBasis::Consent {
        return lasting(against(
            "NO_CONSENT",
            "the customer has not consented to this channel",
            rule,
        ));
    }
    relationship(question.send_time, &known.facts, demands)
}

fn relationship(send_time: Timestamp, facts: &Facts, demands: &Demands<'_>) -> Basis {
    let rule = demands.basis_rule;
    let (lasts, last_time) = last_of_relationship(send_time, facts);
    let days = i64::from(demands.relationship_days);
    let lapse_time = last_time.map(|last| later_by_days(last, days));
    let endless = lasts && last_time.is_none();
    let finding = if endless || lasts {
        for_it("EXISTING_RELATIONSHIP", "the customer has a service", rule)
    } else if lapse_time.is_some_and(|lapse| send_time < lapse) {
        let detail = format!("the relationship ended less than {days} days ago");
        for_it("EXISTING_RELATIONSHIP", detail, rule)
    } else if last_time.is_some() {
        let detail = format!("the relationship ended {days} days ago or more");
        against("RELATIONSHIP_OVER", detail, rule)
    } else {
        against(
            "NO_RELATIONSHIP",
            "the customer never had a service or bought anything",
            rule,
        )
    };
    Basis {
        finding,
        lapse_time: lapse_time.filter(|_| !endless),
    }
}

/// Tells whether a relationship lasts at an instant, and what it is counted from once it is over: the
/// last end of a service, purchase or payment; none while a service has no end.
fn last_of_relationship(instant: Timestamp, facts: &Facts) -> (bool, Option<Timestamp>) {
    let begun = facts.subscriptions.iter().filter(|subscription| {
        let end = subscription.service_end_time;
        subscription.state != SubscriptionState::Prospect
            && subscription.start_time <= instant
            && end.is_none_or(|end| subscription.start_time < end)
    });
    let ends: Vec<Option<Timestamp>> = begun.map(|one| one.service_end_time).collect();
    if ends.contains(&None) {
        return (true, None);
    }
    let lasts = ends.iter().flatten().any(|end| instant < *end);
    let bought = facts.timeline.activities.iter();
    let bought = bought
        .filter(|activity| matches!(activity.kind, EventKind::Purchase | EventKind::Payment))
        .map(|activity| activity.last_time)
        .filter(|last| *last <= instant);
    (lasts, ends.iter().flatten().copied().chain(bought).max())
}

/// The zones in which the hours have to hold: that of the customer, or else all of the place, or else,
/// where nothing is known, all there are.
fn zones(known: &Contactable, rules: &ContactRules) -> Vec<Zone> {
    if let Some(zone) = Zone::parse(&known.time_zone) {
        return vec![zone];
    }
    if known.facts.jurisdiction.is_empty() {
        return Vec::new();
    }
    rules.zones(&known.facts.jurisdiction)
}

/// A day is 24 hours here: nobody's contract ends by the hour of a change of the clocks.
fn later_by_days(instant: Timestamp, days: i64) -> Timestamp {
    instant
        .checked_add(Span::new().hours(24 * days))
        .unwrap_or(Timestamp::MAX)
}

fn for_it(code: &'static str, detail: impl Into<String>, rule: &str) -> Finding {
    Finding {
        code,
        forbids: false,
        detail: detail.into(),
        rule: rule.to_owned(),
    }
}

fn against(code: &'static str, detail: impl Into<String>, rule: &str) -> Finding {
    Finding {
        forbids: true,
        ..for_it(code, detail, rule)
    }
}
