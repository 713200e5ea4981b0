//! What became of a call about leaving: whether the customer was still here weeks later, by the facts
//! of billing and not by anybody's word.
//!
//! Every call that ended is measured in the same way, whether an offer was accepted, declined or never
//! made, and also where the customer left: what an offer does shows only against people who were
//! offered nothing. A call is first [described](describe) from what the desk recorded, and then
//! [judged](judge) from the facts of profiles, again and again.
//!
//! Day 0 is when the call was decided. **Here** at a day means entitled *and* billed at that instant:
//! neither the service end nor the billing end lies at or before it. Three windows are looked at, 30,
//! 90 and 180 days, and one more that says whether it lasts: 90 days, and 30 days after the benefit
//! ended if that is later.
//!
//! Judging goes by the dates in the facts and never by when somebody looked, so that a window settled
//! late has the same answer, and looking twice changes nothing. It is done from the newest facts: when
//! these say otherwise than before, the answer of a window changes with them. What they leave in doubt
//! stays as it was [answered before](Before), and so does everything once nobody knows the customer any
//! more: a pause of today says nothing about a day in spring.

mod before;
mod describe;
mod ended_call;
mod evidence;
mod judge;
#[cfg(test)]
mod tests;

use super::named::Named;

pub use before::{Before, judge_erased};
pub use describe::{Decided, Description, OfferTold, describe, first_chosen};
pub use ended_call::{AcceptanceOfCall, EndedCall, OfferOfCall, StandingCancellation};
pub use evidence::{Away, EndKind, Evidence, Standing, SubscriptionEvidence};
pub use judge::{Judged, Judgement, Measured, Windows, durable_due_at, judge};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedAs {
    /// An offer was accepted that is not owed, and no cancellation stands. The agent's word so far.
    Accepted,
    /// A cancellation stands.
    Cancelled,
    /// Neither: it was closed, handed on, or nobody came back to it.
    Neither,
}

impl Named for EndedAs {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Accepted, "accepted"),
        (Self::Cancelled, "cancelled"),
        (Self::Neither, "neither"),
    ];
}

/// Why nothing is learnt from a call, whatever became of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neutral {
    /// Nothing was decided: they left without being asked.
    NotDecided,
    /// The record of the decision cannot be read.
    Unreadable,
    /// Offers were decided and the customer heard none of them.
    NotPresented,
    /// All there was is owed, and is given whatever they decide.
    OnlyOwed,
    /// Somebody with authority decided against the ranking.
    Overridden,
}

impl Named for Neutral {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::NotDecided, "not_decided"),
        (Self::Unreadable, "unreadable"),
        (Self::NotPresented, "not_presented"),
        (Self::OnlyOwed, "only_owed"),
        (Self::Overridden, "overridden"),
    ];
}

/// Where a save stands. The steps to [`Saved180`](Self::Saved180) are those of a customer who is still
/// here, whatever kept them: a call without an offer climbs them, too, from the watchlist on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SaveStatus {
    /// An offer was accepted, and no facts were looked at yet.
    ProvisionalSave,
    /// They are still here by the facts, or in doubt, and no window says so yet.
    Watchlist,
    /// Still entitled and billed at 30 days.
    Saved30,
    /// Still entitled and billed at 90 days.
    Saved90,
    /// Still entitled and billed at 180 days.
    Saved180,
    /// They cancelled on the call: nobody says they were saved.
    Left,
    /// They stayed on the call and left within the windows after all.
    LostDeflect,
    /// An offer was accepted, and the bill says otherwise: service or billing had ended by the call
    /// already, or what was promised was never delivered.
    InvalidSave,
    /// It says nothing about offers; the reason says why.
    Excluded,
}

impl Named for SaveStatus {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::ProvisionalSave, "provisional_save"),
        (Self::Watchlist, "watchlist"),
        (Self::Saved30, "saved_30"),
        (Self::Saved90, "saved_90"),
        (Self::Saved180, "saved_180"),
        (Self::Left, "left"),
        (Self::LostDeflect, "lost_deflect"),
        (Self::InvalidSave, "invalid_save"),
        (Self::Excluded, "excluded"),
    ];
}

/// Why a status is what it is, where that is not in its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusReason {
    /// Excluded: another call about the same subscription began within the day before, and is the one
    /// that is measured.
    RepeatedContact,
    /// Excluded: profiles knows no such customer, or not any more.
    CustomerUnknown,
    /// Excluded: the customer has no such subscription.
    SubscriptionUnknown,
    /// Excluded: service or billing had ended by the call, and nothing was accepted.
    NotInService,
    /// Excluded: the customer died.
    Deceased,
    /// Excluded: the provider ended it, or withdrew the product.
    EndedByProvider,
    /// Excluded: it moved, was replaced or merged, and goes on elsewhere.
    GoesOnElsewhere,
    /// Invalid: service or billing had ended by the call.
    ServiceHadEnded,
    /// Invalid: what was accepted was taken back or could not be delivered, and was not made good.
    BenefitNotDelivered,
    /// In doubt: an end is set and lies ahead.
    EndIsSet,
    /// In doubt: paused. The facts do not say since when, so that no window is settled until it goes on
    /// or ends.
    Paused,
    /// In doubt: suspended, and no failed payment since the call dates it.
    Suspended,
}

impl Named for StatusReason {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::RepeatedContact, "repeated_contact"),
        (Self::CustomerUnknown, "customer_unknown"),
        (Self::SubscriptionUnknown, "subscription_unknown"),
        (Self::NotInService, "not_in_service"),
        (Self::Deceased, "deceased"),
        (Self::EndedByProvider, "ended_by_provider"),
        (Self::GoesOnElsewhere, "goes_on_elsewhere"),
        (Self::ServiceHadEnded, "service_had_ended"),
        (Self::BenefitNotDelivered, "benefit_not_delivered"),
        (Self::EndIsSet, "end_is_set"),
        (Self::Paused, "paused"),
        (Self::Suspended, "suspended"),
    ];
}
