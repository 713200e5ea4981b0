//! What is said on a call besides answers to offers, and recorded because it decides what may be
//! said next.

use super::named::Named;
use super::session::Step;

/// Something that was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// What must be said before the first offer.
    Disclosed,
    /// The customer agreed to hear an offer.
    PermissionGranted,
    /// The customer does not want to hear one.
    PermissionRefused,
    /// The customer said again that they leave.
    CancelReaffirmed,
}

impl Named for Spoken {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Disclosed, "disclosed"),
        (Self::PermissionGranted, "permission_granted"),
        (Self::PermissionRefused, "permission_refused"),
        (Self::CancelReaffirmed, "cancel_reaffirmed"),
    ];
}

impl Spoken {
    /// The step of the session that it is.
    pub const fn step(self) -> Step {
        match self {
            Self::Disclosed => Step::Disclose,
            Self::PermissionGranted => Step::GrantPermission,
            Self::PermissionRefused => Step::RefusePermission,
            Self::CancelReaffirmed => Step::Reaffirm,
        }
    }
}
