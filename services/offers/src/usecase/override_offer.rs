//! Overriding the ranking: replay, gather, decide, record.

use std::sync::Arc;
use std::time::Instant;

use kernel::entropy::Entropy;
use kernel::id::{ContactId, CustomerId, OfferKey, RequestId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::{Clock, Deadline};
use storage::request_log::BodyHash;

use super::active::Active;
use super::any_id::other_id;
use super::gather::Gather;
use super::undecided::Undecided;
use crate::domain::decision::Record;
use crate::domain::overriding::decide_override;
use crate::domain::request::{Agent, SaveRequest};
use crate::store::{AllIds, NewOverride, OVERRIDE_OFFER, Repeated, Store, session_not_found};

/// The use case.
#[derive(Clone)]
pub struct OverrideOffer {
    /// The save desk's tables.
    pub store: Store,
    /// Who customers are.
    pub gather: Gather,
    /// The catalogue and the policy in force.
    pub active: Active,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids and seeds.
    pub entropy: Arc<dyn Entropy>,
}

/// A checked request.
#[derive(Clone, Debug)]
pub struct Command {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The contact.
    pub contact_id: ContactId,
    /// The offer to make.
    pub offer_key: OfferKey,
    /// Who overrides.
    pub agent: Agent,
    /// Why, as a short key.
    pub reason: String,
    /// The trace it is part of; empty when there is none.
    pub trace_id: String,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was decided.
    pub record: Record,
    /// It had been answered before.
    pub replayed: bool,
}

impl OverrideOffer {
    /// Makes an offer that was passed over, once.
    pub async fn handle(&self, command: Command, deadline: Deadline) -> Result<Answer, Refusal> {
        let (asked, session_id) = (command.customer_id.clone(), command.session_id);
        let outcome = self.under_one_id(command.clone(), deadline).await;
        let store = &self.store;
        match other_id(store, &outcome, &asked, session_id, deadline).await {
            Some(customer_id) => {
                let command = Command {
                    customer_id,
                    ..command
                };
                self.under_one_id(command, deadline).await
            }
            None => outcome,
        }
    }

    async fn under_one_id(&self, command: Command, deadline: Deadline) -> Result<Answer, Refusal> {
        let repeated = Repeated {
            method: OVERRIDE_OFFER,
            customer_id: command.customer_id.clone(),
            session_id: command.session_id,
            request_id: command.request_id.clone(),
            body_hash: command.body_hash,
        };
        if let Some(record) = self.store.decided_before(&repeated, deadline).await? {
            return Ok(Answer {
                record,
                replayed: true,
            });
        }
        let session_id = command.session_id;
        let so_far = self
            .store
            .so_far(&command.customer_id, session_id, deadline)
            .await?;
        let latest = so_far.records.into_iter().next_back();
        let latest = latest.ok_or_else(|| session_not_found(session_id))?;
        let record = self.decide(&command, latest.request, deadline).await?;
        let new = NewOverride {
            record,
            contact_id: command.contact_id,
            body_hash: command.body_hash,
        };
        let (record, replayed) = self.store.record_override(new, deadline).await?;
        Ok(Answer { record, replayed })
    }

    /// Decides on the customer as they are now and the call as it was asked about last.
    async fn decide(
        &self,
        command: &Command,
        asked: SaveRequest,
        deadline: Deadline,
    ) -> Result<Record, Refusal> {
        let request = SaveRequest {
            request_id: command.request_id.clone(),
            agent: command.agent.clone(),
            ..asked
        };
        let gathered = self
            .gather
            .customer(&request.customer_id, request.min_revision, deadline)
            .await?;
        let ids = AllIds::of(&request.customer_id, gathered.customer.as_deref());
        let history = self.store.history(ids, deadline).await?;
        let active = self.active.current();
        let (now, started) = (self.clock.now(), Instant::now());
        let history = self.active.known_to(&history, now);
        let undecided = Undecided {
            session_id: command.session_id,
            request,
            gathered: &gathered,
            history,
            versions: &active,
            barred: Vec::new(),
            now,
            trace_id: command.trace_id.clone(),
        };
        let inputs = undecided.inputs();
        let decision = decide_override(&inputs, &command.offer_key, &command.reason)?;
        Ok(undecided.record(decision, started.elapsed(), self.entropy.as_ref()))
    }
}
