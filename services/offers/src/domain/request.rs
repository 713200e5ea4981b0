//! What the desk asks: one contact about one subscription, at one step.

use kernel::id::{AgentId, ContactId, CustomerId, RequestId, SubscriptionId};
use serde::{Deserialize, Serialize};

use super::named::Named;
use super::policy::Channel;

/// A request for a save offer, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveRequest {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The contact.
    pub contact_id: ContactId,
    /// The step within the contact, from one.
    pub step: u32,
    /// The customer.
    pub customer_id: CustomerId,
    /// What they want to leave.
    pub subscription_id: SubscriptionId,
    /// Why the parties speak.
    pub occasion: Occasion,
    /// How they speak; unknown is the strictest.
    pub channel: Option<Channel>,
    /// Where the customer is; empty to take their own.
    pub jurisdiction: String,
    /// What the customer said they want.
    pub intent: Intent,
    /// The reason stated, if one was.
    pub reason: Option<String>,
    /// Further reasons, at most two.
    pub secondary_reasons: Vec<String>,
    /// The agent.
    pub agent: Agent,
    /// The language to speak; empty to take the customer's own.
    pub language: String,
    /// Whether the customer agreed to hear an offer.
    pub permission: Permission,
    /// The least revision of the facts.
    pub min_revision: u64,
    /// The customer asked what else there is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alternative: bool,
    /// Whether the place that the customer moves to, or would come back to, can be served; absent while
    /// nobody has looked it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination_serviceable: Option<bool>,
}

/// Why the parties speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// The customer wants to leave.
    CancelCall,
    /// Something went wrong and is made good.
    ServiceRecovery,
    /// The customer left and is asked back.
    WinBack,
    /// The customer came back.
    WelcomeBack,
    /// The customer has been here for long.
    Recognition,
    /// The customer may want more.
    Growth,
}

impl Named for Occasion {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::CancelCall, "cancel_call"),
        (Self::ServiceRecovery, "service_recovery"),
        (Self::WinBack, "win_back"),
        (Self::WelcomeBack, "welcome_back"),
        (Self::Recognition, "recognition"),
        (Self::Growth, "growth"),
    ];
}

/// What the customer said they want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// To end the subscription.
    Disconnect,
    /// To have less.
    Downgrade,
    /// To pay less.
    ReduceCost,
    /// To move.
    Move,
    /// To pause.
    Pause,
    /// To complain.
    Complaint,
    /// To ask.
    Enquiry,
}

impl Named for Intent {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Disconnect, "disconnect"),
        (Self::Downgrade, "downgrade"),
        (Self::ReduceCost, "reduce_cost"),
        (Self::Move, "move"),
        (Self::Pause, "pause"),
        (Self::Complaint, "complaint"),
        (Self::Enquiry, "enquiry"),
    ];
}

/// Whether the customer agreed to hear an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Not asked.
    NotAsked,
    /// Asked and granted.
    Granted,
    /// Asked and refused.
    Refused,
}

/// How much an agent may grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authority {
    /// An agent.
    Agent,
    /// A senior agent.
    Senior,
    /// A manager.
    Manager,
}

/// The person on the company's side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// The agent; absent in self-service.
    pub agent_id: Option<AgentId>,
    /// How much they may grant.
    pub authority: Authority,
    /// The team; empty when there is none.
    pub team: String,
}
