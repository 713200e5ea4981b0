//! What policy says, field by field, and which of two values is the stricter.

use serde::{Deserialize, Serialize};

use super::Parity;
use crate::domain::named::Named;

/// What may be said on a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyOutcome {
    /// When offers are allowed.
    pub offers_allowed: OffersAllowed,
    /// How many at most; the customer may ask for one more below the hard cap.
    pub max_offers: u32,
    /// What must be said before the first offer.
    pub disclosures: Vec<String>,
    /// What must go with any offer.
    pub notices: Vec<String>,
    /// A refusal ends the offers.
    pub refusal_ends_offers: bool,
    /// Screens of questions allowed before the cancellation.
    pub max_feedback_screens: u32,
    /// Within how many days the customer may withdraw.
    pub cooling_off_days: u32,
    /// By when a cancellation must be done, in hours.
    pub cancel_deadline_hours: u32,
    /// Where the acknowledgement goes.
    pub acknowledgement_medium: Medium,
    /// For how many months the record is kept.
    pub record_retention_months: u32,
    /// When they may be contacted, by their own clock.
    pub contact_hours: ContactHours,
    /// For how many days after the end they may be asked back.
    pub win_back_window_days: u32,
    /// Within how many days an objection to being contacted takes effect.
    pub opt_out_days: u32,
    /// What is done about the price of a new customer.
    #[serde(default, skip_serializing_if = "Parity::is_none")]
    pub parity: Parity,
    /// What must go with an offer that sets a price.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub price_notices: Vec<String>,
    /// How many further offers the customer may ask for.
    #[serde(default, skip_serializing_if = "is_none")]
    pub alternatives_on_request: u32,
    /// The rows that applied.
    pub applied_rows: Vec<String>,
    /// The version of the policy.
    pub policy_version: u64,
}

impl PolicyOutcome {
    /// No more offers than these on any call, whatever a row says.
    pub const MAX_OFFERS: u32 = 2;
    /// No more further offers than this, however often the customer asks.
    pub const MAX_ALTERNATIVES: u32 = 1;

    /// What holds where no row says anything: no offers, the least burden, the longest care.
    pub fn strictest() -> Self {
        Self {
            offers_allowed: OffersAllowed::None,
            max_offers: 0,
            disclosures: Vec::new(),
            notices: Vec::new(),
            refusal_ends_offers: true,
            max_feedback_screens: 0,
            cooling_off_days: 14,
            cancel_deadline_hours: 0,
            acknowledgement_medium: Medium::DurableMedium,
            record_retention_months: 36,
            contact_hours: ContactHours {
                from_hour: 0,
                until_hour: 0,
            },
            win_back_window_days: 0,
            opt_out_days: 0,
            parity: Parity::None,
            price_notices: Vec::new(),
            alternatives_on_request: 0,
            applied_rows: Vec::new(),
            policy_version: 0,
        }
    }
}

/// A policy of before says nothing of alternatives, and its records stay as they were.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_none(count: &u32) -> bool {
    *count == 0
}

/// When offers are allowed, from the most lenient to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffersAllowed {
    /// During the call.
    During,
    /// During the call, once the customer agreed to hear one.
    WithPermission,
    /// Only once the cancellation is done, and with permission.
    AfterCancelOnly,
    /// Never.
    None,
}

impl Named for OffersAllowed {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::During, "during"),
        (Self::WithPermission, "with_permission"),
        (Self::AfterCancelOnly, "after_cancel_only"),
        (Self::None, "none"),
    ];
}

/// Where an acknowledgement goes, from the most lenient to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Anywhere.
    AnyMedium,
    /// The way the customer spoke.
    SameMedium,
    /// Something the customer can keep unchanged.
    DurableMedium,
}

impl Named for Medium {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::AnyMedium, "any_medium"),
        (Self::SameMedium, "same_medium"),
        (Self::DurableMedium, "durable_medium"),
    ];
}

/// The hours of the day in which somebody may be contacted, by their own clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactHours {
    /// From this hour on, 0 to 24.
    pub from_hour: u32,
    /// Before this hour, 0 to 24; nobody may be contacted when it is not later.
    pub until_hour: u32,
}

impl ContactHours {
    /// Returns the hours that both allow.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self {
            from_hour: self.from_hour.max(other.from_hour),
            until_hour: self.until_hour.min(other.until_hour),
        }
    }

    /// Tells whether somebody may be contacted in an hour.
    pub const fn allows(self, hour: u32) -> bool {
        self.from_hour <= hour && hour < self.until_hour
    }
}

/// The fields of the policy that rows decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// When offers are allowed.
    OffersAllowed,
    /// How many at most.
    MaxOffers,
    /// What must be said before the first offer.
    Disclosures,
    /// What must go with any offer.
    Notices,
    /// A refusal ends the offers.
    RefusalEndsOffers,
    /// Screens of questions allowed.
    MaxFeedbackScreens,
    /// The time to withdraw.
    CoolingOffDays,
    /// By when a cancellation must be done.
    CancelDeadlineHours,
    /// Where the acknowledgement goes.
    AcknowledgementMedium,
    /// How long the record is kept.
    RecordRetentionMonths,
    /// When they may be contacted.
    ContactHours,
    /// How long they may be asked back.
    WinBackWindowDays,
    /// How soon an objection takes effect.
    OptOutDays,
    /// What is done about the price of a new customer.
    Parity,
    /// What must go with an offer that sets a price.
    PriceNotices,
    /// How many further offers on request.
    AlternativesOnRequest,
}

impl Named for Field {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::OffersAllowed, "offers_allowed"),
        (Self::MaxOffers, "max_offers"),
        (Self::Disclosures, "disclosures"),
        (Self::Notices, "notices"),
        (Self::RefusalEndsOffers, "refusal_ends_offers"),
        (Self::MaxFeedbackScreens, "max_feedback_screens"),
        (Self::CoolingOffDays, "cooling_off_days"),
        (Self::CancelDeadlineHours, "cancel_deadline_hours"),
        (Self::AcknowledgementMedium, "acknowledgement_medium"),
        (Self::RecordRetentionMonths, "record_retention_months"),
        (Self::ContactHours, "contact_hours"),
        (Self::WinBackWindowDays, "win_back_window_days"),
        (Self::OptOutDays, "opt_out_days"),
        (Self::Parity, "parity"),
        (Self::PriceNotices, "price_notices"),
        (Self::AlternativesOnRequest, "alternatives_on_request"),
    ];
}
