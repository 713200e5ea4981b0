//! A call that ended, as the desk recorded it.

use kernel::id::{CustomerId, DecisionId, OfferKey, PresentedOfferId, SessionId, SubscriptionId};
use kernel::money::Money;
use kernel::time::Timestamp;

use super::EndedAs;
use crate::domain::decision::Record;
use crate::domain::history::Outcome;

/// A call that ended, as the desk recorded it.
#[derive(Clone, Debug)]
pub struct EndedCall {
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// What they wanted to leave.
    pub subscription_id: SubscriptionId,
    /// When the session was opened.
    pub opened_at: Timestamp,
    /// The reason of the session.
    pub reason: Option<String>,
    /// Another call about the same subscription began within the day before.
    pub repeats: bool,
    /// The cancellation that stands, if one does.
    pub cancellation: Option<StandingCancellation>,
    /// What was handed to the desk, in the order of its decisions and ranks.
    pub offers: Vec<OfferOfCall>,
    /// The decisions in their order, as far as their records can be read.
    pub decisions: Vec<Record>,
    /// A record could not be read.
    pub unreadable: bool,
}

/// A cancellation that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingCancellation {
    /// The revision of the customer with which profiles carried it out; absent while it has not.
    pub profiles_revision: Option<u64>,
    /// The reason given with it.
    pub reason: Option<String>,
}

/// An offer handed to the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferOfCall {
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// The decision that made it.
    pub decision_id: DecisionId,
    /// Its key in the catalogue.
    pub offer_key: OfferKey,
    /// What became of it on the call.
    pub outcome: Outcome,
    /// When it was last answered.
    pub answered_at: Option<Timestamp>,
    /// What its hold committed; absent while it has not.
    pub committed: Option<Money>,
    /// Its acceptance, if there is one.
    pub acceptance: Option<AcceptanceOfCall>,
}

/// An acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptanceOfCall {
    /// When.
    pub accepted_at: Timestamp,
    /// It is owed, and no save.
    pub owed: bool,
    /// It was taken back, or could not be carried out and was not made good.
    pub undone: bool,
}

impl EndedCall {
    /// How it ended.
    pub fn ended_as(&self) -> EndedAs {
        if self.cancellation.is_some() {
            return EndedAs::Cancelled;
        }
        match self.accepted() {
            Some(_) => EndedAs::Accepted,
            None => EndedAs::Neither,
        }
    }

    /// What was accepted, apart from what is owed: the last of it.
    pub fn accepted(&self) -> Option<AcceptanceOfCall> {
        self.accepted_offer()?.acceptance
    }

    /// The offer that the call is measured by: what was accepted, or else heard last, or else was
    /// decided first. What is owed is none.
    pub fn telling_offer(&self) -> Option<&OfferOfCall> {
        let offers = || self.offers.iter().filter(|offer| !self.is_owed(offer));
        let heard = offers().filter(|offer| offer.outcome.was_heard());
        self.accepted_offer()
            .or_else(|| heard.max_by_key(|offer| offer.answered_at))
            .or_else(|| offers().next())
    }

    /// The decision that the call is measured by: that of its offer, or else the first.
    pub fn telling_decision(&self) -> Option<&Record> {
        let Some(offer) = self.telling_offer() else {
            return self.decisions.first();
        };
        let mut decisions = self.decisions.iter();
        decisions.find(|record| record.decision_id == offer.decision_id)
    }

    fn accepted_offer(&self) -> Option<&OfferOfCall> {
        let accepted = self.offers.iter().filter_map(|offer| {
            let acceptance = offer.acceptance.filter(|it| !it.owed)?;
            Some((acceptance.accepted_at, offer))
        });
        accepted.max_by_key(|(at, _)| *at).map(|(_, offer)| offer)
    }

    fn is_owed(&self, offer: &OfferOfCall) -> bool {
        let id = offer.presented_offer_id;
        let mut promises = self
            .decisions
            .iter()
            .filter_map(|record| record.promise(id));
        offer.acceptance.is_some_and(|it| it.owed) || promises.any(|promise| promise.owed)
    }
}
