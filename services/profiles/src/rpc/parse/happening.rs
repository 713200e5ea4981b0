//! What happened, from the wire: events, incidents, consents.

#![expect(
    clippy::option_option,
    reason = "the outer None means malformed, the inner one not given"
)]

use contract::profiles::v1 as pb;
use edge::violations::Violations;

use super::{optional_money, optional_word, word};
use crate::domain::consent::{Consent, Statement};
use crate::domain::event::TimelineEvent;
use crate::domain::incident::{IncidentCore, IncidentDraft, Resolution};
use crate::domain::vocabulary::EventKind;

const LONGEST_KEY: usize = 64;

/// Checks a short key that may be empty.
pub(in crate::rpc) fn short_key(
    checks: &mut Violations,
    field: &str,
    text: &str,
) -> Option<String> {
    checks.text(field, text, LONGEST_KEY)
}

/// Checks an event.
pub(in crate::rpc) fn event(
    checks: &mut Violations,
    wire: &pb::TimelineEvent,
) -> Option<TimelineEvent> {
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let event_id = checks.id("event_id", &wire.event_id);
    let kind = word(checks, "kind", wire.kind);
    let event_time = checks.instant("event_time", wire.event_time.as_ref());
    let subscription_id = checks.optional_id("subscription_id", &wire.subscription_id);
    let amount = optional_money(checks, "amount", wire.amount.as_ref());
    let detail = short_key(checks, "detail", &wire.detail);
    let survey_score = survey_score(checks, kind, wire.survey_score);
    Some(TimelineEvent {
        customer_id: customer_id?,
        event_id: event_id?,
        kind: kind?,
        event_time: event_time?,
        subscription_id: subscription_id?,
        amount: amount?,
        quantity: wire.quantity,
        detail: detail?,
        survey_score: survey_score?,
    })
}

fn survey_score(
    checks: &mut Violations,
    kind: Option<EventKind>,
    score: Option<u32>,
) -> Option<Option<u8>> {
    let Some(score) = score else {
        return Some(None);
    };
    if kind.is_some_and(|kind| kind != EventKind::Survey) {
        checks.add(
            "survey_score",
            "UNFIT",
            "must be absent unless the event is a survey",
        );
        return None;
    }
    let score = checks.between("survey_score", score, 0, 10)?;
    u8::try_from(score).ok().map(Some)
}

/// Checks an incident.
pub(in crate::rpc) fn incident(
    checks: &mut Violations,
    wire: &pb::Incident,
) -> Option<IncidentDraft> {
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let incident_id = checks.id("incident_id", &wire.incident_id);
    let subscription_id = checks.optional_id("subscription_id", &wire.subscription_id);
    let severity = word(checks, "severity", wire.severity);
    let responsible_party = optional_word(checks, "responsible_party", wire.responsible_party);
    let category = short_key(checks, "category", &wire.category);
    let open_time = checks.instant("open_time", wire.open_time.as_ref());
    let promise = checks.optional_instant("promise_due_time", wire.promise_due_time.as_ref());
    let resolution = resolution(checks, wire);
    Some(IncidentDraft {
        customer_id: customer_id?,
        incident_id: incident_id?,
        core: IncidentCore {
            subscription_id: subscription_id?,
            severity: severity?,
            responsible_party: responsible_party?,
            category: category?,
            open_time: open_time?,
        },
        promise_due_time: promise?,
        resolution: resolution?,
    })
}

/// Checks how an incident was closed, where it is reported afterwards.
fn resolution(checks: &mut Violations, wire: &pb::Incident) -> Option<Option<Resolution>> {
    let outcome = short_key(checks, "outcome", &wire.outcome);
    let resolve_time = checks.optional_instant("resolve_time", wire.resolve_time.as_ref())?;
    let Some(resolve_time) = resolve_time else {
        let says_resolved = wire.state() == pb::IncidentState::Resolved || !wire.outcome.is_empty();
        if says_resolved {
            let text = "must be given with an incident that is resolved";
            checks.add("resolve_time", "REQUIRED", text);
            return None;
        }
        return Some(None);
    };
    Some(Some(Resolution {
        resolve_time,
        outcome: outcome?,
    }))
}

/// Checks something said about being contacted.
pub(in crate::rpc) fn consent(checks: &mut Violations, wire: &pb::Consent) -> Option<Consent> {
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let channel = word(checks, "channel", wire.channel);
    let state = word(checks, "state", wire.state);
    let record_time = checks.instant("record_time", wire.record_time.as_ref());
    let source = short_key(checks, "source", &wire.source);
    Some(Consent {
        customer_id: customer_id?,
        statement: Statement {
            channel: channel?,
            record_time: record_time?,
            state: state?,
        },
        source: source?,
    })
}
