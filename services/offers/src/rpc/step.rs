//! Steps of a call, from the wire and back.

use contract::offers::v1 as pb;
use edge::violations::Violations;
use kernel::refusal::Refusal;

use super::parse::{agent, hash};
use super::render;
use crate::domain::spoken::Spoken;
use crate::usecase::record_step::{NewStep, StepRecorded};

/// Checks what was said.
pub(super) fn parse(wire: &pb::RecordStepRequest) -> Result<NewStep, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    let contact_id = checks.id("contact_id", &wire.contact_id);
    let spoken = checks.known("step", wire.step).and_then(spoken);
    let agent = agent(&mut checks, wire.agent.as_ref());
    checks.finish(|| {
        Some(NewStep {
            request_id: request_id?,
            body_hash: hash(wire),
            customer_id: customer_id?,
            session_id: session_id?,
            contact_id: contact_id?,
            spoken: spoken?,
            agent_id: agent?.agent_id,
        })
    })
}

/// Renders what it led to.
pub(super) fn recorded(recorded: StepRecorded) -> pb::RecordStepResponse {
    pb::RecordStepResponse {
        session_state: render::state(recorded.state).into(),
        replayed: recorded.replayed,
    }
}

const fn spoken(step: pb::CallStep) -> Option<Spoken> {
    match step {
        pb::CallStep::Unspecified => None,
        pb::CallStep::Disclosed => Some(Spoken::Disclosed),
        pb::CallStep::PermissionGranted => Some(Spoken::PermissionGranted),
        pb::CallStep::PermissionRefused => Some(Spoken::PermissionRefused),
        pb::CallStep::CancelReaffirmed => Some(Spoken::CancelReaffirmed),
    }
}
