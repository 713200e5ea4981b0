//! The calls to the services under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use contract::lifecycle::v1::GetCustomerStatusRequest;
use contract::lifecycle::v1::status_service_client::StatusServiceClient;
use contract::offers::v1::save_desk_service_client::SaveDeskServiceClient;
use contract::offers::v1::{
    Agent, AuthorityLevel, Channel, DecisionOutcome, InitialIntent, Occasion, Permission,
    RequestSaveOfferRequest,
};

use super::callers::Caller;
use crate::connections::{Connections, said};
use crate::load::Shot;

/// `RequestSaveOffer`, each a contact that never was before, by one customer after the other.
#[derive(Clone)]
pub(super) struct SaveOffer {
    /// The way to offers.
    pub(super) connections: Connections,
    /// Who asks.
    pub(super) callers: Arc<[Caller]>,
    /// What was answered.
    pub(super) answers: Arc<Answers>,
}

/// What was answered to requests for an offer.
#[derive(Debug, Default)]
pub(super) struct Answers {
    all: AtomicU64,
    with_offer: AtomicU64,
}

impl Answers {
    /// The share of the answers that were offers.
    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    pub(super) fn offered_share(&self) -> f64 {
        let all = self.all.load(Ordering::Relaxed).max(1);
        self.with_offer.load(Ordering::Relaxed) as f64 / all as f64
    }
}

impl SaveOffer {
    fn request(&self, number: u64) -> RequestSaveOfferRequest {
        let caller = in_turn(&self.callers, number);
        RequestSaveOfferRequest {
            request_id: format!("bench-request-{number:012}"),
            contact_id: format!("bench-contact-{number:012}"),
            step: 1,
            customer_id: caller.customer_id.clone(),
            subscription_id: caller.subscription_id.clone(),
            occasion: Occasion::CancelCall.into(),
            channel: Channel::Phone.into(),
            initial_intent: InitialIntent::Disconnect.into(),
            reason: "too_expensive".to_owned(),
            agent: Some(Agent {
                agent_id: "agent-17".to_owned(),
                authority: AuthorityLevel::Senior.into(),
                team: String::new(),
            }),
            permission: Permission::Granted.into(),
            ..RequestSaveOfferRequest::default()
        }
    }
}

impl Shot for SaveOffer {
    async fn fire(&self, number: u64) -> Result<(), String> {
        let request = self.request(number);
        let mut desk = SaveDeskServiceClient::new(self.connections.of(number));
        let answer = desk
            .request_save_offer(request)
            .await
            .map_err(|status| said(&status))?
            .into_inner();
        if answer.degraded {
            let why = answer.degraded_reasons.join(", ");
            return Err(format!("a degraded answer: {why}"));
        }
        if answer.replayed {
            return Err("an answer to somebody else's request".to_owned());
        }
        self.answers.all.fetch_add(1, Ordering::Relaxed);
        if answer.outcome() == DecisionOutcome::Present {
            self.answers.with_offer.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// `GetCustomerStatus`, one customer after the other.
#[derive(Clone)]
pub(super) struct Status {
    /// The way to lifecycle.
    pub(super) connections: Connections,
    /// Whose status.
    pub(super) callers: Arc<[Caller]>,
}

impl Shot for Status {
    async fn fire(&self, number: u64) -> Result<(), String> {
        let caller = in_turn(&self.callers, number);
        let request = GetCustomerStatusRequest {
            customer_id: caller.customer_id.clone(),
            subscription_id: caller.subscription_id.clone(),
            ..GetCustomerStatusRequest::default()
        };
        let mut statuses = StatusServiceClient::new(self.connections.of(number));
        let answer = statuses
            .get_customer_status(request)
            .await
            .map_err(|status| said(&status))?;
        match answer.into_inner().status {
            Some(status) if status.customer_id == caller.customer_id => Ok(()),
            _ => Err("the status of somebody else".to_owned()),
        }
    }
}

fn in_turn(callers: &[Caller], number: u64) -> &Caller {
    let turn = usize::try_from(number).unwrap_or_default() % callers.len();
    &callers[turn]
}
