//! What policy depends on.

use serde::{Deserialize, Serialize};

use crate::domain::named::Named;
use crate::domain::request::Occasion;

/// A situation on the way out. What is absent is not known and is treated as the strictest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// Where the customer is: ISO 3166-1 or 3166-2.
    pub jurisdiction: Option<String>,
    /// Where the account is at home, when the customer is somewhere else: the rows of both hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// How the parties speak.
    pub channel: Option<Channel>,
    /// Why the parties speak.
    #[serde(default)]
    pub occasion: Option<Occasion>,
    /// Who the customer is in law.
    pub customer_kind: Option<CustomerKind>,
    /// The commitment.
    pub contract_kind: Option<ContractKind>,
}

/// How the parties speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A call.
    Phone,
    /// A chat.
    Chat,
    /// A web page.
    Web,
    /// An application.
    App,
    /// E-mail.
    Email,
    /// A shop.
    Store,
}

impl Named for Channel {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Phone, "phone"),
        (Self::Chat, "chat"),
        (Self::Web, "web"),
        (Self::App, "app"),
        (Self::Email, "email"),
        (Self::Store, "store"),
    ];
}

/// Who a customer is in law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerKind {
    /// A natural person.
    Person,
    /// A company or another organisation.
    Organisation,
}

impl Named for CustomerKind {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Person, "person"),
        (Self::Organisation, "organisation"),
    ];
}

/// The commitment of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractKind {
    /// Renewed each month, no commitment.
    MonthToMonth,
    /// Committed for one year.
    OneYear,
    /// Committed for two years.
    TwoYear,
    /// Committed for another fixed term.
    FixedTerm,
    /// No contract: bought when wanted.
    PayAsYouGo,
}

impl Named for ContractKind {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::MonthToMonth, "month_to_month"),
        (Self::OneYear, "one_year"),
        (Self::TwoYear, "two_year"),
        (Self::FixedTerm, "fixed_term"),
        (Self::PayAsYouGo, "pay_as_you_go"),
    ];
}
