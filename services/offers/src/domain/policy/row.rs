//! One row of the policy: where it holds, since when, and what it says.

use std::fmt;

use kernel::time::Date;

use super::{
    Channel, ContactHours, ContractKind, CustomerKind, Jurisdiction, Medium, OffersAllowed, Parity,
    Situation,
};
use crate::domain::request::Occasion;

/// One row of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Names it.
    pub key: String,
    /// It takes part; a row may be kept ready without.
    pub active: bool,
    /// Where it holds.
    pub scope: Scope,
    /// It holds from the start of this day (UTC) on.
    pub effective_from: Option<Date>,
    /// It holds until the start of this day (UTC).
    pub effective_until: Option<Date>,
    /// What it says.
    pub rules: Rules,
    /// Where it comes from.
    pub source: String,
    /// Somebody still has to check it against its source.
    pub verify: bool,
}

/// Where a row holds; an empty list holds everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Places.
    pub places: Vec<PlaceScope>,
    /// Channels.
    pub channels: Vec<Channel>,
    /// Kinds of customer.
    pub customer_kinds: Vec<CustomerKind>,
    /// Kinds of contract.
    pub contract_kinds: Vec<ContractKind>,
    /// Occasions.
    pub occasions: Vec<Occasion>,
}

/// A place in the scope of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceScope {
    /// This place and its parts.
    In(Jurisdiction),
    /// Wherever it is not known where the customer is, or no row names the place.
    Unknown,
}

/// What a row says; it says nothing about an absent field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// When offers are allowed.
    pub offers_allowed: Option<OffersAllowed>,
    /// How many at most.
    pub max_offers: Option<u32>,
    /// What must be said before the first offer; adds up over rows.
    pub disclosures: Vec<String>,
    /// What must go with any offer; adds up over rows.
    pub notices: Vec<String>,
    /// A refusal ends the offers.
    pub refusal_ends_offers: Option<bool>,
    /// Screens of questions allowed.
    pub max_feedback_screens: Option<u32>,
    /// The time to withdraw.
    pub cooling_off_days: Option<u32>,
    /// By when a cancellation must be done.
    pub cancel_deadline_hours: Option<u32>,
    /// Where the acknowledgement goes.
    pub acknowledgement_medium: Option<Medium>,
    /// How long the record is kept.
    pub record_retention_months: Option<u32>,
    /// When they may be contacted.
    pub contact_hours: Option<ContactHours>,
    /// How long they may be asked back.
    pub win_back_window_days: Option<u32>,
    /// How soon an objection takes effect.
    pub opt_out_days: Option<u32>,
    /// What is done about the price of a new customer; nothing where no row says.
    pub parity: Option<Parity>,
    /// What must go with an offer that sets a price; adds up over rows.
    pub price_notices: Vec<String>,
    /// How many further offers the customer may ask for; none where no row says.
    pub alternatives_on_request: Option<u32>,
}

/// Why a row does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    Inactive,
    NotYet,
    NoLonger,
    OtherPlace,
    OtherChannel,
    OtherCustomerKind,
    OtherContractKind,
    OtherOccasion,
}

impl fmt::Display for PlaceScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::In(jurisdiction) => jurisdiction.fmt(formatter),
            Self::Unknown => formatter.write_str("unknown places"),
        }
    }
}

impl Row {
    /// Tells whether the row takes part on a day.
    pub(super) fn is_in_force(&self, today: Date) -> bool {
        self.active
            && self.effective_from.is_none_or(|from| from <= today)
            && self.effective_until.is_none_or(|until| today < until)
    }

    /// Says why the row does not apply; nothing when it does. `place` is absent when it is not
    /// known or no row names it.
    pub(super) fn absence(
        &self,
        situation: &Situation,
        place: Option<&str>,
        today: Date,
    ) -> Option<Absence> {
        let scope = &self.scope;
        let kind = situation.customer_kind;
        let contract = situation.contract_kind;
        let checks = [
            (self.active, Absence::Inactive),
            (
                self.effective_from.is_none_or(|from| from <= today),
                Absence::NotYet,
            ),
            (
                self.effective_until.is_none_or(|until| today < until),
                Absence::NoLonger,
            ),
            (scope.includes_place(place), Absence::OtherPlace),
            (
                includes(&scope.channels, situation.channel),
                Absence::OtherChannel,
            ),
            (
                includes(&scope.customer_kinds, kind),
                Absence::OtherCustomerKind,
            ),
            (
                includes(&scope.contract_kinds, contract),
                Absence::OtherContractKind,
            ),
            (
                includes(&scope.occasions, situation.occasion),
                Absence::OtherOccasion,
            ),
        ];
        checks
            .into_iter()
            .find(|(holds, _)| !holds)
            .map(|(_, absence)| absence)
    }
}

impl Scope {
    /// Tells whether the row is for everybody everywhere.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Tells whether a place is named, itself or its country.
    pub fn names(&self, place: &str) -> bool {
        self.places.iter().any(
            |named| matches!(named, PlaceScope::In(jurisdiction) if jurisdiction.covers(place)),
        )
    }

    fn includes_place(&self, place: Option<&str>) -> bool {
        place.is_none_or(|place| self.places.is_empty() || self.names(place))
    }
}

/// Tells whether a list includes what is known; everything when it is empty or nothing is known.
fn includes<T: PartialEq>(list: &[T], known: Option<T>) -> bool {
    known.is_none_or(|known| list.is_empty() || list.contains(&known))
}
