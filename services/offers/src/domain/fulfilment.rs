//! Carrying out what was accepted, and the promises that could not be kept.

use kernel::id::Uid;

use super::named::Named;

/// A task for a promise that could not be kept; the type exists for the compiler only.
#[derive(Debug)]
pub enum PromiseTaskMarker {}
/// Identifies a promise task.
pub type PromiseTaskId = Uid<PromiseTaskMarker>;

/// A lease of things to carry out; the type exists for the compiler only.
#[derive(Debug)]
pub enum LeaseMarker {}
/// Identifies a lease.
pub type LeaseId = Uid<LeaseMarker>;

/// What became of carrying out an accepted offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// The customer has it.
    Completed,
    /// It cannot be done, for this reason.
    Failed(String),
}

/// How a promise task ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is carried out again.
    Retried,
    /// A person made it good in another way.
    MadeGoodByHand,
    /// The customer does not want it any more.
    CustomerReleased,
}

impl Named for Resolution {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Retried, "retried"),
        (Self::MadeGoodByHand, "made_good_by_hand"),
        (Self::CustomerReleased, "customer_released"),
    ];
}

impl Resolution {
    /// The event that it is in the session.
    pub const fn event(self) -> &'static str {
        match self {
            Self::Retried => "promise_retried",
            Self::MadeGoodByHand => "promise_made_good",
            Self::CustomerReleased => "promise_released",
        }
    }
}
