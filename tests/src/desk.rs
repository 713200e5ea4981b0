//! The agent's desk: what a call centre's software sends during a call.

use contract::offers::v1 as pb;
use tonic::Status;

use crate::clients::Clients;
use crate::people::Person;

/// A call of one customer about one subscription.
#[derive(Clone, Debug)]
pub struct Call {
    /// What the desk asks.
    pub request: pb::RequestSaveOfferRequest,
}

impl Call {
    /// A person rings to cancel; the contact names the call.
    pub fn of(person: &Person, contact_id: &str) -> Self {
        Self {
            request: pb::RequestSaveOfferRequest {
                request_id: format!("{contact_id}-ask"),
                contact_id: contact_id.to_owned(),
                step: 1,
                customer_id: person.id().to_owned(),
                subscription_id: person.subscription_id().to_owned(),
                occasion: pb::Occasion::CancelCall.into(),
                channel: pb::Channel::Phone.into(),
                initial_intent: pb::InitialIntent::Disconnect.into(),
                agent: Some(agent("agent-1")),
                include_passed_over: true,
                ..Default::default()
            },
        }
    }

    /// States a reason.
    #[must_use]
    pub fn because(mut self, reason: &str) -> Self {
        reason.clone_into(&mut self.request.reason);
        self
    }

    /// Says whether the place that they move to, or would come back to, can be served.
    #[must_use]
    pub fn to_a_place_served(mut self, served: bool) -> Self {
        self.request.destination_serviceable = Some(served);
        self
    }

    /// A later step of the same call.
    #[must_use]
    pub fn later(&self, step: u32) -> Self {
        let mut later = self.clone();
        later.request.step = step;
        later.request.request_id = format!("{}-ask-{step}", self.request.contact_id);
        later
    }

    /// Asks for facts at least this fresh.
    #[must_use]
    pub fn not_before(mut self, revision: u64) -> Self {
        self.request.min_revision = revision;
        self
    }

    /// Asks for an offer.
    pub async fn ask(&self, clients: &Clients) -> pb::RequestSaveOfferResponse {
        self.try_ask(clients).await.unwrap()
    }

    /// Asks for an offer, which may be refused.
    pub async fn try_ask(&self, clients: &Clients) -> Result<pb::RequestSaveOfferResponse, Status> {
        let answer = clients
            .desk()
            .request_save_offer(self.request.clone())
            .await?;
        Ok(answer.into_inner())
    }

    /// The message that says what became of an offer.
    pub fn response(
        &self,
        answer: &pb::RequestSaveOfferResponse,
        outcome: pb::PresentedOutcome,
    ) -> pb::RecordResponseRequest {
        let offer = answer.offers.first().expect("an offer was made");
        pb::RecordResponseRequest {
            request_id: format!("{}-{}", self.request.contact_id, outcome.as_str_name()),
            customer_id: self.request.customer_id.clone(),
            session_id: answer.session_id.clone(),
            contact_id: self.request.contact_id.clone(),
            presented_offer_id: offer.presented_offer_id.clone(),
            outcome: outcome.into(),
            agent: Some(agent("agent-1")),
            disclosed: true,
        }
    }

    /// Records what became of the first offer.
    pub async fn record(
        &self,
        clients: &Clients,
        answer: &pb::RequestSaveOfferResponse,
        outcome: pb::PresentedOutcome,
    ) -> pb::RecordResponseResponse {
        let request = self.response(answer, outcome);
        clients
            .desk()
            .record_response(request)
            .await
            .unwrap()
            .into_inner()
    }

    /// The message that confirms the cancellation, with nothing that is not needed.
    pub fn leave(&self) -> pb::ConfirmCancellationRequest {
        pb::ConfirmCancellationRequest {
            customer_id: self.request.customer_id.clone(),
            subscription_id: self.request.subscription_id.clone(),
            contact_id: self.request.contact_id.clone(),
            ..Default::default()
        }
    }

    /// Confirms the cancellation, which may fail while the desk is not there.
    pub async fn try_leave(
        &self,
        clients: &Clients,
    ) -> Result<pb::ConfirmCancellationResponse, Status> {
        let answer = clients.desk().confirm_cancellation(self.leave()).await?;
        Ok(answer.into_inner())
    }

    /// Confirms the cancellation.
    pub async fn confirm(&self, clients: &Clients) -> pb::ConfirmCancellationResponse {
        let answer = clients.desk().confirm_cancellation(self.leave()).await;
        answer.unwrap().into_inner()
    }

    /// Reads the session.
    pub async fn session(&self, clients: &Clients, session_id: &str) -> pb::SaveSession {
        let request = pb::GetSessionRequest {
            customer_id: self.request.customer_id.clone(),
            session_id: session_id.to_owned(),
        };
        let answer = clients.desk().get_session(request).await.unwrap();
        answer.into_inner().session.unwrap()
    }
}

/// An agent without special authority.
pub fn agent(agent_id: &str) -> pb::Agent {
    pb::Agent {
        agent_id: agent_id.to_owned(),
        authority: pb::AuthorityLevel::Agent.into(),
        team: String::new(),
    }
}

/// The codes of reasons, in their order.
pub fn codes(reasons: &[pb::Reason]) -> Vec<&str> {
    reasons.iter().map(|reason| reason.code.as_str()).collect()
}

/// The verdict on one offer of the catalogue.
pub fn verdict<'a>(
    answer: &'a pb::RequestSaveOfferResponse,
    offer_key: &str,
) -> &'a pb::OfferVerdict {
    let mut verdicts = answer.verdicts.iter();
    let found = verdicts.find(|verdict| verdict.offer_key == offer_key);
    found.unwrap_or_else(|| panic!("no verdict on {offer_key}"))
}
