//! The contact policy: how often a customer is made offers, and for how long they are left in peace.
//!
//! What counts is what the customer heard, never what was merely decided: an offer that was not read
//! out, or that ran out unanswered, never stands in the way of another. Windows are reckoned from
//! the times of what happened whenever somebody asks, so that nothing has to expire in a store.

use std::fmt;

use kernel::id::{AccountId, SubscriptionId};
use kernel::refusal::Refusal;
use kernel::time::Timestamp;

use super::care;
use super::catalogue::{Catalogue, Offer};
use super::customer::Customer;
use super::history::{PastOffer, days_since};
use super::named::Named;
use super::promise::Promise;
use super::qualification::Call;
use super::selection::Selection;

/// How often and how soon again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactPolicy {
    /// At most so many within so long.
    pub caps: Vec<Cap>,
    /// None for so long after one was heard.
    pub cool_downs: Vec<Rest>,
}

/// At most so many offers within a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// Names it.
    pub key: String,
    /// How many at most.
    pub most: u32,
    /// Within which time.
    pub window: Window,
    /// Of which offers.
    pub of: Selection,
    /// What counts.
    pub counts: Counted,
    /// Whose offers count together.
    pub scope: Scope,
}

/// A cool-down: after one of some offers was heard, none of them for a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Names it.
    pub key: String,
    /// For how long.
    pub window: Window,
    /// Of which offers.
    pub of: Selection,
    /// Whose offers count together.
    pub scope: Scope,
}

/// How far back something counts. That it never ends is said, and is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// So many days, at least one.
    Days(u32),
    /// It never stops to count.
    ForEver,
}

/// What of an offer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// That the customer heard it.
    Presented,
    /// That the customer took it.
    Accepted,
}

impl Named for Counted {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Presented, "presented"), (Self::Accepted, "accepted")];
}

/// Whose offers count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything of the customer.
    Customer,
    /// What belongs to the same account.
    Account,
}

impl Named for Scope {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Self::Customer, "customer"), (Self::Account, "account")];
}

impl Window {
    fn covers(self, then: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Days(days) => days_since(then, now) < i64::from(days),
            Self::ForEver => true,
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(formatter, "within {days} days"),
            Self::ForEver => formatter.write_str("for ever"),
        }
    }
}

impl Counted {
    fn counts(self, past: &PastOffer) -> bool {
        match self {
            Self::Presented => past.outcome.was_heard(),
            Self::Accepted => past.is_taken(),
        }
    }
}

/// What a customer heard, for one subscription of theirs: the one place where offers are counted.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// What was offered before.
    pub offers: &'a [PastOffer],
    /// The offers of the catalogue.
    pub catalogue: &'a Catalogue,
    /// The customer, who knows which subscription belongs to which account.
    pub customer: Option<&'a Customer>,
    /// The subscription that is asked about.
    pub subscription_id: &'a SubscriptionId,
    /// When it is asked.
    pub now: Timestamp,
}

impl<'a> Heard<'a> {
    fn of(call: &Call<'a>) -> Self {
        Self {
            offers: &call.inputs.history.offers,
            catalogue: call.catalogue,
            customer: Some(call.customer),
            subscription_id: &call.subscription.subscription_id,
            now: call.inputs.now,
        }
    }

    fn count(&self, cap: &Cap) -> usize {
        let counted = self.offers.iter().filter(|past| {
            cap.counts.counts(past)
                && cap.window.covers(past.heard_at(), self.now)
                && cap.of.included(past, self.catalogue)
                && self.belongs(cap.scope, past)
        });
        counted.count()
    }

    fn belongs(&self, scope: Scope, past: &PastOffer) -> bool {
        match (scope, past.subscription_id.as_ref()) {
            (Scope::Customer, _) | (Scope::Account, None) => true,
            (Scope::Account, Some(other)) => {
                let (here, there) = (self.account(self.subscription_id), self.account(other));
                // Where it is not known it might be the same.
                here.is_none() || there.is_none() || here == there
            }
        }
    }

    fn account(&self, subscription_id: &SubscriptionId) -> Option<&'a AccountId> {
        self.customer?
            .subscription(subscription_id)?
            .account_id
            .as_ref()
    }
}

/// Tells whether a cap or a cool-down of a selection holds for an offer. What is owed is no sale, so
/// that only what names it by lever or key holds it back.
fn governs(of: &Selection, call: &Call<'_>, offer: &Offer) -> bool {
    let by_name = matches!(of, Selection::Lever(_) | Selection::Offer(_));
    of.includes(offer) && (by_name || !care::is_owed(call, offer))
}

/// Finds a cap that leaves no room for an offer.
pub fn reached<'a>(call: &Call<'a>, offer: &Offer) -> Option<&'a Cap> {
    if call.inputs.history.offers.is_empty() {
        return None;
    }
    let heard = Heard::of(call);
    full(call, offer, |cap| heard.count(cap))
}

/// Tells whether caps leave room for an offer beside others of the same answer: all of them may be
/// read out.
pub fn leaves_room_beside(call: &Call<'_>, offer: &Offer, chosen: &[Promise]) -> bool {
    if chosen.is_empty() {
        return true;
    }
    let heard = Heard::of(call);
    full(call, offer, |cap| {
        let beside = chosen.iter().filter(|promise| {
            let other = call.catalogue.offer(&promise.offer_key);
            cap.counts == Counted::Presented && other.is_some_and(|other| cap.of.includes(other))
        });
        heard.count(cap) + beside.count()
    })
    .is_none()
}

fn full<'a>(call: &Call<'a>, offer: &Offer, count: impl Fn(&Cap) -> usize) -> Option<&'a Cap> {
    let mut caps = call.catalogue.contact_policy.caps.iter();
    caps.find(|cap| governs(&cap.of, call, offer) && count(cap) >= most(cap))
}

fn most(cap: &Cap) -> usize {
    usize::try_from(cap.most).unwrap_or(usize::MAX)
}

/// Finds a cool-down that an offer falls into, and what was heard then. What was heard on the same
/// contact is left to the policy of that contact.
pub fn cooling_down<'a>(call: &Call<'a>, offer: &Offer) -> Option<(&'a Rest, &'a PastOffer)> {
    let inputs = call.inputs;
    if inputs.history.offers.is_empty() {
        return None;
    }
    let heard = Heard::of(call);
    let session = call.own_session();
    let rests = call.catalogue.contact_policy.cool_downs.iter();
    rests
        .filter(|rest| governs(&rest.of, call, offer))
        .find_map(|rest| {
            let mut past = heard.offers.iter();
            let last = past.find(|past| {
                past.outcome.was_heard()
                    && (session.is_none() || past.session_id != session)
                    && rest.window.covers(past.heard_at(), heard.now)
                    && rest.of.included(past, heard.catalogue)
                    && heard.belongs(rest.scope, past)
            })?;
            Some((rest, last))
        })
}

impl ContactPolicy {
    /// Tells whether any cap counts what is accepted, so that accepting has to look.
    pub fn caps_acceptances(&self) -> bool {
        let mut caps = self.caps.iter();
        caps.any(|cap| cap.counts == Counted::Accepted)
    }
}

/// Refuses to take an offer that a cap on what is accepted leaves no room for by now: two agents may
/// have handed out what only one may grant.
pub fn may_be_accepted(heard: &Heard<'_>, offered: &PastOffer) -> Result<(), Refusal> {
    let policy = &heard.catalogue.contact_policy;
    let mut caps = policy.caps.iter();
    let full = caps.find(|cap| {
        cap.counts == Counted::Accepted
            && cap.of.included(offered, heard.catalogue)
            && heard.count(cap) >= most(cap)
    });
    full.map_or(Ok(()), |cap| {
        Err(Refusal::refused(
            "CAP_REACHED",
            "the customer has taken as many offers of this kind as the contact policy allows: \
             tell them so; leaving is possible all the same",
        )
        .with("cap", &cap.key)
        .with("most", cap.most))
    })
}
