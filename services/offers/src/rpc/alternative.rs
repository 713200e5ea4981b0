//! Requests for an alternative, from the wire.

use contract::offers::v1 as pb;
use edge::violations::Violations;
use kernel::refusal::Refusal;

use super::parse::{agent, hash};
use crate::usecase::request_alternative::Command;

/// Checks a request for an alternative.
pub(super) fn parse(
    wire: &pb::RequestAlternativeRequest,
    trace_id: String,
) -> Result<Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    let contact_id = checks.id("contact_id", &wire.contact_id);
    let agent = agent(&mut checks, wire.agent.as_ref());
    checks.finish(|| {
        Some(Command {
            request_id: request_id?,
            body_hash: hash(wire),
            customer_id: customer_id?,
            session_id: session_id?,
            contact_id: contact_id?,
            agent: agent?,
            trace_id,
        })
    })
}
