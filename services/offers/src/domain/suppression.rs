//! Suppressions: offers that are kept from a customer, an account or everybody, until a time or for
//! ever. They take away offers and nothing else: leaving is never in their way.

use kernel::id::{AccountId, SuppressionId};
use kernel::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::catalogue::Offer;
use super::customer::Subscription;
use super::decision::Inputs;
use super::qualification::Call;
use super::selection::Selection;

/// A suppression as a decision sees it, and as its record keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suppression {
    /// Names it.
    pub suppression_id: SuppressionId,
    /// It is about one account only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// It holds for everybody.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everybody: bool,
    /// Which offers.
    pub of: Selection,
    /// How long.
    pub end: End,
    /// Why, as a short key.
    pub reason_key: String,
}

/// How long something holds. That it never ends is said, and is no absent time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Until then.
    Until(Timestamp),
    /// Until it is lifted.
    ForEver,
}

impl Suppression {
    /// Tells whether it holds at a time.
    pub fn holds(&self, now: Timestamp) -> bool {
        match self.end {
            End::Until(end) => now < end,
            End::ForEver => true,
        }
    }

    /// Tells whether it is about a subscription. Whose account is not known may be meant.
    fn concerns(&self, subscription: &Subscription) -> bool {
        match (&self.account_id, &subscription.account_id) {
            (Some(account), Some(own)) => account == own,
            _ => true,
        }
    }
}

/// Finds what keeps every offer from a call.
pub fn of_everything<'a>(
    inputs: &Inputs<'a>,
    subscription: &Subscription,
) -> Option<&'a Suppression> {
    let mut suppressions = inputs.history.suppressions.iter();
    suppressions.find(|suppression| {
        suppression.of == Selection::AllOffers
            && suppression.holds(inputs.now)
            && suppression.concerns(subscription)
    })
}

/// Finds what keeps an offer from a call.
pub fn of_offer<'a>(call: &Call<'a>, offer: &Offer) -> Option<&'a Suppression> {
    let mut suppressions = call.inputs.history.suppressions.iter();
    suppressions.find(|suppression| {
        suppression.of.includes(offer)
            && suppression.holds(call.inputs.now)
            && suppression.concerns(call.subscription)
    })
}
