//! The save session: its states, the steps between them, and which steps are refused.

use kernel::id::SessionId;
use kernel::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::named::Named;

/// How far a save session has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Opened.
    Opened,
    /// The customer said what they want.
    IntentStated,
    /// What must be said first was said.
    Disclosed,
    /// The customer was asked whether they want to hear an offer.
    PermissionAsked,
    /// Offers were handed to the desk.
    Offered,
    /// An offer was accepted.
    Accepted,
    /// The offers were declined: no further one is made.
    Declined,
    /// The customer said again that they leave.
    CancelReaffirmed,
    /// Ended with a save, provisional until billing agrees.
    SaveRecorded,
    /// Ended with a cancellation.
    CancelRecorded,
    /// Handed to somebody else.
    Transferred,
    /// Left without an end.
    Abandoned,
    /// Closed.
    Closed,
}

impl Named for State {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Opened, "opened"),
        (Self::IntentStated, "intent_stated"),
        (Self::Disclosed, "disclosed"),
        (Self::PermissionAsked, "permission_asked"),
        (Self::Offered, "offered"),
        (Self::Accepted, "accepted"),
        (Self::Declined, "declined"),
        (Self::CancelReaffirmed, "cancel_reaffirmed"),
        (Self::SaveRecorded, "save_recorded"),
        (Self::CancelRecorded, "cancel_recorded"),
        (Self::Transferred, "transferred"),
        (Self::Abandoned, "abandoned"),
        (Self::Closed, "closed"),
    ];
}

/// What can happen in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The desk asks (again) for an offer.
    Ask,
    /// Offers are handed to the desk.
    Offer,
    /// Somebody with authority makes an offer that was passed over.
    Override,
    /// An offer was read out.
    Present,
    /// An offer was never read out.
    NotPresent,
    /// An offer is accepted.
    Accept,
    /// What is owed is accepted: no save.
    TakeOwed,
    /// An offer is declined, and refusal ends the pitch.
    Decline,
    /// An offer is declined where policy lets the others stand.
    DeclineOne,
    /// What must be said first was said.
    Disclose,
    /// The customer agreed to hear an offer.
    GrantPermission,
    /// The customer does not want to hear an offer.
    RefusePermission,
    /// The customer said again that they leave.
    Reaffirm,
    /// The customer asks what else there is.
    Alternative,
    /// The customer leaves.
    Cancel,
    /// The customer stays after all, without an offer.
    Reinstate,
    /// The call is handed on.
    Transfer,
    /// Nobody came back to it.
    Abandon,
    /// The call is over.
    Close,
}

impl Step {
    /// Tells whether the step leads to an offer that the customer has not heard.
    pub const fn pitches(self) -> bool {
        matches!(
            self,
            Self::Ask
                | Self::Offer
                | Self::Override
                | Self::Present
                | Self::Alternative
                | Self::GrantPermission
        )
    }

    /// Tells whether the step is a refusal that ends the offers.
    pub const fn refuses(self) -> bool {
        matches!(
            self,
            Self::Decline | Self::RefusePermission | Self::Reaffirm
        )
    }
}

impl State {
    /// Tells whether the call may still go on.
    pub const fn is_under_way(self) -> bool {
        matches!(
            self,
            Self::Opened
                | Self::IntentStated
                | Self::Disclosed
                | Self::PermissionAsked
                | Self::Offered
                | Self::Declined
                | Self::CancelReaffirmed
        )
    }

    /// Takes a step, or says why it is refused.
    ///
    /// Cancelling is possible from everywhere: leaving never depends on how the call went. Once it
    /// is done the session stays so, unless an offer made afterwards is accepted.
    pub fn after(self, step: Step) -> Result<Self, IllegalStep> {
        let next = match (self, step) {
            (_, Step::Cancel) => Some(Self::CancelRecorded),
            (_, Step::Close) => Some(Self::Closed),
            (state, Step::TakeOwed) if !state.is_before_offers() => Some(state),
            (Self::CancelRecorded, step) => afterwards(step),
            (state, Step::Disclose) if state.is_under_way() => Some(state.disclosed()),
            (state, Step::Reaffirm) if state.is_under_way() => Some(Self::CancelReaffirmed),
            (state, Step::Transfer) if state.is_under_way() => Some(Self::Transferred),
            (state, Step::Abandon) if state.is_under_way() => Some(Self::Abandoned),
            (state, Step::Ask) if state.is_before_offers() => Some(state),
            (state, Step::Offer | Step::Override) if state.is_before_offers() => {
                Some(Self::Offered)
            }
            (state, Step::GrantPermission) if state.is_before_offers() => {
                Some(Self::PermissionAsked)
            }
            (
                Self::Offered,
                Step::Present
                | Step::NotPresent
                | Step::DeclineOne
                | Step::Alternative
                | Step::Override
                | Step::GrantPermission,
            ) => Some(Self::Offered),
            // What was read out before the refusal is a promise and can still be accepted; that it
            // was read out before is the presented offer's own check.
            // So can what was read out before the call was handed on, left without an end or closed;
            // what went with a cancellation or a save before that is the offer's own check, too.
            (
                Self::Offered
                | Self::Declined
                | Self::CancelReaffirmed
                | Self::Transferred
                | Self::Abandoned
                | Self::Closed,
                Step::Accept,
            ) => Some(Self::SaveRecorded),
            (Self::Offered | Self::Declined, Step::Decline)
            | (Self::Declined, Step::DeclineOne | Step::NotPresent) => Some(Self::Declined),
            (Self::CancelReaffirmed, Step::Decline | Step::DeclineOne | Step::NotPresent) => {
                Some(Self::CancelReaffirmed)
            }
            (Self::CancelReaffirmed, Step::RefusePermission) => Some(Self::CancelReaffirmed),
            (state, Step::RefusePermission) if state.is_under_way() => Some(Self::Declined),
            _ => None,
        };
        next.ok_or(IllegalStep {
            state: self,
            step,
            refused: self.is_refusal(),
        })
    }

    /// Tells whether the session is in a state that only a refusal leads to.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Self::Declined | Self::CancelReaffirmed)
    }

    const fn is_before_offers(self) -> bool {
        matches!(
            self,
            Self::Opened | Self::IntentStated | Self::Disclosed | Self::PermissionAsked
        )
    }

    const fn disclosed(self) -> Self {
        match self {
            Self::Opened | Self::IntentStated => Self::Disclosed,
            state => state,
        }
    }
}

/// Where a step leads once the cancellation is done: it stays done until an offer is accepted.
const fn afterwards(step: Step) -> Option<State> {
    match step {
        Step::Accept => Some(State::SaveRecorded),
        Step::Reinstate => Some(State::Closed),
        Step::Alternative | Step::Override | Step::Transfer | Step::Abandon => None,
        _ => Some(State::CancelRecorded),
    }
}

/// A step that the session's state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalStep {
    /// Where the session is.
    pub state: State,
    /// What was tried.
    pub step: Step,
    /// The customer has refused before.
    pub refused: bool,
}

impl IllegalStep {
    /// Turns it into the refusal for the desk.
    pub fn refusal(self, session_id: SessionId) -> Refusal {
        let refusal = if self.refused && (self.step.pitches() || self.step == Step::Accept) {
            Refusal::refused(
                "OFFER_AFTER_REFUSAL",
                "the customer refused: make no further offer and let them go",
            )
        } else if self.state == State::Offered && self.step == Step::Ask {
            Refusal::refused(
                "TOO_MANY_OFFERS",
                "the offers of this session are out: record what became of them",
            )
        } else {
            Refusal::refused(
                "ILLEGAL_STATE",
                format!(
                    "the session is {}: this step is not possible any more; read it with GetSession",
                    self.state.name()
                ),
            )
        };
        refusal
            .with("session_id", session_id)
            .with("state", self.state.name())
    }
}

#[cfg(test)]
mod tests {
    use kernel::time::Timestamp;

    use super::*;

    fn session_id() -> SessionId {
        SessionId::new(Timestamp::UNIX_EPOCH, [0; 10])
    }

    #[test]
    fn leaving_is_one_step_from_every_state() {
        for (state, _) in State::NAMES.iter().copied() {
            assert_eq!(
                state.after(Step::Cancel),
                Ok(State::CancelRecorded),
                "{state:?}"
            );
        }
    }

    #[test]
    fn a_refusal_ends_the_pitch() {
        let declined = State::Offered.after(Step::Decline).unwrap();
        for step in [Step::Ask, Step::Offer, Step::Override, Step::Present] {
            let refusal = declined.after(step).unwrap_err().refusal(session_id());
            assert_eq!(refusal.reason, "OFFER_AFTER_REFUSAL", "{step:?}");
        }
    }

    #[test]
    fn nothing_is_offered_once_the_session_has_ended_and_only_promises_are_kept() {
        for state in [
            State::SaveRecorded,
            State::Transferred,
            State::Abandoned,
            State::Closed,
        ] {
            for step in [
                Step::Ask,
                Step::Offer,
                Step::Override,
                Step::Present,
                Step::Decline,
            ] {
                let refusal = state.after(step).unwrap_err().refusal(session_id());
                assert_eq!(refusal.reason, "ILLEGAL_STATE", "{state:?} {step:?}");
            }
        }
        let refusal = State::SaveRecorded.after(Step::Accept).unwrap_err();
        assert_eq!(refusal.refusal(session_id()).reason, "ILLEGAL_STATE");
        for state in [State::Transferred, State::Abandoned, State::Closed] {
            assert_eq!(state.after(Step::Accept), Ok(State::SaveRecorded));
        }
    }
}
