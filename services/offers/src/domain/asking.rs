//! What a request for an offer means for its session, and how many offers the session has room for.

use kernel::id::{ContactId, SessionId};
use kernel::refusal::Refusal;

use super::answer::{OfferNow, SessionNow, wrong_contact};
use super::decision::Record;
use super::history::Outcome;
use super::named::Named;
use super::policy::PolicyOutcome;
use super::progress::Progress;
use super::qualification::Call;
use super::request::{Permission, SaveRequest};
use super::session::{IllegalStep, State, Step};
use super::spoken::Spoken;

impl SaveRequest {
    /// What the customer said about hearing an offer, as far as they were asked.
    pub const fn spoken(&self) -> Option<Spoken> {
        match self.permission {
            // What was said before the alternative was asked for is not said again.
            _ if self.alternative => None,
            Permission::NotAsked => None,
            Permission::Granted => Some(Spoken::PermissionGranted),
            Permission::Refused => Some(Spoken::PermissionRefused),
        }
    }

    /// The step that asking is. Saying that the customer does not want to hear an offer asks for
    /// none, and can be said whenever the call is under way.
    pub const fn step_of_asking(&self) -> Step {
        match self.permission {
            _ if self.alternative => Step::Alternative,
            Permission::Refused => Step::RefusePermission,
            Permission::NotAsked | Permission::Granted => Step::Ask,
        }
    }
}

impl Record {
    /// The step that the decision is in its session.
    pub fn step(&self) -> Step {
        match self.request.step_of_asking() {
            Step::Ask if !self.decision.offers.is_empty() => Step::Offer,
            step => step,
        }
    }

    /// Moves a session on: what was said, then what was decided.
    pub fn advance(&self, session: Progress) -> Result<Progress, IllegalStep> {
        // Whoever decided did not know that the customer has left in the meantime.
        let believed = self.believed();
        if session.state == State::CancelRecorded
            && believed != Some(State::CancelRecorded)
            && !self.decision.offers.is_empty()
        {
            return Err(IllegalStep {
                state: session.state,
                step: Step::Offer,
                refused: session.refused,
            });
        }
        let said = self.request.spoken().map(Spoken::step);
        let session = match said.filter(|step| *step == Step::GrantPermission) {
            Some(granted) => session.after(granted)?,
            None => session,
        };
        session.after(self.step())
    }

    /// How far its session came by it.
    pub fn session_state(&self) -> State {
        match self.believed() {
            Some(before) => self
                .advance(Progress::of(before, false))
                .map_or(self.decision.state, |after| after.state),
            None if self.request.permission == Permission::Refused => State::Declined,
            None => self.decision.state,
        }
    }

    /// The state in which the session was when it was decided; absent for a first step.
    fn believed(&self) -> Option<State> {
        let request = &self.request;
        let session = self
            .history
            .session(&request.contact_id, &request.subscription_id);
        session.map(|session| session.state)
    }

    /// Refuses more offers than a session has room for: two in all, and, unless the customer asked
    /// what else there is, none beside one that is open.
    pub fn finds_room(&self, session: &SessionNow) -> Result<(), Refusal> {
        let new = self.decision.offers.len();
        let most = usize::try_from(PolicyOutcome::MAX_OFFERS).unwrap_or(0);
        let crowded = session.offers.len() + new > most;
        let opens = |offer: &OfferNow| offer.is_open() && offer.expires_at > session.now;
        if self.request.alternative && !session.offers.iter().any(opens) {
            return Err(no_offer_is_open(session.session_id, session.state));
        }
        let beside = self.step() == Step::Offer && session.offers.iter().any(OfferNow::is_open);
        if new == 0 || !(crowded || beside) {
            return Ok(());
        }
        Err(self.no_room(session))
    }

    /// The refusal of one more offer than a session has room for.
    pub fn no_room(&self, session: &SessionNow) -> Refusal {
        no_room(self.session_id, session.state)
    }
}

/// Refuses to look for an alternative that the session or its policy does not allow. Policy is that
/// of the decision whose offer is out. `contacts` are that of the session and that of the request.
pub fn may_ask_for_an_alternative(
    progress: Progress,
    records: &[Record],
    session_id: SessionId,
    contacts: (&ContactId, &ContactId),
) -> Result<(), Refusal> {
    if contacts.0 != contacts.1 {
        return Err(wrong_contact(contacts.1));
    }
    progress
        .after(Step::Alternative)
        .map_err(|illegal| illegal.refusal(session_id))?;
    let mut offering = records.iter().rev();
    let offering = offering.find(|record| !record.decision.offers.is_empty());
    let Some(offering) = offering else {
        return Err(no_offer_is_open(session_id, progress.state));
    };
    if offering.decision.policy.alternatives_on_request == 0 {
        return Err(Refusal::refused(
            "ALTERNATIVE_NOT_ALLOWED",
            "policy allows no further offer here, even when the customer asks",
        )
        .with("session_id", session_id));
    }
    let asked = records.iter().filter(|record| record.request.alternative);
    let allowed = usize::try_from(offering.decision.policy.alternatives_on_request).unwrap_or(0);
    if asked.count() >= allowed {
        return Err(no_room(session_id, progress.state));
    }
    Ok(())
}

fn no_room(session_id: SessionId, state: State) -> Refusal {
    Refusal::refused(
        "TOO_MANY_OFFERS",
        "the offers of this session are out: record what became of them",
    )
    .with("session_id", session_id)
    .with("state", state.name())
}

fn no_offer_is_open(session_id: SessionId, state: State) -> Refusal {
    Refusal::refused(
        "ILLEGAL_STATE",
        "an alternative is looked for beside an offer that is open, and none is",
    )
    .with("session_id", session_id)
    .with("state", state.name())
}

impl OfferNow {
    /// Tells whether it can still be accepted, but for the time.
    pub const fn is_open(&self) -> bool {
        self.held && matches!(self.outcome, Outcome::Decided | Outcome::Presented)
    }
}

/// How many offers a decision may come to: what policy allows, and what the session has room for.
pub fn most_offers(call: &Call<'_>, policy: &PolicyOutcome) -> usize {
    let (request, history) = (call.inputs.request, call.inputs.history);
    let own = history.session(&request.contact_id, &request.subscription_id);
    let had = own.map_or(0, |own| {
        let offers = history.offers.iter();
        let of_this_call = offers.filter(|offer| offer.session_id == Some(own.session_id));
        of_this_call.count()
    });
    let count = |number: u32| usize::try_from(number).unwrap_or(0);
    let most = if request.alternative {
        policy.alternatives_on_request
    } else {
        policy.max_offers
    };
    count(most).min(count(PolicyOutcome::MAX_OFFERS).saturating_sub(had))
}
