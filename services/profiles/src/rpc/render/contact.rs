//! Answers about contacts, and the rules for them, to the wire.

use contract::profiles::v1 as pb;

use super::{number, optional_time, time};
use crate::domain::contact_rules::{ContactHours, ContactPlace, ContactRule, ContactRules};
use crate::domain::permission::Finding;
use crate::usecase::Answer;

/// Writes an answer.
pub(in crate::rpc) fn permission(answer: Answer) -> pb::ContactPermission {
    let permission = answer.permission;
    pb::ContactPermission {
        customer_id: answer.customer_id.to_string(),
        channel: number(Some(answer.question.channel)),
        purpose: number(Some(answer.question.purpose)),
        allowed: permission.allowed,
        send_time: Some(time(answer.question.send_time)),
        findings: permission.findings.into_iter().map(finding).collect(),
        until_time: optional_time(permission.until_time),
        next_allowed_time: optional_time(permission.next_allowed_time),
        rules_version: answer.rules_version,
        revision: answer.revision,
    }
}

fn finding(finding: Finding) -> pb::ContactFinding {
    pb::ContactFinding {
        code: finding.code.to_owned(),
        forbids: finding.forbids,
        detail: finding.detail,
        rule: finding.rule,
    }
}

/// Writes a version of the rules.
pub(in crate::rpc) fn contact_rules(rules: ContactRules) -> pb::ContactRuleSet {
    pb::ContactRuleSet {
        version: rules.version,
        publish_time: optional_time(rules.publish_time),
        rules: rules.content.rules.into_iter().map(rule).collect(),
        places: rules.content.places.into_iter().map(place).collect(),
    }
}

fn rule(rule: ContactRule) -> pb::ContactRule {
    let channels = rule.channels.iter();
    let purposes = rule.purposes.iter();
    pb::ContactRule {
        rule_key: rule.rule_key,
        place: rule.place,
        channels: channels.map(|channel| number(Some(*channel))).collect(),
        purposes: purposes.map(|purpose| number(Some(*purpose))).collect(),
        basis: number(rule.basis),
        relationship_days: rule.relationship_days,
        hours: rule.hours.map(hours),
        closed: rule.closed,
        source: rule.source,
        verify: rule.verify,
    }
}

fn hours(hours: ContactHours) -> pb::ContactHours {
    pb::ContactHours {
        start_minute: hours.start_minute.into(),
        end_minute: hours.end_minute.into(),
        iso_weekdays: hours.iso_weekdays.into_iter().map(u32::from).collect(),
    }
}

fn place(place: ContactPlace) -> pb::ContactPlace {
    pb::ContactPlace {
        place: place.place,
        time_zones: place.time_zones,
        groups: place.groups,
    }
}
