//! Whether somebody may be contacted, and the rules for it, as JSON.

use contract::profiles::v1 as pb;
use serde_json::{Value, json};

use super::time;
use crate::vocabulary;

/// Answers, one by one.
pub fn contact_permissions(permissions: &[pb::ContactPermission]) -> Value {
    json!({"permissions": permissions.iter().map(permission).collect::<Vec<_>>()})
}

pub(super) fn permission(it: &pb::ContactPermission) -> Value {
    json!({
        "customer_id": it.customer_id,
        "channel": vocabulary::CONSENT_CHANNEL.word(it.channel),
        "purpose": vocabulary::CONTACT_PURPOSE.word(it.purpose),
        "allowed": it.allowed,
        "send_time": time(it.send_time.as_ref()),
        "findings": it.findings.iter().map(finding).collect::<Vec<_>>(),
        "until_time": time(it.until_time.as_ref()),
        "next_allowed_time": time(it.next_allowed_time.as_ref()),
        "rules_version": it.rules_version,
        "revision": it.revision,
    })
}

fn finding(it: &pb::ContactFinding) -> Value {
    json!({"code": it.code, "forbids": it.forbids, "detail": it.detail, "rule": it.rule})
}

/// A version of the rules.
pub fn contact_rules(rules: &pb::ContactRuleSet) -> Value {
    json!({
        "version": rules.version,
        "publish_time": time(rules.publish_time.as_ref()),
        "rules": rules.rules.iter().map(rule).collect::<Vec<_>>(),
        "places": rules.places.iter().map(place).collect::<Vec<_>>(),
    })
}

fn rule(it: &pb::ContactRule) -> Value {
    let words = |of: &vocabulary::Vocabulary, numbers: &[i32]| {
        numbers
            .iter()
            .map(|number| of.word(*number))
            .collect::<Vec<_>>()
    };
    let basis = (it.basis != 0).then(|| vocabulary::CONTACT_BASIS.word(it.basis));
    json!({
        "rule_key": it.rule_key,
        "place": it.place,
        "channels": words(&vocabulary::CONSENT_CHANNEL, &it.channels),
        "purposes": words(&vocabulary::CONTACT_PURPOSE, &it.purposes),
        "basis": basis,
        "relationship_days": it.relationship_days,
        "hours": it.hours.as_ref().map(|hours| json!({
            "start_minute": hours.start_minute,
            "end_minute": hours.end_minute,
            "iso_weekdays": hours.iso_weekdays,
        })),
        "closed": it.closed,
        "source": it.source,
        "verify": it.verify,
    })
}

fn place(it: &pb::ContactPlace) -> Value {
    json!({"place": it.place, "time_zones": it.time_zones, "groups": it.groups})
}
