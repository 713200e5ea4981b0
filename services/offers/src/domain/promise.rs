//! The promise: an offer as it is handed to the desk, with everything that later versions of the
//! catalogue may not change.

use kernel::id::OfferKey;
use kernel::money::Money;
use kernel::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::arbitration::Scored;
use super::budget::BudgetKey;
use super::catalogue::{Lever, Terms};
use super::parity::{Compared, compare_offer};
use super::policy::PolicyOutcome;
use super::qualification::Call;

/// An offer as promised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The offer.
    pub offer_key: OfferKey,
    /// How it works.
    pub lever: Lever,
    /// It argues about price.
    pub price_offer: bool,
    /// It is owed for something that went wrong.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owed: bool,
    /// The title.
    pub title: String,
    /// What it is, in one sentence.
    pub summary: String,
    /// What the agent may say.
    pub script: String,
    /// The terms.
    pub terms: Terms,
    /// Until when accepting is honoured.
    pub expires_at: Timestamp,
    /// What the hold reserves.
    pub cost: Money,
    /// The expected net gain.
    pub gain: Money,
    /// Somebody with authority made it against the ranking; nothing is learnt from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overridden: bool,
    /// The budget that its cost is held in; absent when it needs none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<BudgetKey>,
    /// Its price against that of a new customer, where policy asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parity: Option<Compared>,
}

impl Promise {
    /// Lists what must go with it: what goes with any offer, and what goes with a price.
    pub fn notices(&self, policy: &PolicyOutcome) -> Vec<String> {
        let mut notices = policy.notices.clone();
        if self.sets_a_price() {
            notices.extend(policy.price_notices.iter().cloned());
        }
        notices
    }

    fn sets_a_price(&self) -> bool {
        let now = self.terms.price_now;
        self.price_offer || self.terms.price_during != now || self.terms.price_after != now
    }
}

/// Makes the promise of a chosen offer.
pub fn promise(call: &Call<'_>, arm: &Scored<'_>) -> Promise {
    let text = arm.offer.texts.speak(call.language());
    let terms = arm.benefit.terms;
    let now = call.inputs.now;
    Promise {
        offer_key: arm.offer.key.clone(),
        lever: arm.offer.lever,
        price_offer: arm.offer.is_price_offer(),
        owed: arm.owed,
        title: text.title.clone(),
        // Publishing checks that an offer's texts use only what its benefit has.
        summary: text
            .summary
            .fill(&terms)
            .unwrap_or_else(|| text.title.clone()),
        script: text.script.fill(&terms).unwrap_or_default(),
        terms,
        expires_at: now
            .checked_add(Span::new().minutes(i64::from(arm.offer.hold_minutes)))
            .unwrap_or(now),
        cost: arm.cost,
        gain: arm.terms.money(arm.terms.gain),
        overridden: false,
        budget: arm.offer.budget.clone(),
        parity: compare_offer(call, arm.offer, &terms),
    }
}
