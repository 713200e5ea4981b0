//! One other offer, when the customer asks what else there is: a further step of their session,
//! decided by the same engine.

use kernel::id::{ContactId, CustomerId, RequestId, SessionId};
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use storage::request_log::BodyHash;

use super::any_id::other_id;
use super::request_save_offer::{self, Answer, RequestSaveOffer};
use crate::domain::asking::may_ask_for_an_alternative;
use crate::domain::request::{Agent, SaveRequest};
use crate::store::{AllIds, REQUEST_ALTERNATIVE, Repeated, SoFar};

/// The most steps of one contact.
const MOST_STEPS: u32 = 100;

/// The use case.
#[derive(Clone)]
pub struct RequestAlternative {
    /// How offers are asked for.
    pub desk: RequestSaveOffer,
}

/// A checked request.
#[derive(Clone, Debug)]
pub struct Command {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of its encoding.
    pub body_hash: BodyHash,
    /// The customer.
    pub customer_id: CustomerId,
    /// The session.
    pub session_id: SessionId,
    /// The contact.
    pub contact_id: ContactId,
    /// The agent.
    pub agent: Agent,
    /// The trace it is part of; empty when there is none.
    pub trace_id: String,
}

impl RequestAlternative {
    /// Answers once; a retry gets the same answer.
    pub async fn handle(&self, command: Command, deadline: Deadline) -> Result<Answer, Refusal> {
        let (asked, session_id) = (command.customer_id.clone(), command.session_id);
        let outcome = self.under_one_id(command.clone(), deadline).await;
        let store = &self.desk.store;
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
        if let Some(answer) = self.answered_before(&command, deadline).await? {
            return Ok(answer);
        }
        let store = &self.desk.store;
        let so_far = store
            .so_far(&command.customer_id, command.session_id, deadline)
            .await?;
        let request = request(&command, &so_far)?;
        let gathered = self
            .desk
            .gather
            .customer(&command.customer_id, request.min_revision, deadline)
            .await?;
        let ids = AllIds::of(&command.customer_id, gathered.customer.as_deref());
        let history = store.history(ids, deadline).await?;
        let asked = request_save_offer::Command {
            request,
            body_hash: command.body_hash,
            trace_id: command.trace_id.clone(),
        };
        let recorded = self
            .desk
            .decide_later(&asked, &gathered, &history, command.session_id, deadline)
            .await?;
        match recorded {
            Some(answer) => Ok(answer),
            // The same request at the same time: it was answered just now.
            None => self
                .answered_before(&command, deadline)
                .await?
                .ok_or_else(|| crate::store::request_id_reused(command.request_id.as_str())),
        }
    }

    async fn answered_before(
        &self,
        command: &Command,
        deadline: Deadline,
    ) -> Result<Option<Answer>, Refusal> {
        let repeated = Repeated {
            method: REQUEST_ALTERNATIVE,
            customer_id: command.customer_id.clone(),
            session_id: command.session_id,
            request_id: command.request_id.clone(),
            body_hash: command.body_hash,
        };
        let before = self.desk.store.decided_before(&repeated, deadline).await?;
        Ok(match before {
            Some(record) => Some(self.desk.replayed(record, deadline).await),
            None => None,
        })
    }
}

/// What is asked: what the call was about before, and what else there is.
fn request(command: &Command, so_far: &SoFar) -> Result<SaveRequest, Refusal> {
    may_ask_for_an_alternative(
        so_far.progress,
        &so_far.records,
        command.session_id,
        (&so_far.contact_id, &command.contact_id),
    )?;
    // Overrides have steps of their own, which come after all that a desk can ask for.
    let steps = so_far.records.iter().map(|record| record.request.step);
    let last = steps.filter(|step| *step <= MOST_STEPS).max();
    let offered = so_far.records.iter().rev();
    let offered = offered.filter(|record| !record.decision.offers.is_empty());
    let step = last.map_or(1, |last| last.saturating_add(1));
    match offered.map(|record| &record.request).next() {
        Some(request) if step <= MOST_STEPS => Ok(SaveRequest {
            request_id: command.request_id.clone(),
            step,
            agent: command.agent.clone(),
            alternative: true,
            ..request.clone()
        }),
        _ => Err(Refusal::refused(
            "TOO_MANY_OFFERS",
            "the session has no step left: record what became of its offers",
        )
        .with("session_id", command.session_id)),
    }
}
