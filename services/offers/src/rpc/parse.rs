//! From the wire to commands: every violation of a request at once.

use contract::offers::v1 as pb;
use edge::violations::Violations;
use kernel::id::{CustomerId, DecisionId, SessionId};
use kernel::refusal::Refusal;
use prost::Message;
use storage::request_log::{BodyHash, body_hash};

use crate::domain::answer::Answer;
use crate::domain::grant::authority_exceeded;
use crate::domain::policy::{Channel, Jurisdiction};
use crate::domain::request::{Agent, Authority, Intent, Occasion, Permission, SaveRequest};
use crate::usecase::read_session::NewClose;
use crate::usecase::{override_offer, record_response, request_save_offer};

/// The most steps of one contact.
const MOST_STEPS: u32 = 100;

/// Hashes a request as it came in: the same id with another hash is another request.
pub(super) fn hash(message: &impl Message) -> BodyHash {
    body_hash(&message.encode_to_vec())
}

/// Checks a request for an offer.
pub(super) fn save_request(
    wire: &pb::RequestSaveOfferRequest,
    trace_id: String,
) -> Result<request_save_offer::Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let contact_id = checks.id("contact_id", &wire.contact_id);
    let step = checks.between("step", wire.step.max(1), 1, MOST_STEPS);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let subscription_id = checks.id("subscription_id", &wire.subscription_id);
    let occasion = checks
        .optional_known("occasion", wire.occasion)
        .map(occasion);
    let channel = checks.optional_known("channel", wire.channel).map(channel);
    let jurisdiction = jurisdiction(&mut checks, "jurisdiction", &wire.jurisdiction);
    let intent = checks
        .optional_known("initial_intent", wire.initial_intent)
        .map(intent);
    let reason = checks.text("reason", &wire.reason, 64);
    let secondary_reasons = secondary_reasons(&mut checks, &wire.secondary_reasons);
    let agent = agent(&mut checks, wire.agent.as_ref());
    let language = checks.language("language", &wire.language);
    let permission = checks
        .optional_known("permission", wire.permission)
        .map(permission);
    checks.finish(|| {
        Some(request_save_offer::Command {
            request: SaveRequest {
                request_id: request_id?,
                contact_id: contact_id?,
                step: step?,
                customer_id: customer_id?,
                subscription_id: subscription_id?,
                occasion: occasion?,
                channel: channel?,
                jurisdiction: jurisdiction?,
                intent: intent?,
                reason: stated(reason?),
                secondary_reasons: secondary_reasons?,
                agent: agent?,
                language: language?,
                permission: permission?,
                min_revision: wire.min_revision,
                alternative: false,
                destination_serviceable: wire.destination_serviceable,
            },
            body_hash: hash(wire),
            trace_id,
        })
    })
}

/// Checks an answer to an offer.
pub(super) fn response(
    wire: &pb::RecordResponseRequest,
) -> Result<record_response::Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    let contact_id = checks.id("contact_id", &wire.contact_id);
    let presented_offer_id = checks.uid("presented_offer_id", &wire.presented_offer_id);
    let answer = checks
        .known("outcome", wire.outcome)
        .and_then(|outcome| answer(&mut checks, outcome));
    let agent = agent(&mut checks, wire.agent.as_ref());
    checks.finish(|| {
        Some(record_response::Command {
            request_id: request_id?,
            body_hash: hash(wire),
            customer_id: customer_id?,
            session_id: session_id?,
            contact_id: contact_id?,
            presented_offer_id: presented_offer_id?,
            answer: answer?,
            agent: agent?,
            disclosed: wire.disclosed,
        })
    })
}

/// Checks an override. Who overrides is named, and says why in a key and not in words, which might be
/// about a person.
pub(super) fn overriding(
    wire: &pb::OverrideOfferRequest,
    trace_id: String,
) -> Result<override_offer::Command, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    let contact_id = checks.id("contact_id", &wire.contact_id);
    let offer_key = checks.id("offer_key", &wire.offer_key);
    let reason = checks.key("reason", &wire.reason);
    let agent = agent(&mut checks, wire.agent.as_ref());
    if agent.as_ref().is_some_and(|agent| agent.agent_id.is_none()) {
        checks.add("agent.agent_id", "REQUIRED", "must name who overrides");
    }
    let command = checks.finish(|| {
        Some(override_offer::Command {
            request_id: request_id?,
            body_hash: hash(wire),
            customer_id: customer_id?,
            session_id: session_id?,
            contact_id: contact_id?,
            offer_key: offer_key?,
            agent: agent?,
            reason: reason?,
            trace_id,
        })
    })?;
    if command.agent.authority < Authority::Senior {
        let level = command.agent.authority;
        return Err(authority_exceeded(level, Some(Authority::Senior)));
    }
    Ok(command)
}

/// Checks a session to close.
pub(super) fn close(wire: &pb::CloseSessionRequest) -> Result<NewClose, Refusal> {
    let mut checks = Violations::default();
    let request_id = checks.optional_id("request_id", &wire.request_id);
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    checks.finish(|| {
        Some(NewClose {
            request: request_id?.map(|id| (id, hash(wire))),
            customer_id: customer_id?,
            session_id: session_id?,
            transferred: wire.transferred,
        })
    })
}

/// Checks which session is meant.
pub(super) fn session(wire: &pb::GetSessionRequest) -> Result<(CustomerId, SessionId), Refusal> {
    let mut checks = Violations::default();
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let session_id = checks.uid("session_id", &wire.session_id);
    checks.finish(|| Some((customer_id?, session_id?)))
}

/// Checks which decision is meant.
pub(super) fn decision(
    wire: &pb::ExplainDecisionRequest,
) -> Result<(CustomerId, DecisionId), Refusal> {
    let mut checks = Violations::default();
    let customer_id = checks.id("customer_id", &wire.customer_id);
    let decision_id = checks.uid("decision_id", &wire.decision_id);
    checks.finish(|| Some((customer_id?, decision_id?)))
}

/// An empty text means that no reason was stated; none is ever required.
fn stated(reason: String) -> Option<String> {
    (!reason.is_empty()).then_some(reason)
}

fn secondary_reasons(checks: &mut Violations, reasons: &[String]) -> Option<Vec<String>> {
    checks
        .at_most("secondary_reasons", reasons, 2)?
        .iter()
        .enumerate()
        .map(|(index, reason)| {
            checks.required_text(&format!("secondary_reasons[{index}]"), reason, 64)
        })
        .collect()
}

pub(super) fn jurisdiction(checks: &mut Violations, field: &str, text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    match Jurisdiction::parse(text) {
        Ok(_) => Some(text.to_owned()),
        Err(error) => {
            checks.add(field, "UNKNOWN_JURISDICTION", error);
            None
        }
    }
}

/// Reads the agent; nobody where none is named.
pub(super) fn agent(checks: &mut Violations, wire: Option<&pb::Agent>) -> Option<Agent> {
    let nobody = pb::Agent::default();
    let wire = wire.unwrap_or(&nobody);
    checks.within("agent", |checks| {
        let agent_id = checks.optional_id("agent_id", &wire.agent_id);
        let authority = checks
            .optional_known("authority", wire.authority)
            .map(authority);
        let team = checks.text("team", &wire.team, 64);
        let (agent_id, authority) = (agent_id?, authority?);
        Some(Agent {
            // Nobody to answer for it, as in self-service, has the least authority.
            authority: agent_id.as_ref().map_or(Authority::Agent, |_| authority),
            agent_id,
            team: team?,
        })
    })
}

fn answer(checks: &mut Violations, outcome: pb::PresentedOutcome) -> Option<Answer> {
    match outcome {
        pb::PresentedOutcome::Presented => Some(Answer::Presented),
        pb::PresentedOutcome::Accepted => Some(Answer::Accepted),
        pb::PresentedOutcome::Declined => Some(Answer::Declined),
        pb::PresentedOutcome::NotPresented => Some(Answer::NotPresented),
        _ => {
            checks.add(
                "outcome",
                "NOT_AN_ANSWER",
                "must be PRESENTED, ACCEPTED, DECLINED or NOT_PRESENTED",
            );
            None
        }
    }
}

/// Reads an occasion; a call to cancel when none is given.
pub(super) fn occasion(wire: pb::Occasion) -> Occasion {
    match wire {
        pb::Occasion::Unspecified | pb::Occasion::CancelCall => Occasion::CancelCall,
        pb::Occasion::ServiceRecovery => Occasion::ServiceRecovery,
        pb::Occasion::WinBack => Occasion::WinBack,
        pb::Occasion::WelcomeBack => Occasion::WelcomeBack,
        pb::Occasion::Recognition => Occasion::Recognition,
        pb::Occasion::Growth => Occasion::Growth,
    }
}

/// Reads a channel; an unknown one stays unknown, which policy treats as the strictest.
pub(super) fn channel(wire: pb::Channel) -> Option<Channel> {
    match wire {
        pb::Channel::Unspecified => None,
        pb::Channel::Phone => Some(Channel::Phone),
        pb::Channel::Chat => Some(Channel::Chat),
        pb::Channel::Web => Some(Channel::Web),
        pb::Channel::App => Some(Channel::App),
        pb::Channel::Email => Some(Channel::Email),
        pb::Channel::Store => Some(Channel::Store),
    }
}

fn intent(wire: pb::InitialIntent) -> Intent {
    match wire {
        pb::InitialIntent::Unspecified | pb::InitialIntent::Disconnect => Intent::Disconnect,
        pb::InitialIntent::Downgrade => Intent::Downgrade,
        pb::InitialIntent::ReduceCost => Intent::ReduceCost,
        pb::InitialIntent::Move => Intent::Move,
        pb::InitialIntent::Pause => Intent::Pause,
        pb::InitialIntent::Complaint => Intent::Complaint,
        pb::InitialIntent::Enquiry => Intent::Enquiry,
    }
}

fn authority(wire: pb::AuthorityLevel) -> Authority {
    match wire {
        pb::AuthorityLevel::Unspecified | pb::AuthorityLevel::Agent => Authority::Agent,
        pb::AuthorityLevel::Senior => Authority::Senior,
        pb::AuthorityLevel::Manager => Authority::Manager,
    }
}

fn permission(wire: pb::Permission) -> Permission {
    match wire {
        pb::Permission::Unspecified => Permission::NotAsked,
        pb::Permission::Granted => Permission::Granted,
        pb::Permission::Refused => Permission::Refused,
    }
}
