//! What the customer answered: whether the answer can be taken, and what it changes.

use kernel::id::{ContactId, PresentedOfferId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use super::history::Outcome;
use super::named::Named;
use super::progress::Progress;
use super::session::{State, Step};

/// A session as it stands, locked for a change.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionNow {
    /// The session.
    pub session_id: SessionId,
    /// The contact it belongs to.
    pub contact_id: ContactId,
    /// How far it has come.
    pub state: State,
    /// A refusal ends the offers.
    pub refusal_ends: bool,
    /// The customer has refused, whatever the state by now.
    pub refused: bool,
    /// The offers handed to the desk.
    pub offers: Vec<OfferNow>,
    /// The clock of the database: expiry is decided where the row is.
    pub now: Timestamp,
}

/// A presented offer as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferNow {
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// What became of it so far.
    pub outcome: Outcome,
    /// Until when it is honoured.
    pub expires_at: Timestamp,
    /// Its hold stands: it was not given back by a cancellation.
    pub held: bool,
    /// It is owed for something that went wrong: accepting it is no save. Told of what is or was
    /// accepted only.
    pub owed: bool,
}

impl SessionNow {
    /// How far it has come, and whether the customer refused on the way.
    pub const fn progress(&self) -> Progress {
        Progress::of(self.state, self.refused)
    }

    /// Tells whether one of its offers was taken that was not owed anyway.
    fn is_saved(&self) -> bool {
        let mut offers = self.offers.iter();
        offers.any(|offer| offer.outcome == Outcome::Accepted && !offer.owed)
    }
}

/// What the desk reports of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was read out.
    Presented,
    /// The customer took it.
    Accepted,
    /// The customer refused it.
    Declined,
    /// It was never read out.
    NotPresented,
}

/// What an answer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The session's state afterwards.
    pub state: State,
    /// The customer has refused.
    pub refused: bool,
    /// The offer's outcome afterwards.
    pub outcome: Outcome,
    /// What becomes of the offer's hold.
    pub hold: HoldMove,
}

/// What becomes of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldMove {
    /// It stays.
    Keep,
    /// It is used.
    Commit,
    /// It is given back.
    Release,
}

impl Answer {
    const fn outcome(self) -> Outcome {
        match self {
            Self::Presented => Outcome::Presented,
            Self::Accepted => Outcome::Accepted,
            Self::Declined => Outcome::Declined,
            Self::NotPresented => Outcome::NotPresented,
        }
    }

    const fn hold(self) -> HoldMove {
        match self {
            Self::Presented => HoldMove::Keep,
            Self::Accepted => HoldMove::Commit,
            Self::Declined | Self::NotPresented => HoldMove::Release,
        }
    }
}

/// Takes an answer, or says why it cannot be taken.
///
/// What was read out is a promise: it can be accepted until it expires even after another offer was
/// refused. What was not read out before a refusal is not offered after it.
pub fn take(
    session: &SessionNow,
    contact: &ContactId,
    presented_offer_id: PresentedOfferId,
    answer: Answer,
) -> Result<Change, Refusal> {
    if session.contact_id != *contact {
        return Err(wrong_contact(contact));
    }
    let offer = session
        .offers
        .iter()
        .find(|offer| offer.presented_offer_id == presented_offer_id)
        .ok_or_else(|| {
            Refusal::not_found(
                "PRESENTED_OFFER_NOT_FOUND",
                "the session has no such presented offer",
            )
            .with("presented_offer_id", presented_offer_id)
        })?;
    still_open(offer, answer, session.now)?;
    still_promised(session, offer)?;
    let step = step(session, offer, answer);
    let after = session
        .progress()
        .after(step)
        .map_err(|illegal| illegal.refusal(session.session_id))?;
    Ok(Change {
        state: after.state,
        refused: after.refused,
        outcome: answer.outcome(),
        hold: answer.hold(),
    })
}

/// The refusal of a contact that the session does not belong to.
pub fn wrong_contact(contact: &ContactId) -> Refusal {
    Refusal::refused(
        "WRONG_CONTACT",
        "the session belongs to another contact: send that one, or ask for an offer in this one",
    )
    .with("contact_id", contact)
}

fn still_open(offer: &OfferNow, answer: Answer, now: Timestamp) -> Result<(), Refusal> {
    let open = matches!(offer.outcome, Outcome::Decided | Outcome::Presented);
    let expired = offer.outcome == Outcome::Expired || (open && offer.expires_at <= now);
    if expired && answer == Answer::Accepted {
        return Err(Refusal::refused(
            "OFFER_EXPIRED",
            "the time of the offer ran out: tell the customer so, and ask for an offer in a new contact",
        )
        .with("presented_offer_id", offer.presented_offer_id)
        .with("expire_time", offer.expires_at));
    }
    let back_to_unread = offer.outcome == Outcome::Presented && answer == Answer::NotPresented;
    let again = offer.outcome == Outcome::Presented && answer == Answer::Presented;
    if open && !back_to_unread && !again {
        return Ok(());
    }
    Err(Refusal::refused(
        "OFFER_ALREADY_ANSWERED",
        format!(
            "what became of the offer is recorded: {}",
            offer.outcome.name()
        ),
    )
    .with("presented_offer_id", offer.presented_offer_id)
    .with("outcome", offer.outcome.name()))
}

/// A cancellation gives back what was open; only what is owed and what was offered afterwards stands.
/// That a call was closed takes nothing back, but does not let two offers of it be taken, either.
fn still_promised(session: &SessionNow, offer: &OfferNow) -> Result<(), Refusal> {
    let problem = match session.state {
        State::CancelRecorded | State::Closed if !offer.held => {
            "the offer went with the cancellation: with the customer's permission, ask for another"
        }
        State::Closed if session.is_saved() && !offer.owed => {
            "the customer took another offer before the session was closed: that one stands"
        }
        _ => return Ok(()),
    };
    Err(Refusal::refused("ILLEGAL_STATE", problem)
        .with("session_id", session.session_id)
        .with("state", session.state.name()))
}

fn step(session: &SessionNow, offer: &OfferNow, answer: Answer) -> Step {
    match answer {
        Answer::Presented => Step::Present,
        Answer::NotPresented => Step::NotPresent,
        // Accepting what was never read out, after a refusal, would be a second pitch.
        Answer::Accepted if offer.outcome == Outcome::Decided && session.progress().refused => {
            Step::Present
        }
        Answer::Accepted if offer.owed => Step::TakeOwed,
        Answer::Accepted => Step::Accept,
        Answer::Declined => {
            let others_open = session.offers.iter().any(|other| {
                other.presented_offer_id != offer.presented_offer_id
                    && matches!(other.outcome, Outcome::Decided | Outcome::Presented)
            });
            if session.refusal_ends || !others_open {
                Step::Decline
            } else {
                Step::DeclineOne
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "2026-11-21T12:00:00Z";

    fn id(number: u8) -> PresentedOfferId {
        PresentedOfferId::new(Timestamp::UNIX_EPOCH, [number; 10])
    }

    fn offer(number: u8, outcome: Outcome) -> OfferNow {
        OfferNow {
            presented_offer_id: id(number),
            outcome,
            expires_at: "2026-11-21T13:00:00Z".parse().unwrap(),
            held: true,
            owed: false,
        }
    }

    fn session(state: State, offers: Vec<OfferNow>) -> SessionNow {
        SessionNow {
            session_id: SessionId::new(Timestamp::UNIX_EPOCH, [9; 10]),
            contact_id: contact("k-1"),
            state,
            refusal_ends: true,
            refused: false,
            offers,
            now: NOON.parse().unwrap(),
        }
    }

    fn contact(text: &str) -> ContactId {
        ContactId::parse(text).unwrap()
    }

    fn reason(result: Result<Change, Refusal>) -> &'static str {
        result.unwrap_err().reason
    }

    #[test]
    fn an_offer_is_accepted_once_by_its_own_contact_before_it_expires() {
        let mut now = session(State::Offered, vec![offer(1, Outcome::Presented)]);
        let change = take(&now, &contact("k-1"), id(1), Answer::Accepted).unwrap();
        assert_eq!(
            (change.state, change.hold),
            (State::SaveRecorded, HoldMove::Commit)
        );

        assert_eq!(
            reason(take(&now, &contact("k-2"), id(1), Answer::Accepted)),
            "WRONG_CONTACT"
        );
        assert_eq!(
            reason(take(&now, &contact("k-1"), id(2), Answer::Accepted)),
            "PRESENTED_OFFER_NOT_FOUND"
        );
        now.now = now.offers[0].expires_at;
        assert_eq!(
            reason(take(&now, &contact("k-1"), id(1), Answer::Accepted)),
            "OFFER_EXPIRED"
        );
        let taken = session(State::SaveRecorded, vec![offer(1, Outcome::Accepted)]);
        assert_eq!(
            reason(take(&taken, &contact("k-1"), id(1), Answer::Accepted)),
            "OFFER_ALREADY_ANSWERED"
        );
    }

    #[test]
    fn what_was_read_out_stands_after_a_refusal_and_what_was_not_is_not_offered() {
        let now = session(
            State::Declined,
            vec![
                offer(1, Outcome::Declined),
                offer(2, Outcome::Presented),
                offer(3, Outcome::Decided),
            ],
        );
        assert!(take(&now, &contact("k-1"), id(2), Answer::Accepted).is_ok());
        for answer in [Answer::Accepted, Answer::Presented] {
            assert_eq!(
                reason(take(&now, &contact("k-1"), id(3), answer)),
                "OFFER_AFTER_REFUSAL"
            );
        }
        assert!(take(&now, &contact("k-1"), id(3), Answer::NotPresented).is_ok());
    }

    #[test]
    fn where_policy_lets_the_other_offer_stand_one_refusal_does_not_end_the_pitch() {
        let mut now = session(
            State::Offered,
            vec![offer(1, Outcome::Presented), offer(2, Outcome::Decided)],
        );
        let declined = |now: &SessionNow| {
            take(now, &contact("k-1"), id(1), Answer::Declined)
                .unwrap()
                .state
        };
        assert_eq!(declined(&now), State::Declined);
        now.refusal_ends = false;
        assert_eq!(declined(&now), State::Offered);
        now.offers.pop();
        assert_eq!(declined(&now), State::Declined);
    }

    #[test]
    fn once_the_cancellation_is_done_only_what_was_offered_afterwards_can_be_taken() {
        let mut now = session(State::CancelRecorded, vec![offer(1, Outcome::Presented)]);
        let answer = |now: &SessionNow, answer| take(now, &contact("k-1"), id(1), answer);
        assert_eq!(
            answer(&now, Answer::Accepted).unwrap().state,
            State::SaveRecorded
        );
        let declined = answer(&now, Answer::Declined).unwrap();
        assert_eq!(
            (declined.state, declined.refused),
            (State::CancelRecorded, true)
        );
        now.offers[0].held = false;
        assert_eq!(reason(answer(&now, Answer::Accepted)), "ILLEGAL_STATE");
    }

    #[test]
    fn what_was_promised_can_be_taken_after_the_session_was_closed_while_its_hold_lives() {
        let mut now = session(
            State::Closed,
            vec![offer(1, Outcome::Presented), offer(2, Outcome::Decided)],
        );
        let accept =
            |now: &SessionNow, number| take(now, &contact("k-1"), id(number), Answer::Accepted);
        for number in [1, 2] {
            let change = accept(&now, number).unwrap();
            assert_eq!(
                (change.state, change.hold),
                (State::SaveRecorded, HoldMove::Commit)
            );
        }
        now.refused = true;
        assert!(accept(&now, 1).is_ok());
        assert_eq!(reason(accept(&now, 2)), "OFFER_AFTER_REFUSAL");
        let mut expired = now.clone();
        expired.now = now.offers[0].expires_at;
        assert_eq!(reason(accept(&expired, 1)), "OFFER_EXPIRED");
        let mut cancelled = now.clone();
        cancelled.offers[0].held = false;
        assert_eq!(reason(accept(&cancelled, 1)), "ILLEGAL_STATE");
        now.offers[1].outcome = Outcome::Accepted;
        assert_eq!(reason(accept(&now, 1)), "ILLEGAL_STATE");
    }

    #[test]
    fn what_is_owed_is_no_save_and_ends_nothing() {
        for (state, _) in State::NAMES.iter().copied() {
            let mut now = session(
                state,
                vec![offer(1, Outcome::Presented), offer(2, Outcome::Presented)],
            );
            now.offers[0].owed = true;
            let Ok(change) = take(&now, &contact("k-1"), id(1), Answer::Accepted) else {
                continue;
            };
            assert_eq!((change.state, change.hold), (state, HoldMove::Commit));
            now.offers[0].outcome = Outcome::Accepted;
            let other = take(&now, &contact("k-1"), id(2), Answer::Accepted);
            let saved = matches!(state, State::SaveRecorded | State::Accepted);
            assert_eq!(other.is_ok(), !saved, "{state:?}");
        }
    }

    #[test]
    fn who_wants_to_leave_after_all_is_read_out_nothing_and_may_take_what_was_read_out() {
        let now = session(
            State::CancelReaffirmed,
            vec![offer(1, Outcome::Presented), offer(2, Outcome::Decided)],
        );
        assert!(take(&now, &contact("k-1"), id(1), Answer::Accepted).is_ok());
        for answer in [Answer::Accepted, Answer::Presented] {
            assert_eq!(
                reason(take(&now, &contact("k-1"), id(2), answer)),
                "OFFER_AFTER_REFUSAL"
            );
        }
    }

    #[test]
    fn not_presented_is_no_refusal_and_gives_the_hold_back() {
        let now = session(State::Offered, vec![offer(1, Outcome::Decided)]);
        let change = take(&now, &contact("k-1"), id(1), Answer::NotPresented).unwrap();
        assert_eq!(
            (change.state, change.hold),
            (State::Offered, HoldMove::Release)
        );
    }
}
