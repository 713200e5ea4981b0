//! A recorded request, back on the wire.

use contract::offers::v1 as pb;

use crate::domain::policy::Channel;
use crate::domain::request::{Authority, Intent, Occasion, Permission, SaveRequest};

/// Renders the request that a decision was made on.
pub(super) fn save_request(request: &SaveRequest) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        request_id: request.request_id.to_string(),
        contact_id: request.contact_id.to_string(),
        step: request.step,
        customer_id: request.customer_id.to_string(),
        subscription_id: request.subscription_id.to_string(),
        occasion: occasion(request.occasion).into(),
        channel: request
            .channel
            .map_or(pb::Channel::Unspecified, channel)
            .into(),
        jurisdiction: request.jurisdiction.clone(),
        initial_intent: intent(request.intent).into(),
        reason: request.reason.clone().unwrap_or_default(),
        secondary_reasons: request.secondary_reasons.clone(),
        agent: Some(pb::Agent {
            agent_id: request
                .agent
                .agent_id
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            authority: authority(request.agent.authority).into(),
            team: request.agent.team.clone(),
        }),
        language: request.language.clone(),
        permission: permission(request.permission).into(),
        min_revision: request.min_revision,
        // How much was shown has no bearing on the decision, and is not kept.
        include_passed_over: false,
        destination_serviceable: request.destination_serviceable,
    }
}

fn occasion(occasion: Occasion) -> pb::Occasion {
    match occasion {
        Occasion::CancelCall => pb::Occasion::CancelCall,
        Occasion::ServiceRecovery => pb::Occasion::ServiceRecovery,
        Occasion::WinBack => pb::Occasion::WinBack,
        Occasion::WelcomeBack => pb::Occasion::WelcomeBack,
        Occasion::Recognition => pb::Occasion::Recognition,
        Occasion::Growth => pb::Occasion::Growth,
    }
}

fn channel(channel: Channel) -> pb::Channel {
    match channel {
        Channel::Phone => pb::Channel::Phone,
        Channel::Chat => pb::Channel::Chat,
        Channel::Web => pb::Channel::Web,
        Channel::App => pb::Channel::App,
        Channel::Email => pb::Channel::Email,
        Channel::Store => pb::Channel::Store,
    }
}

fn intent(intent: Intent) -> pb::InitialIntent {
    match intent {
        Intent::Disconnect => pb::InitialIntent::Disconnect,
        Intent::Downgrade => pb::InitialIntent::Downgrade,
        Intent::ReduceCost => pb::InitialIntent::ReduceCost,
        Intent::Move => pb::InitialIntent::Move,
        Intent::Pause => pb::InitialIntent::Pause,
        Intent::Complaint => pb::InitialIntent::Complaint,
        Intent::Enquiry => pb::InitialIntent::Enquiry,
    }
}

/// Renders a level of authority.
pub(super) fn authority(authority: Authority) -> pb::AuthorityLevel {
    match authority {
        Authority::Agent => pb::AuthorityLevel::Agent,
        Authority::Senior => pb::AuthorityLevel::Senior,
        Authority::Manager => pb::AuthorityLevel::Manager,
    }
}

fn permission(permission: Permission) -> pb::Permission {
    match permission {
        Permission::NotAsked => pb::Permission::Unspecified,
        Permission::Granted => pb::Permission::Granted,
        Permission::Refused => pb::Permission::Refused,
    }
}
