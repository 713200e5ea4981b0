//! The ways in which offers work.

use serde::{Deserialize, Serialize};

use crate::domain::named::Named;

/// The way an offer works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lever {
    /// Mend what is broken.
    ServiceFix,
    /// Show how to use it.
    Training,
    /// Fit the plan to the use.
    RightSize,
    /// Pause.
    Pause,
    /// Another plan.
    PlanChange,
    /// Another term.
    TermChange,
    /// Something more for the same price.
    ValueAdd,
    /// Move the service along.
    Transfer,
    /// One person to speak to.
    AccountManager,
    /// Renew before the end.
    EarlyRenewal,
    /// A gesture for something that went wrong.
    Goodwill,
    /// A credit on the bill.
    Credit,
    /// A fee not charged.
    FeeWaiver,
    /// A lower price for a time.
    PriceDiscount,
    /// Only something worth knowing.
    InformationOnly,
}

impl Named for Lever {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::ServiceFix, "service_fix"),
        (Self::Training, "training"),
        (Self::RightSize, "right_size"),
        (Self::Pause, "pause"),
        (Self::PlanChange, "plan_change"),
        (Self::TermChange, "term_change"),
        (Self::ValueAdd, "value_add"),
        (Self::Transfer, "transfer"),
        (Self::AccountManager, "account_manager"),
        (Self::EarlyRenewal, "early_renewal"),
        (Self::Goodwill, "goodwill"),
        (Self::Credit, "credit"),
        (Self::FeeWaiver, "fee_waiver"),
        (Self::PriceDiscount, "price_discount"),
        (Self::InformationOnly, "information_only"),
    ];
}

impl Lever {
    /// Tells whether the lever is an argument about price.
    ///
    /// A goodwill gesture is not: it is owed for something that went wrong, and stays possible
    /// while an incident is open, when price arguments are not.
    pub const fn is_about_price(self) -> bool {
        matches!(self, Self::Credit | Self::FeeWaiver | Self::PriceDiscount)
    }
}
