//! What the customer answered to an offer.

use std::sync::Arc;

use kernel::entropy::Entropy;
use kernel::id::{ContactId, CustomerId, PresentedOfferId, RequestId, SessionId};
use kernel::refusal::{Kind, Refusal};
use kernel::time::{Clock, Deadline};
use storage::request_log::BodyHash;

use super::active::Active;
use super::any_id::other_id;
use crate::domain::answer::Answer;
use crate::domain::decision::Record;
use crate::domain::grant::Grant;
use crate::domain::request::Agent;
use crate::store::{NewResponse, Recorded, Store};

/// The use case.
#[derive(Clone)]
pub struct RecordResponse {
    /// The save desk's tables.
    pub store: Store,
    /// The catalogues, the one in force and those of the past.
    pub active: Active,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance, for ids.
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
    /// The offer.
    pub presented_offer_id: PresentedOfferId,
    /// The answer.
    pub answer: Answer,
    /// The disclosures of the policy were made.
    pub disclosed: bool,
    /// The agent.
    pub agent: Agent,
}

impl RecordResponse {
    /// Records an answer, once.
    pub async fn handle(&self, command: Command, deadline: Deadline) -> Result<Recorded, Refusal> {
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

    async fn under_one_id(
        &self,
        command: Command,
        deadline: Deadline,
    ) -> Result<Recorded, Refusal> {
        // What made an offer never changes, so it is read ahead of the transaction, once.
        let id = command.presented_offer_id;
        let made = self
            .store
            .decision_of_offer(&command.customer_id, id, deadline);
        let made = made.await?.map(Arc::new);
        let grant = match &made {
            Some(made) if command.answer == Answer::Accepted => {
                self.grant(&command, made, deadline).await?
            }
            _ => None,
        };
        let acceptance: SessionId = SessionId::draw(self.clock.now(), self.entropy.as_ref());
        let new = NewResponse {
            request_id: command.request_id,
            body_hash: command.body_hash,
            customer_id: command.customer_id,
            session_id: command.session_id,
            contact_id: command.contact_id,
            presented_offer_id: command.presented_offer_id,
            answer: command.answer,
            agent_id: command.agent.agent_id,
            grant,
            made,
            disclosed: command.disclosed,
            acceptance_id: acceptance.as_uuid(),
            catalogue: Arc::clone(&self.active.current().catalogue),
        };
        Ok(self.store.record_response(new, deadline).await?)
    }

    /// What accepting takes. Absent where the catalogue of the promise cannot be read any more: a
    /// promise is honoured then, too.
    async fn grant(
        &self,
        command: &Command,
        made: &Record,
        deadline: Deadline,
    ) -> Result<Option<Grant>, Refusal> {
        let Some(promise) = made.promise(command.presented_offer_id) else {
            return Ok(None);
        };
        // Who overrode has granted it, whoever takes the answer down.
        let agent = if promise.overridden {
            &made.request.agent
        } else {
            &command.agent
        };
        match self
            .active
            .catalogue(made.catalogue_version, deadline)
            .await
        {
            Ok(catalogue) => Ok(Grant::of(promise, &catalogue, agent)),
            Err(refusal) if refusal.kind == Kind::NotFound => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }
}
