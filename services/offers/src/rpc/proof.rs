//! The record of a call on the wire.

use std::collections::BTreeSet;

use contract::offers::v1 as pb;
use edge::violations::Violations;
use edge::wire::timestamp;
use kernel::id::{CustomerId, SessionId};
use kernel::refusal::Refusal;

use super::{exit, render};
use crate::domain::decision::Record;
use crate::domain::proof::{Finding, Told};
use crate::usecase::prove_call::Proof;

/// Checks which call is meant.
pub(super) fn parse(
    wire: &pb::GetCancellationRecordRequest,
) -> Result<(CustomerId, SessionId), Refusal> {
    let mut checks = Violations::default();
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    checks.finish(|| Some((customer_id?, session_id?)))
}

/// Renders a record.
pub(super) fn record(proof: &Proof) -> pb::CancellationRecord {
    let session = &proof.rows.session;
    let opening = &session.opening;
    let left = proof.cancellation.as_ref();
    pb::CancellationRecord {
        customer_id: proof.customer_id.to_string(),
        session_id: session.session_id.to_string(),
        contact_id: opening.contact_id.clone(),
        subscription_id: opening.subscription_id.clone(),
        state: render::state(session.state).into(),
        events: events(&proof.rows.told()),
        policy_versions: versions(proof, |record| record.policy_version),
        catalogue_versions: versions(proof, |record| record.catalogue_version),
        seconds_to_confirmation: proof.rows.seconds_to_confirmation(),
        acknowledgement: left.map(render::acknowledgement),
        exit_plan: left.map(exit::plan),
        intact: proof.findings.is_empty(),
        sealed: proof.rows.are_sealed(),
        findings: proof.findings.iter().map(finding).collect(),
        reason: opening.reason.clone().unwrap_or_default(),
        disclosures: proof.rows.disclosures(),
        exit_satisfaction: proof.exit_satisfaction.as_ref().map(exit::satisfaction),
    }
}

fn versions(proof: &Proof, version: fn(&Record) -> u64) -> Vec<u64> {
    let records = proof.rows.decisions.iter();
    let records = records.filter_map(|row| row.record.as_ref());
    let versions: BTreeSet<u64> = records.map(version).collect();
    versions.into_iter().collect()
}

/// The events in the words of those who read them; the acknowledgement follows its confirmation.
fn events(told: &[Told]) -> Vec<pb::SessionEvent> {
    let mut events = Vec::with_capacity(told.len() + 1);
    for event in told {
        events.push(pb::SessionEvent {
            kind: in_words(&event.kind).to_owned(),
            ..wire(event)
        });
        if event.kind == "cancel_recorded" {
            events.push(pb::SessionEvent {
                kind: "acknowledged".to_owned(),
                ..wire(event)
            });
        }
    }
    for (sequence, event) in (1..).zip(&mut events) {
        event.sequence = sequence;
    }
    events
}

fn wire(event: &Told) -> pb::SessionEvent {
    pb::SessionEvent {
        sequence: 0,
        kind: String::new(),
        event_time: Some(timestamp(event.happened_at)),
        agent_id: event.agent_id.clone().unwrap_or_default(),
        detail: event.detail.clone(),
        hash: event.hash.as_deref().map(render::hex).unwrap_or_default(),
    }
}

fn in_words(kind: &str) -> &str {
    match kind {
        "opened" => "stated",
        "declined" => "refused",
        "cancel_recorded" => "confirmed",
        kind => kind,
    }
}

fn finding(finding: &Finding) -> pb::RecordFinding {
    pb::RecordFinding {
        table: finding.table.to_owned(),
        row: finding.row.clone(),
        problem: finding.problem.clone(),
    }
}
