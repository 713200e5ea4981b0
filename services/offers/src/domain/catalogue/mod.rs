//! The catalogue: the reasons people leave for and the offers that may answer them, as one
//! immutable version.

mod amounts;
mod authority;
mod benefit;
mod compile;
mod compile_contact_policy;
mod compile_guidance;
mod compile_occasions;
mod compile_texts;
pub mod draft;
mod guidance;
mod learning;
mod lever;
mod loyalty;
mod offer;
mod reason;
mod reference_price;
mod review;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;

use kernel::id::OfferKey;
use kernel::refusal::Refusal;

use super::budget::BudgetKey;
use super::contact_policy::ContactPolicy;
use super::holdout::{Holdout, PlannedShare};
use super::nearest::did_you_mean;
use super::occasion::Occasions;
use super::serial_saver::SerialSavers;

pub use amounts::Amounts;
pub use authority::{AuthorityDraft, AuthorityLimits, Limits};
pub use benefit::{Benefit, Concession, Terms, TermsError};
pub use guidance::{FactPlaceholder, Guidance, Line, LineValues, Lines, RoutingRow};
pub use learning::{Learning, ValueTiers};
pub use lever::Lever;
pub use offer::{CoolDown, CostModel, Offer, OfferState, Priors, StagePrior};
pub use reason::{Controllable, EndReason, ExitPath, Reason, ReasonTree, ReturnNeeds};
pub use reference_price::{ReferencePrice, ReferencePrices};
pub use text::{OfferText, Placeholder, Script, ScriptValues, Texts, primary_language};

/// One version of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct Catalogue {
    /// The version, from one; zero while none was published.
    pub version: u64,
    /// The reasons people leave for.
    pub reasons: ReasonTree,
    /// How often and how soon again customers are made offers.
    pub contact_policy: ContactPolicy,
    /// What agents may grant, by level.
    pub authority: AuthorityLimits,
    /// What is otherwise for those who ring to leave again and again.
    pub serial_savers: SerialSavers,
    /// What is believed on occasions other than a call to cancel.
    pub occasions: Occasions,
    /// What new customers pay.
    pub reference_prices: ReferencePrices,
    /// What to say and not to say.
    pub guidance: Vec<Guidance>,
    /// Who should take which call; the first row that holds decides.
    pub routing: Vec<RoutingRow>,
    /// How it is found out what works; absent where it is not.
    pub learning: Option<Learning>,
    /// Who is held out; absent where nobody is, or the share hangs on how many calls there were when
    /// it was published.
    pub holdout: Option<Holdout>,
    offers: Vec<Offer>,
    budgets: Vec<BudgetKey>,
}

impl Catalogue {
    /// The catalogue before any was published: nobody is offered anything.
    pub fn empty() -> Self {
        Self::new(ReasonTree::default(), Vec::new())
    }

    /// Builds a catalogue that has no version yet.
    pub fn new(reasons: ReasonTree, mut offers: Vec<Offer>) -> Self {
        offers.sort_by(|left, right| left.key.cmp(&right.key));
        let named = offers.iter().filter_map(|offer| offer.budget.clone());
        let budgets: BTreeSet<BudgetKey> = named.collect();
        Self {
            version: 0,
            reasons,
            contact_policy: ContactPolicy::default(),
            authority: AuthorityLimits::default(),
            serial_savers: SerialSavers::default(),
            occasions: Occasions::new(),
            reference_prices: ReferencePrices::default(),
            guidance: Vec::new(),
            routing: Vec::new(),
            learning: None,
            holdout: None,
            offers,
            budgets: budgets.into_iter().collect(),
        }
    }

    /// Gives it the version under which it was published.
    #[must_use]
    pub fn with_version(self, version: u64) -> Self {
        Self { version, ..self }
    }

    /// Sets how it is found out what works. A share that hangs on nothing is in force at once.
    #[must_use]
    pub fn with_learning(self, learning: Option<Learning>) -> Self {
        let planned = learning.as_ref().map(|learning| &learning.holdout);
        let holdout = planned.and_then(|planned| match planned.share {
            PlannedShare::Fixed(share) => Some(Holdout {
                key: planned.key.clone(),
                share,
            }),
            PlannedShare::ByVolume => None,
        });
        Self {
            learning,
            holdout,
            ..self
        }
    }

    /// Sets who is held out, as it was settled when the holdout was first published.
    #[must_use]
    pub fn with_holdout(self, holdout: Holdout) -> Self {
        Self {
            holdout: Some(holdout),
            ..self
        }
    }

    /// Sets what agents may grant.
    #[must_use]
    pub fn with_authority(self, authority: AuthorityLimits) -> Self {
        Self { authority, ..self }
    }

    /// Tells whether it has directions for any call.
    pub const fn directs(&self) -> bool {
        !self.guidance.is_empty() || !self.routing.is_empty()
    }

    /// Returns every offer, by key.
    pub fn offers(&self) -> impl ExactSizeIterator<Item = &Offer> {
        self.offers.iter()
    }

    /// Returns the budgets that its offers name, each once.
    pub fn budgets(&self) -> &[BudgetKey] {
        &self.budgets
    }

    /// Finds an offer that somebody names, or says that there is none.
    pub fn named_offer(&self, key: &OfferKey) -> Result<&Offer, Refusal> {
        self.offer(key).ok_or_else(|| {
            let keys = self.offers.iter().map(|offer| offer.key.as_str());
            let hint = did_you_mean(key.as_str(), keys);
            let message = format!("the catalogue in force has no such offer{hint}");
            Refusal::not_found("OFFER_NOT_FOUND", message).with("offer_key", key)
        })
    }

    /// Finds an offer.
    pub fn offer(&self, key: &OfferKey) -> Option<&Offer> {
        self.offers
            .binary_search_by(|offer| offer.key.cmp(key))
            .ok()
            .map(|index| &self.offers[index])
    }

    /// Finds a reason by its key.
    pub fn reason(&self, key: &str) -> Option<&Reason> {
        self.reasons.find(key)
    }
}
