//! Care: what is done for customers without anybody asking, when, on which channel, and when not.

pub mod contact_cap;
mod ending;
pub mod permission;
pub mod plan;
pub mod planning;
pub mod withdrawal;

use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Whose tasks reach the customer: messages and calls, by whoever sends these.
pub const SENDER: &str = "sender";
/// What the source of a task is called that the care plan asked for.
pub const PLAN: &str = "plan";
/// For how many days a task is good once it is due, where nobody says otherwise.
pub const GOOD_FOR_DAYS: u32 = 30;
/// How often a task is handed out; after that it is dropped as not delivered.
pub const MOST_LEASES: u32 = 5;

/// What a task is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CareKind {
    /// Somebody is new.
    Welcome,
    /// The first invoice comes soon and is explained before.
    FirstInvoice,
    /// Somebody new has not used the service yet.
    ActivationCheck,
    /// A valuable customer has been silent.
    CheckIn,
    /// A recovery has a promise due.
    RecoveryFollowUp,
    /// A promise was broken.
    PromiseBroken,
    /// An anniversary of somebody long-standing.
    Recognition,
    /// A step that an exit plan owes to somebody who leaves.
    ExitStep,
    /// Somebody who left wanted to hear from the company.
    KeepInTouch,
    /// Somebody who moved or whose need ended is asked once whether it came back.
    Follow,
    /// Somebody who left is asked back.
    WinBack,
    /// Somebody came back.
    WelcomeBack,
}

/// Why a customer is contacted, as permission is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What the contract or an incident requires.
    Service,
    /// Care for somebody who is a customer.
    Care,
    /// Asking somebody back, or keeping in touch with them.
    Marketing,
}

impl CareKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Welcome,
        Self::FirstInvoice,
        Self::ActivationCheck,
        Self::CheckIn,
        Self::RecoveryFollowUp,
        Self::PromiseBroken,
        Self::Recognition,
        Self::ExitStep,
        Self::KeepInTouch,
        Self::Follow,
        Self::WinBack,
        Self::WelcomeBack,
    ];

    /// Returns the key under which the kind is stored.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::FirstInvoice => "first_invoice",
            Self::ActivationCheck => "activation_check",
            Self::CheckIn => "check_in",
            Self::RecoveryFollowUp => "recovery_follow_up",
            Self::PromiseBroken => "promise_broken",
            Self::Recognition => "recognition",
            Self::ExitStep => "exit_step",
            Self::KeepInTouch => "keep_in_touch",
            Self::Follow => "follow",
            Self::WinBack => "win_back",
            Self::WelcomeBack => "welcome_back",
        }
    }

    /// Finds the kind of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// Returns why a customer is contacted about it.
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::FirstInvoice | Self::RecoveryFollowUp | Self::PromiseBroken | Self::ExitStep => {
                Purpose::Service
            }
            Self::Welcome
            | Self::ActivationCheck
            | Self::CheckIn
            | Self::Recognition
            | Self::WelcomeBack => Purpose::Care,
            Self::KeepInTouch | Self::Follow | Self::WinBack => Purpose::Marketing,
        }
    }

    /// Tells whether it is for somebody who has left: over when they come back, and at the first
    /// objection.
    pub const fn is_for_the_gone(self) -> bool {
        matches!(self.purpose(), Purpose::Marketing)
    }

    /// Tells whether a rule of the plan makes such tasks. The others are asked for by other services;
    /// a step of an exit is owed, whatever the plan says.
    pub const fn is_planned(self) -> bool {
        !matches!(
            self,
            Self::ExitStep | Self::KeepInTouch | Self::Follow | Self::WinBack
        )
    }
}

/// A way to reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Voice calls.
    Phone,
    /// E-mail.
    Email,
    /// Text messages.
    Sms,
    /// Letters.
    Post,
    /// Notices inside an application.
    App,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 5] = [Self::Phone, Self::Email, Self::Sms, Self::Post, Self::App];

    /// Returns the key under which the channel is stored.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Post => "post",
            Self::App => "app",
        }
    }

    /// Finds the channel of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.key() == key)
    }
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CareState {
    /// It waits until it is due and allowed.
    Waiting,
    /// A sender has it.
    Leased,
    /// It was done.
    Completed,
    /// The sender did not do it.
    Skipped,
    /// It will never be done.
    Dropped,
    /// It was kept back to learn what care comes to.
    HeldOut,
}

impl CareState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Leased,
        Self::Completed,
        Self::Skipped,
        Self::Dropped,
        Self::HeldOut,
    ];

    /// Returns the key under which the state is stored.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Leased => "leased",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
            Self::Dropped => "dropped",
            Self::HeldOut => "held_out",
        }
    }

    /// Finds the state of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }
}

/// One thing that is due to be done for a customer.
#[derive(Clone, Debug, PartialEq)]
pub struct CareTask {
    /// The task.
    pub task_id: String,
    /// The customer.
    pub customer_id: String,
    /// What it is about.
    pub kind: CareKind,
    /// What of it.
    pub subject: String,
    /// What to speak about; may be empty.
    pub theme: String,
    /// When it is due.
    pub due_time: Timestamp,
    /// After this nobody needs it any more.
    pub expire_time: Timestamp,
    /// Where it stands.
    pub state: CareState,
    /// The channel it was leased on.
    pub channel: Option<Channel>,
    /// Who has to do it.
    pub owner: String,
    /// Why it stands where it stands, as a code; may be empty.
    pub state_reason: String,
    /// When it came to stand there.
    pub state_time: Timestamp,
    /// How often it was handed out.
    pub lease_count: u32,
    /// The care plan, or the service that asked for it.
    pub source: String,
    /// Why it may be sent: codes of findings, as it was seen when it was leased.
    pub permission_findings: Vec<String>,
    /// The version of the contact rules then.
    pub permission_rules_version: u64,
}

/// A task to be made, unless it is known by customer, kind and subject.
#[derive(Clone, Debug, PartialEq)]
pub struct NewTask {
    /// The customer.
    pub customer_id: String,
    /// What it is about.
    pub kind: CareKind,
    /// What of it.
    pub subject: String,
    /// What to speak about; may be empty.
    pub theme: String,
    /// When it is due.
    pub due_time: Timestamp,
    /// After this nobody needs it any more.
    pub expire_time: Timestamp,
    /// Who has to do it.
    pub owner: String,
    /// The channels, best first; those of the plan when empty.
    pub channels: Vec<Channel>,
    /// It is kept back.
    pub is_held_out: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_leads_back() {
        for kind in CareKind::ALL {
            assert_eq!(CareKind::from_key(kind.key()), Some(kind));
        }
        for channel in Channel::ALL {
            assert_eq!(Channel::from_key(channel.key()), Some(channel));
        }
        for state in CareState::ALL {
            assert_eq!(CareState::from_key(state.key()), Some(state));
        }
    }
}
