//! What the desk did with a customer before: what contact policy and the cool-downs look at.

use std::cmp::Reverse;

use kernel::id::{ContactId, CustomerId, OfferKey, SessionId, SubscriptionId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::named::Named;
use super::request::{Intent, Occasion};
use super::session::State;
use super::suppression::Suppression;

/// How far back the desk remembers, in days.
pub const REMEMBERED_DAYS: u32 = 730;

/// The sessions and presented offers of one customer under all of their ids, newest first, bounded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskHistory {
    /// The sessions; at most 100.
    pub sessions: Vec<PastSession>,
    /// The offers; at most 200.
    pub offers: Vec<PastOffer>,
    /// What is kept from the customer, or from everybody; at most 100 of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressions: Vec<Suppression>,
}

/// One session of the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastSession {
    /// The session.
    pub session_id: SessionId,
    /// The contact.
    pub contact_id: ContactId,
    /// The subscription.
    pub subscription_id: SubscriptionId,
    /// How far it came.
    pub state: State,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When service ends by the cancellation confirmed in it; absent when there is none that stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_ends_at: Option<Timestamp>,
    /// The revision of the customer with which profiles carried that cancellation out; absent while it
    /// has not, and in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at_revision: Option<u64>,
    /// What the customer said they want; absent in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// Why the parties spoke; absent in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occasion: Option<Occasion>,
    /// The id under which the desk spoke with the customer, where it is another one than that of the
    /// call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<CustomerId>,
}

/// What became of an offer handed to the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Decided and handed to the desk.
    Decided,
    /// Read out.
    Presented,
    /// Accepted.
    Accepted,
    /// Declined.
    Declined,
    /// Never read out: no refusal.
    NotPresented,
    /// Its time ran out.
    Expired,
}

impl Named for Outcome {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Self::Decided, "decided"),
        (Self::Presented, "presented"),
        (Self::Accepted, "accepted"),
        (Self::Declined, "declined"),
        (Self::NotPresented, "not_presented"),
        (Self::Expired, "expired"),
    ];
}

impl Outcome {
    /// Tells whether the customer heard the offer: what caps count.
    pub const fn was_heard(self) -> bool {
        matches!(self, Self::Presented | Self::Accepted | Self::Declined)
    }
}

/// One offer handed to the desk for this customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PastOffer {
    /// The offer.
    pub offer_key: OfferKey,
    /// It lowered the price.
    pub price_offer: bool,
    /// What became of it.
    pub outcome: Outcome,
    /// When it was handed to the desk.
    pub decided_at: Timestamp,
    /// When the customer heard it or answered it last; absent in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// The session; absent in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// What it was about; absent in records of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<SubscriptionId>,
    /// It was accepted, and that was undone or could not be carried out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undone: bool,
}

impl PastSession {
    /// Tells whether facts of a revision are older than the cancellation confirmed in it. Facts that
    /// are not win over it: profiles may have undone it since.
    pub fn is_newer_than(&self, revision: u64) -> bool {
        self.ended_at_revision.is_none_or(|ended| revision < ended)
    }
}

impl PastOffer {
    /// Tells whether the customer has it, or will.
    pub fn is_taken(&self) -> bool {
        self.outcome == Outcome::Accepted && !self.undone
    }

    /// When the customer heard it, as far as is known.
    pub fn heard_at(&self) -> Timestamp {
        self.answered_at.unwrap_or(self.decided_at)
    }
}

impl DeskHistory {
    /// The most sessions that are looked at.
    pub const MOST_SESSIONS: u8 = 100;
    /// The most offers that are looked at.
    pub const MOST_OFFERS: u8 = 200;

    /// Adds what the desk did with the same customer under another of their ids.
    pub fn join(&mut self, under: &CustomerId, other: &Self) {
        self.sessions
            .extend(other.sessions.iter().map(|session| PastSession {
                under: Some(under.clone()),
                ..session.clone()
            }));
        self.sessions
            .sort_by_key(|session| Reverse(session.session_id));
        self.sessions.truncate(usize::from(Self::MOST_SESSIONS));
        self.offers.extend(other.offers.iter().cloned());
        self.offers.sort_by_key(|offer| Reverse(offer.decided_at));
        self.offers.truncate(usize::from(Self::MOST_OFFERS));
        self.suppressions.extend(other.suppressions.iter().cloned());
    }

    /// Finds the session of a contact about a subscription.
    pub fn session(
        &self,
        contact: &ContactId,
        subscription: &SubscriptionId,
    ) -> Option<&PastSession> {
        self.sessions.iter().find(|session| {
            session.contact_id == *contact && session.subscription_id == *subscription
        })
    }

    /// Lists the sessions about the same subscription that began in the `days` before another.
    pub fn linked(
        &self,
        session_id: SessionId,
        subscription: &SubscriptionId,
        opened_at: Timestamp,
        days: u32,
    ) -> Vec<SessionId> {
        self.sessions
            .iter()
            .filter(|earlier| {
                earlier.session_id != session_id
                    && earlier.subscription_id == *subscription
                    && (0..=i64::from(days)).contains(&days_since(earlier.opened_at, opened_at))
            })
            .map(|earlier| earlier.session_id)
            .collect()
    }
}

/// Counts whole days from one instant to another; negative when it lies ahead.
pub fn days_since(then: Timestamp, now: Timestamp) -> i64 {
    (now.as_second() - then.as_second()).div_euclid(86_400)
}
