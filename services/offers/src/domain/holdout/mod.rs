//! The holdout: a stable share of customers who are offered nothing that is not owed, so that what
//! offers keep can be told from who would have stayed anyway.
//!
//! Who is held out hangs on the key of the holdout and the customer alone: the same on every contact
//! and on every replica. A call counts for the comparison where something would have been offered,
//! whichever side the customer is on (intention to treat), and the record says so for both sides.
//! What the law asks for, what is owed and leaving itself are the same for everybody.

mod checks;

use std::borrow::Cow;

use kernel::id::{CustomerId, Id, OfferKey};
use kernel::money::BasisPoints;
use kernel::refusal::Refusal;
use serde::{Deserialize, Serialize};

use super::care::is_owed;
use super::decision::{Decision, NO_OFFER, Reason};
use super::qualification::Call;
use super::session::State;
use super::verdict::code;

pub use checks::{Checked, Contamination, Exposure, check};

/// What a holdout is; the type exists for the compiler only.
#[derive(Debug)]
pub enum HoldoutMarker {}
/// Names a holdout. Another key holds out other customers.
pub type HoldoutKey = Id<HoldoutMarker>;

/// From this generation of the rules on customers are held out.
const SINCE_GENERATION: u32 = 4;

/// How many customers are held out, as a catalogue says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlannedShare {
    /// This share.
    Fixed(BasisPoints),
    /// The more calls, the smaller a share is enough.
    ByVolume,
}

impl PlannedShare {
    /// The largest share: with more, fewer would be offered something than nothing.
    pub const LARGEST: BasisPoints = BasisPoints(5_000);
    /// From so many calls a month on the share of many calls is enough; no more need be counted.
    pub const MANY_CALLS: u64 = 20_000;
    const SOME_CALLS: u64 = 1_000;

    /// The share, given how many calls there were in a month.
    pub const fn resolve(self, calls_a_month: u64) -> BasisPoints {
        match self {
            Self::Fixed(share) => share,
            Self::ByVolume if calls_a_month < Self::SOME_CALLS => BasisPoints(1_000),
            Self::ByVolume if calls_a_month <= Self::MANY_CALLS => BasisPoints(500),
            Self::ByVolume => BasisPoints(200),
        }
    }
}

/// A holdout as a catalogue says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedHoldout {
    /// Names it.
    pub key: HoldoutKey,
    /// How many are held out.
    pub share: PlannedShare,
}

impl PlannedHoldout {
    /// Accepts the share that the key was published with before. Customers who changed sides half-way
    /// would spoil the comparison.
    pub fn keep(&self, locked: BasisPoints) -> Result<(), Refusal> {
        match self.share {
            PlannedShare::Fixed(share) if share != locked => Err(Refusal::refused(
                "HOLDOUT_LOCKED",
                "the holdout was published with another share, which never changes: publish the \
                 new share under a new key",
            )
            .with("holdout_key", &self.key)
            .with("locked_share_basis_points", locked.0)
            .with("share_basis_points", share.0)),
            PlannedShare::Fixed(_) | PlannedShare::ByVolume => Ok(()),
        }
    }
}

/// A holdout in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdout {
    /// Names it.
    pub key: HoldoutKey,
    /// Which share of customers is held out.
    pub share: BasisPoints,
}

impl Holdout {
    /// Tells whether a customer is held out.
    pub fn holds_out(&self, customer_id: &CustomerId) -> bool {
        self.holds(ticket(self.key.as_str(), customer_id))
    }

    /// Tells whether a customer who left is held out of being asked back: the same share, and other
    /// customers than those who are offered nothing on a call.
    pub fn holds_out_of_win_back(&self, customer_id: &CustomerId) -> bool {
        self.holds(ticket(&format!("{}.win_back", self.key), customer_id))
    }

    fn holds(&self, ticket: u64) -> bool {
        let whole = u128::from(BasisPoints::ONE.0);
        let place = (u128::from(ticket) * whole) >> 64;
        place < u128::from(self.share.0)
    }
}

/// A number for a customer in a holdout, evenly spread: FNV-1a (Fowler, Noll & Vo) of the customer's
/// id, begun where the key ends, and after both the last steps of `MurmurHash3` (Appleby), so that
/// what two keys hold out has nothing to do with each other.
fn ticket(key: &str, customer_id: &CustomerId) -> u64 {
    const BEGINNING: u64 = 0xcbf2_9ce4_8422_2325;
    mixed(folded(mixed(folded(BEGINNING, key)), customer_id.as_str()))
}

fn folded(from: u64, text: &str) -> u64 {
    text.bytes().fold(from, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

const fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// On which side of the holdout in force a call was. Part of the decision's record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The holdout.
    pub key: HoldoutKey,
    /// Which share of customers it holds out.
    pub share: BasisPoints,
    /// The customer is one of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_out: bool,
    /// Something that is not owed would be offered, or somebody with more authority could offer it,
    /// if the customer were not held out: the call counts for the comparison.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exposed: bool,
}

/// Notes on which side a call is, and takes back what is not owed where the customer is held out.
/// Until here both sides are decided alike, so that nothing but the offers tells them apart.
pub fn withhold(call: &Call<'_>, decision: &mut Decision) {
    let Some(holdout) = &call.catalogue.holdout else {
        return;
    };
    if call.inputs.generation < SINCE_GENERATION {
        return;
    }
    let owed = |key: &OfferKey| {
        let offer = call.catalogue.offer(key);
        offer.is_some_and(|offer| is_owed(call, offer))
    };
    let exposed = decision.offers.iter().any(|promise| !promise.owed)
        || decision.escalation.iter().any(|one| !owed(&one.offer_key));
    let held_out = holdout.holds_out(&call.customer.customer_id);
    decision.holdout = Some(Assignment {
        key: holdout.key.clone(),
        share: holdout.share,
        held_out,
        exposed,
    });
    if !(held_out && exposed) {
        return;
    }
    for withheld in decision.offers.iter().filter(|promise| !promise.owed) {
        let mut verdicts = decision.verdicts.iter_mut();
        if let Some(verdict) = verdicts.find(|verdict| verdict.offer_key == withheld.offer_key) {
            verdict.code = Some(Cow::Borrowed(code::HELD_OUT));
        }
    }
    decision.offers.retain(|promise| promise.owed);
    decision.escalation.retain(|one| owed(&one.offer_key));
    NO_OFFER.clone_into(&mut decision.arm);
    // Given that the customer is held out nothing else could have been.
    decision.propensity = 1.0;
    if decision.offers.is_empty() {
        let reason = Reason::new(code::HELD_OUT, holdout.key.as_str());
        decision.let_go = vec![reason];
        decision.state = State::IntentStated;
    }
}

#[cfg(test)]
mod tests;
