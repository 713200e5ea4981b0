//! Which texts the facts may take.

/// Which texts a fact may take. Rules are checked against it when they are published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// Any text of 1 to 64 characters.
    Any,
    /// One of a fixed list.
    Closed(&'static [&'static str]),
    /// A reason of the catalogue's reason tree.
    Reasons,
    /// A category of the catalogue's reason tree.
    ReasonCategories,
    /// A place: ISO 3166-1 or 3166-2.
    Jurisdictions,
    /// A currency of ISO 4217.
    Currencies,
}

/// Who a customer is in law.
pub const CUSTOMER_KINDS: &[&str] = &["person", "organisation"];

/// The stages of a customer's life.
pub const STAGES: &[&str] = &[
    "acquired",
    "onboarding",
    "established",
    "long_term",
    "growing",
    "first_disagreement",
    "at_risk",
    "leaving",
    "lapsed",
    "lost",
    "phoenix",
];

/// How leaving shows itself.
pub const RELATIONSHIPS: &[&str] = &["contractual", "non_contractual"];

/// The commitments.
pub const CONTRACT_KINDS: &[&str] = &[
    "month_to_month",
    "one_year",
    "two_year",
    "fixed_term",
    "pay_as_you_go",
];

/// The recorded states of a subscription.
pub const SUBSCRIPTION_STATES: &[&str] = &[
    "prospect",
    "active",
    "paused",
    "suspended",
    "cancel_pending",
    "ended",
];

/// What a customer may say they want.
pub const INTENTS: &[&str] = &[
    "disconnect",
    "downgrade",
    "reduce_cost",
    "move",
    "pause",
    "complaint",
    "enquiry",
];

/// How the parties speak.
pub const CHANNELS: &[&str] = &["phone", "chat", "web", "app", "email", "store"];

/// Why the parties speak.
pub const OCCASIONS: &[&str] = &[
    "cancel_call",
    "service_recovery",
    "win_back",
    "welcome_back",
    "recognition",
    "growth",
];
