//! A call that is to be decided, with everything the decision rests on.

use std::time::Duration;

use kernel::entropy::Entropy;
use kernel::id::{DecisionId, PresentedOfferId, SessionId};
use kernel::time::Timestamp;

use super::active::Versions;
use super::gather::Gathered;
use crate::domain::budget::Barred;
use crate::domain::decision::{Decision, GENERATION, Inputs, Record};
use crate::domain::history::DeskHistory;
use crate::domain::posterior::{Given, seed_of};
use crate::domain::request::SaveRequest;

/// A call that is to be decided.
pub(super) struct Undecided<'a> {
    /// The session.
    pub(super) session_id: SessionId,
    /// What the desk asks.
    pub(super) request: SaveRequest,
    /// Who the customer is.
    pub(super) gathered: &'a Gathered,
    /// What the desk did before, with what is kept from everybody.
    pub(super) history: DeskHistory,
    /// The catalogue and the policy.
    pub(super) versions: &'a Versions,
    /// The budgets that cannot pay for an offer.
    pub(super) barred: Vec<Barred>,
    /// When it is decided.
    pub(super) now: Timestamp,
    /// The trace it is part of; empty when there is none.
    pub(super) trace_id: String,
}

impl Undecided<'_> {
    /// What the decision rests on.
    pub(super) fn inputs(&self) -> Inputs<'_> {
        Inputs {
            request: &self.request,
            customer: self.gathered.customer.as_deref(),
            history: &self.history,
            catalogue: &self.versions.catalogue,
            policy: &self.versions.policy,
            now: self.now,
            degraded: &self.gathered.degraded,
            generation: GENERATION,
            barred: &self.barred,
            learned: self.versions.learned.as_deref().map(|posterior| Given {
                posterior,
                seed: seed_of(self.session_id),
            }),
        }
    }

    /// The record of what it came to, with its ids drawn.
    pub(super) fn record(
        self,
        decision: Decision,
        took: Duration,
        entropy: &dyn Entropy,
    ) -> Record {
        let now = self.now;
        let offers = decision.offers.len();
        Record {
            decision_id: DecisionId::draw(now, entropy),
            session_id: self.session_id,
            request: self.request,
            customer: self.gathered.customer.clone(),
            history: self.history,
            catalogue_version: self.versions.catalogue.version,
            policy_version: self.versions.policy.version,
            generation: GENERATION,
            decided_at: now,
            degraded: self.gathered.degraded.clone(),
            barred: self.barred,
            seed: seed_of(self.session_id),
            first_choice: None,
            learned_version: self.versions.learned.as_ref().map(|it| it.version),
            decision,
            presented_offer_ids: (0..offers)
                .map(|_| PresentedOfferId::draw(now, entropy))
                .collect(),
            trace_id: self.trace_id,
            decide_microseconds: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        }
    }
}
