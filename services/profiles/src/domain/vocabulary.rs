//! The closed words of the domain, each with its fixed number.
//!
//! The numbers are those of the contract and of the database alike, so that one mapping serves
//! both; a test in `rpc` compares them with the contract.

use serde::{Deserialize, Serialize};

/// A closed word with a fixed number; zero is kept for "not known".
pub trait Numbered: Copy + 'static {
    /// Every word of the vocabulary.
    const ALL: &'static [Self];

    /// Returns the fixed number.
    fn number(self) -> i16;

    /// Finds the word with a number.
    fn from_number(number: i16) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|word| word.number() == number)
    }
}

/// Who a customer is in law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    /// A natural person.
    Person = 1,
    /// A company or another organisation.
    Organisation = 2,
}

impl Numbered for CustomerKind {
    const ALL: &'static [Self] = &[Self::Person, Self::Organisation];

    fn number(self) -> i16 {
        self as i16
    }
}

/// How leaving shows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// Leaving is an event.
    Contractual = 1,
    /// Leaving is inferred from silence.
    NonContractual = 2,
}

impl Numbered for Relationship {
    const ALL: &'static [Self] = &[Self::Contractual, Self::NonContractual];

    fn number(self) -> i16 {
        self as i16
    }
}

/// The commitment of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractKind {
    /// Renewed each month.
    MonthToMonth = 1,
    /// Committed for one year.
    OneYear = 2,
    /// Committed for two years.
    TwoYear = 3,
    /// Committed for another fixed term.
    FixedTerm = 4,
    /// Bought when wanted.
    PayAsYouGo = 5,
}

impl Numbered for ContractKind {
    const ALL: &'static [Self] = &[
        Self::MonthToMonth,
        Self::OneYear,
        Self::TwoYear,
        Self::FixedTerm,
        Self::PayAsYouGo,
    ];

    fn number(self) -> i16 {
        self as i16
    }
}

/// The recorded state of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// Agreed, not yet started.
    Prospect = 1,
    /// In service.
    Active = 2,
    /// Paused at the customer's wish.
    Paused = 3,
    /// Taken out of service by the provider.
    Suspended = 4,
    /// In service, with its end date set.
    CancelPending = 5,
    /// Out of service for good.
    Ended = 6,
}

impl Numbered for SubscriptionState {
    const ALL: &'static [Self] = &[
        Self::Prospect,
        Self::Active,
        Self::Paused,
        Self::Suspended,
        Self::CancelPending,
        Self::Ended,
    ];

    fn number(self) -> i16 {
        self as i16
    }
}

impl SubscriptionState {
    /// Returns the word as it stands in errors.
    pub fn word(self) -> &'static str {
        match self {
            Self::Prospect => "prospect",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Suspended => "suspended",
            Self::CancelPending => "cancel_pending",
            Self::Ended => "ended",
        }
    }
}

/// What ended a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The customer cancelled.
    CustomerTermination = 1,
    /// The customer withdrew within the cooling-off time.
    CustomerWithdrawal = 2,
    /// The contract ended and was not renewed.
    ContractEndNotRenewed = 3,
    /// Payment failed for good.
    PaymentFailure = 4,
    /// A payment was disputed.
    PaymentDispute = 5,
    /// The provider ended it.
    ProviderTermination = 6,
    /// The product was withdrawn.
    ProductWithdrawn = 7,
    /// The service moved to another address.
    MovedService = 8,
    /// The service was replaced by another.
    ReplacedService = 9,
    /// The account was merged into another.
    MergedAccount = 10,
    /// No activity for too long.
    InactivityLost = 11,
    /// The customer died.
    Death = 12,
}

impl Numbered for EndReason {
    const ALL: &'static [Self] = &[
        Self::CustomerTermination,
        Self::CustomerWithdrawal,
        Self::ContractEndNotRenewed,
        Self::PaymentFailure,
        Self::PaymentDispute,
        Self::ProviderTermination,
        Self::ProductWithdrawn,
        Self::MovedService,
        Self::ReplacedService,
        Self::MergedAccount,
        Self::InactivityLost,
        Self::Death,
    ];

    fn number(self) -> i16 {
        self as i16
    }
}

impl EndReason {
    /// Tells whether something else took the place of what ended: linked, not churn.
    pub fn is_linked(self) -> bool {
        matches!(
            self,
            Self::MovedService | Self::ReplacedService | Self::MergedAccount
        )
    }
}

/// The kind of a timeline event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Something was bought.
    Purchase = 1,
    /// A bill was paid.
    Payment = 2,
    /// A payment failed.
    PaymentFailed = 3,
    /// The service was used.
    Usage = 4,
    /// The customer and the company spoke.
    Contact = 5,
    /// The customer answered a survey.
    Survey = 6,
    /// The customer referred somebody.
    Referral = 7,
}

impl Numbered for EventKind {
    const ALL: &'static [Self] = &[
        Self::Purchase,
        Self::Payment,
        Self::PaymentFailed,
        Self::Usage,
        Self::Contact,
        Self::Survey,
        Self::Referral,
    ];

    fn number(self) -> i16 {
        self as i16
    }
}

/// How badly an incident hurts the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// An annoyance.
    Minor = 1,
    /// Part of the service is lost.
    Major = 2,
    /// The service, money or trust is lost.
    Critical = 3,
}

impl Numbered for Severity {
    const ALL: &'static [Self] = &[Self::Minor, Self::Major, Self::Critical];

    fn number(self) -> i16 {
        self as i16
    }
}

/// Whose doing an incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponsibleParty {
    /// The company.
    Company = 1,
    /// A supplier or partner.
    Partner = 2,
    /// The customer.
    Customer = 3,
    /// Nobody.
    Nobody = 4,
}

impl Numbered for ResponsibleParty {
    const ALL: &'static [Self] = &[Self::Company, Self::Partner, Self::Customer, Self::Nobody];

    fn number(self) -> i16 {
        self as i16
    }
}

/// How far the recovery of an incident has come; the order is that of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecoveryStep {
    /// Somebody owns it.
    Own = 1,
    /// The customer knows what happened.
    Explain = 2,
    /// The mending is under way.
    Act = 3,
    /// It will not happen again.
    Curb = 4,
    /// The harm is made good.
    Amend = 5,
}

impl Numbered for RecoveryStep {
    const ALL: &'static [Self] = &[Self::Own, Self::Explain, Self::Act, Self::Curb, Self::Amend];

    fn number(self) -> i16 {
        self as i16
    }
}

impl RecoveryStep {
    /// Returns the word as it stands in errors.
    pub fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Explain => "explain",
            Self::Act => "act",
            Self::Curb => "curb",
            Self::Amend => "amend",
        }
    }
}

/// A way to reach a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentChannel {
    /// Voice calls.
    Phone = 1,
    /// E-mail.
    Email = 2,
    /// Text messages.
    Sms = 3,
    /// Letters.
    Post = 4,
    /// Notices inside an application.
    App = 5,
}

impl Numbered for ConsentChannel {
    const ALL: &'static [Self] = &[Self::Phone, Self::Email, Self::Sms, Self::Post, Self::App];

    fn number(self) -> i16 {
        self as i16
    }
}

/// What a person said about being contacted. An objection weighs more than an agreement of the
/// same instant, hence the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// Agreed.
    Granted = 1,
    /// Taken back or refused.
    Objected = 2,
}

impl Numbered for ConsentState {
    const ALL: &'static [Self] = &[Self::Granted, Self::Objected];

    fn number(self) -> i16 {
        self as i16
    }
}

/// What a change of a customer was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The customer itself.
    Customer = 1,
    /// An account or subscription.
    Subscription = 2,
    /// The timeline.
    Timeline = 3,
    /// An incident.
    Incident = 4,
    /// A consent.
    Consent = 5,
    /// The customer became another name of another.
    Merged = 6,
    /// The person was erased.
    Erased = 7,
}

impl Numbered for ChangeKind {
    const ALL: &'static [Self] = &[
        Self::Customer,
        Self::Subscription,
        Self::Timeline,
        Self::Incident,
        Self::Consent,
        Self::Merged,
        Self::Erased,
    ];

    fn number(self) -> i16 {
        self as i16
    }
}

/// Why a customer would be contacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactPurpose {
    /// What the contract or an incident requires.
    Service = 1,
    /// Care for somebody who is a customer.
    Care = 2,
    /// Advertising.
    Marketing = 3,
}

impl Numbered for ContactPurpose {
    const ALL: &'static [Self] = &[Self::Service, Self::Care, Self::Marketing];

    fn number(self) -> i16 {
        self as i16
    }
}

/// What has to be there before somebody may be contacted; the order is that of strictness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactBasis {
    /// Nothing.
    None = 1,
    /// A relationship that lasts or ended lately, or else consent.
    ExistingRelationship = 2,
    /// Consent on the channel.
    Consent = 3,
}

impl Numbered for ContactBasis {
    const ALL: &'static [Self] = &[Self::None, Self::ExistingRelationship, Self::Consent];

    fn number(self) -> i16 {
        self as i16
    }
}
