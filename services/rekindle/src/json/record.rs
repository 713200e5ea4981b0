//! The record of a call as JSON.

use contract::offers::v1 as pb;
use serde_json::{Value, json};

use super::time;
use crate::vocabulary;

/// The record of a call.
pub fn record(record: &pb::CancellationRecord) -> Value {
    let proof = record.acknowledgement.as_ref().map(|proof| {
        json!({
            "acknowledgement_id": proof.acknowledgement_id,
            "hash": proof.hash,
            "acknowledge_time": time(proof.acknowledge_time.as_ref()),
            "service_end_time": time(proof.service_end_time.as_ref()),
            "billing_end_time": time(proof.billing_end_time.as_ref()),
            "dates_source": vocabulary::DATES_SOURCE.word(proof.dates_source),
        })
    });
    json!({
        "customer_id": record.customer_id,
        "session_id": record.session_id,
        "contact_id": record.contact_id,
        "subscription_id": record.subscription_id,
        "reason": record.reason,
        "disclosures": record.disclosures,
        "exit_type": record.exit_plan.as_ref().map(|plan| vocabulary::EXIT_TYPE.word(plan.r#type)),
        "state": vocabulary::SESSION_STATE.word(record.state),
        "events": record.events.iter().map(event).collect::<Vec<_>>(),
        "policy_versions": record.policy_versions,
        "catalogue_versions": record.catalogue_versions,
        "seconds_to_confirmation": record.seconds_to_confirmation,
        "acknowledgement": proof,
        "intact": record.intact,
        "sealed": record.sealed,
        "findings": record.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn event(event: &pb::SessionEvent) -> Value {
    json!({
        "sequence": event.sequence,
        "kind": event.kind,
        "event_time": time(event.event_time.as_ref()),
        "agent_id": event.agent_id,
        "detail": event.detail,
        "hash": event.hash,
    })
}

fn finding(finding: &pb::RecordFinding) -> Value {
    json!({"table": finding.table, "row": finding.row, "problem": finding.problem})
}
