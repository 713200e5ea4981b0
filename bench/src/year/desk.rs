//! The calls, and those who leave later: over gRPC, as a call centre and a billing system would.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use contract::offers::v1::save_desk_service_client::SaveDeskServiceClient;
use contract::offers::v1::{
    Agent, AuthorityLevel, Channel, ConfirmCancellationRequest, InitialIntent, Occasion,
    Permission, PresentedOffer, PresentedOutcome, RecordResponseRequest, RequestSaveOfferRequest,
    RequestSaveOfferResponse,
};
use contract::profiles::v1::EndSubscriptionRequest;
use contract::profiles::v1::account_service_client::AccountServiceClient;
use contract::types::v1::EndReason;
use futures::{StreamExt as _, TryStreamExt as _};
use prost_types::Timestamp;
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rekindle::failure::Failure;
use tonic::{Code, Status};

use super::calendar::{self, DAY};
use super::customers::{customer_id, subscription_id};
use super::truth::OfferTruth;
use crate::connections::{Connections, said};

/// How often a call is made that nobody can answer, and the first pause before the next time, which
/// doubles.
const TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The desk of the simulated calls.
pub(super) struct Desk {
    pub(super) offers: Connections,
    pub(super) profiles: Connections,
    pub(super) world: Vec<OfferTruth>,
    pub(super) seed: u64,
    pub(super) in_flight: usize,
    /// Who leaves later, by the instant.
    pub(super) leaving: Mutex<BTreeMap<u64, Vec<u64>>>,
    pub(super) counts: Mutex<Counts>,
}

/// What was played.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) calls: u64,
    pub(super) offered: u64,
    pub(super) accepted: u64,
    pub(super) left_on_the_call: u64,
    pub(super) left_later: u64,
    pub(super) degraded: u64,
    pub(super) repeated: u64,
}

impl Desk {
    pub(super) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, note: impl FnOnce(&mut Counts)) {
        note(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Has some customers call, some at a time.
    pub(super) async fn play(&self, customers: std::ops::Range<u64>) -> Result<(), Failure> {
        let calls = futures::stream::iter(customers).map(|number| self.call(number));
        calls
            .buffer_unordered(self.in_flight)
            .try_collect::<()>()
            .await
            .map_err(|status| Failure::failed(format!("a call failed: {}", said(&status))))
    }

    /// Has those leave whose time has come. The bill says since when they are gone.
    pub(super) async fn let_leave(&self) -> Result<(), Failure> {
        let due = {
            let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
            let later = leaving.split_off(&calendar::now());
            std::mem::replace(&mut *leaving, later)
        };
        let customers = due.into_iter().flat_map(|(instant, customers)| {
            customers.into_iter().map(move |number| (instant, number))
        });
        futures::stream::iter(customers)
            .map(|(instant, number)| self.end(number, instant))
            .buffer_unordered(self.in_flight)
            .try_collect::<()>()
            .await
            .map_err(|status| Failure::failed(format!("an end failed: {}", said(&status))))
    }

    async fn call(&self, number: u64) -> Result<(), Status> {
        let mut chance = ChaCha8Rng::seed_from_u64(self.seed);
        chance.set_stream(number);
        let truth = &self.world[chance.random_range(0..self.world.len())];
        let luck: f64 = chance.random();
        let began = calendar::now();
        let answer = self.request(number, &truth.key).await?;
        let offer = answer.offers.first();
        let known = offer.filter(|offer| offer.offer_key == truth.key);
        let fate = if known.is_some() {
            &truth.offered
        } else {
            &truth.nothing
        };
        let leaves = fate.leaves(luck);
        let leaves_now = leaves == Some(0.0);
        if let Some(offer) = offer {
            let takes = known.is_some() && !leaves_now;
            self.respond(number, &answer, offer, takes).await?;
            self.count(|counts| counts.accepted += u64::from(takes));
        }
        if leaves_now {
            self.confirm(number, began).await?;
        } else if let Some(day) = leaves {
            let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
            leaving.entry(instant(began, day)).or_default().push(number);
        }
        self.count(|counts| {
            counts.calls += 1;
            counts.offered += u64::from(offer.is_some());
            counts.left_on_the_call += u64::from(leaves_now);
            counts.degraded += u64::from(answer.degraded);
        });
        Ok(())
    }

    async fn request(&self, number: u64, reason: &str) -> Result<RequestSaveOfferResponse, Status> {
        let request = RequestSaveOfferRequest {
            request_id: format!("year-q-{number}"),
            contact_id: format!("year-k-{number}"),
            step: 1,
            customer_id: customer_id(number),
            subscription_id: subscription_id(number),
            occasion: Occasion::CancelCall.into(),
            channel: Channel::Phone.into(),
            initial_intent: InitialIntent::Disconnect.into(),
            reason: reason.to_owned(),
            agent: Some(agent()),
            permission: Permission::Granted.into(),
            ..RequestSaveOfferRequest::default()
        };
        let answer = self.patiently(async || {
            let mut desk = SaveDeskServiceClient::new(self.offers.of(number));
            desk.request_save_offer(request.clone()).await
        });
        Ok(answer.await?.into_inner())
    }

    async fn respond(
        &self,
        number: u64,
        answer: &RequestSaveOfferResponse,
        offer: &PresentedOffer,
        takes: bool,
    ) -> Result<(), Status> {
        let outcome = if takes {
            PresentedOutcome::Accepted
        } else {
            PresentedOutcome::Declined
        };
        let request = RecordResponseRequest {
            request_id: format!("year-r-{number}"),
            customer_id: customer_id(number),
            session_id: answer.session_id.clone(),
            contact_id: format!("year-k-{number}"),
            presented_offer_id: offer.presented_offer_id.clone(),
            outcome: outcome.into(),
            agent: Some(agent()),
            disclosed: true,
        };
        let done = self.patiently(async || {
            let mut desk = SaveDeskServiceClient::new(self.offers.of(number));
            desk.record_response(request.clone()).await
        });
        done.await.map(drop)
    }

    async fn confirm(&self, number: u64, began: u64) -> Result<(), Status> {
        let request = ConfirmCancellationRequest {
            request_id: format!("year-c-{number}"),
            customer_id: customer_id(number),
            subscription_id: subscription_id(number),
            contact_id: format!("year-k-{number}"),
            requested_end_time: Some(wire(began)),
            ..ConfirmCancellationRequest::default()
        };
        let done = self.patiently(async || {
            let mut desk = SaveDeskServiceClient::new(self.offers.of(number));
            desk.confirm_cancellation(request.clone()).await
        });
        done.await.map(drop)
    }

    async fn end(&self, number: u64, instant: u64) -> Result<(), Status> {
        let request = EndSubscriptionRequest {
            request_id: format!("year-e-{number}"),
            customer_id: customer_id(number),
            subscription_id: subscription_id(number),
            service_end_time: Some(wire(instant)),
            end_reason: EndReason::CustomerTermination.into(),
            ..EndSubscriptionRequest::default()
        };
        let done = self.patiently(async || {
            let mut accounts = AccountServiceClient::new(self.profiles.of(number));
            accounts.end_subscription(request.clone()).await
        });
        done.await?;
        self.count(|counts| counts.left_later += 1);
        Ok(())
    }

    /// Makes a call, and again where nobody could answer: a request id makes that safe.
    async fn patiently<T>(&self, call: impl AsyncFn() -> Result<T, Status>) -> Result<T, Status> {
        for turn in 1..TRIES {
            match call().await {
                Err(status) if is_passing(status.code()) => {
                    self.count(|counts| counts.repeated += 1);
                    pause(turn).await;
                }
                answer => return answer,
            }
        }
        call().await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever has too much to do does not say when that is over"
)]
async fn pause(turn: u32) {
    tokio::time::sleep(FIRST_PAUSE * (1 << turn)).await;
}

const fn is_passing(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted
            | Code::Aborted
    )
}

fn agent() -> Agent {
    Agent {
        agent_id: "agent-17".to_owned(),
        authority: AuthorityLevel::Manager.into(),
        team: String::new(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "days of half a year, in seconds"
)]
fn instant(began: u64, day: f64) -> u64 {
    began + (day * DAY as f64) as u64
}

fn wire(instant: u64) -> Timestamp {
    Timestamp {
        seconds: i64::try_from(instant).unwrap_or_default(),
        nanos: 0,
    }
}
