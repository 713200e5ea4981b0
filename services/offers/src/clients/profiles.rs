//! The profiles service: ending subscriptions, and the feed of what changed.

use std::time::Duration;

use contract::profiles::v1::account_service_client::AccountServiceClient;
use contract::profiles::v1::change_service_client::ChangeServiceClient;
use contract::profiles::v1::consent_service_client::ConsentServiceClient;
use contract::profiles::v1::customer_service_client::CustomerServiceClient;
use contract::profiles::v1::{
    BatchGetCustomerFactsRequest, ChangeKind, Consent, EndSubscriptionRequest,
    RecordConsentRequest, ReinstateSubscriptionRequest, WatchChangesRequest, WatchChangesResponse,
};
use contract::types::v1::{ConsentState, EndReason};
use edge::client::{Caller, refusal};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use tonic::Request;

use super::{contact, evidence};
use crate::domain::exit::{EndSubscription, ReinstateSubscription};
use crate::domain::exit_plan::ExitType;
use crate::domain::follow_up::{RecordChoices, ToldReason};
use crate::domain::keep_in_touch::{ContactChannel, KeepInTouch};
use crate::domain::named::Named;
use crate::domain::outcome::Evidence;
use crate::usecase::ports::{CHANGE_NOT_KNOWN, Changes, Profiles};

/// The profiles service.
#[derive(Clone)]
pub struct ProfilesClient {
    accounts: AccountServiceClient<Caller>,
    changes: ChangeServiceClient<Caller>,
    consents: ConsentServiceClient<Caller>,
    customers: CustomerServiceClient<Caller>,
}

impl ProfilesClient {
    /// Asks through a caller.
    pub fn new(caller: Caller) -> Self {
        Self {
            accounts: AccountServiceClient::new(caller.clone()),
            changes: ChangeServiceClient::new(caller.clone()),
            consents: ConsentServiceClient::new(caller.clone()),
            customers: CustomerServiceClient::new(caller),
        }
    }

    async fn end(
        &self,
        order: &EndSubscription,
        exit_type: ExitType,
        told: &ToldReason,
    ) -> Result<u64, Refusal> {
        let request = EndSubscriptionRequest {
            request_id: order.cancellation_id.to_string(),
            customer_id: order.customer_id.to_string(),
            subscription_id: order.subscription_id.to_string(),
            service_end_time: Some(edge::wire::timestamp(order.service_end_at)),
            billing_end_time: Some(edge::wire::timestamp(order.billing_end_at)),
            end_reason: end_reason(exit_type).into(),
            stated_reason: told.stated.clone(),
            reason_category: told.category.clone(),
        };
        self.accounts
            .clone()
            .end_subscription(Request::new(request))
            .await
            .map(|response| response.into_inner().revision)
            .map_err(|status| refusal(&status))
    }

    async fn reinstate(&self, order: &ReinstateSubscription) -> Result<(), Refusal> {
        let request = ReinstateSubscriptionRequest {
            request_id: order.acceptance_id.clone(),
            customer_id: order.customer_id.to_string(),
            subscription_id: order.subscription_id.to_string(),
        };
        self.accounts
            .clone()
            .reinstate_subscription(Request::new(request))
            .await
            .map(|_| ())
            .map_err(|status| refusal(&status))
    }

    async fn record(
        &self,
        order: &RecordChoices,
        channel: ContactChannel,
        choice: KeepInTouch,
    ) -> Result<(), Refusal> {
        let state = match choice {
            KeepInTouch::Wanted => ConsentState::Granted,
            KeepInTouch::NotWanted => ConsentState::Objected,
        };
        let request = RecordConsentRequest {
            request_id: format!("{}.{}", order.cancellation_id, channel.name()),
            consent: Some(Consent {
                customer_id: order.customer_id.to_string(),
                channel: contact::channel(channel).into(),
                state: state.into(),
                record_time: Some(edge::wire::timestamp(order.chosen_at)),
                source: "cancellation".to_owned(),
            }),
        };
        let recorded = self
            .consents
            .clone()
            .record_consent(Request::new(request))
            .await;
        recorded.map(|_| ()).map_err(|status| refusal(&status))
    }

    async fn watch(
        &self,
        after_cursor: String,
    ) -> Result<BoxStream<'static, Result<Changes, Refusal>>, Refusal> {
        let request = WatchChangesRequest {
            after_cursor,
            ..Default::default()
        };
        let stream = self
            .changes
            .clone()
            .watch_changes(Request::new(request))
            .await
            .map_err(|status| refusal(&status))?
            .into_inner();
        Ok(stream
            .map(|run| run.map_err(|status| refusal(&status)).and_then(changes))
            .boxed())
    }

    async fn facts(&self, customers: Vec<CustomerId>) -> Result<Vec<Evidence>, Refusal> {
        let request = BatchGetCustomerFactsRequest {
            customer_ids: customers.iter().map(ToString::to_string).collect(),
        };
        let answer = self
            .customers
            .clone()
            .batch_get_customer_facts(Request::new(request))
            .await
            .map_err(|status| refusal(&status))?;
        let facts = answer.into_inner().facts;
        Ok(facts.iter().flat_map(evidence::by_every_id).collect())
    }
}

/// The reason in the system, which is not the one stated. Whoever moves ends the contract as well.
const fn end_reason(exit_type: ExitType) -> EndReason {
    match exit_type {
        ExitType::Termination | ExitType::Move => EndReason::CustomerTermination,
        ExitType::Withdrawal => EndReason::CustomerWithdrawal,
        ExitType::Deceased => EndReason::Death,
        ExitType::Involuntary => EndReason::PaymentFailure,
    }
}

fn changes(run: WatchChangesResponse) -> Result<Changes, Refusal> {
    let kinds = run.changes.iter().flat_map(|change| &change.kinds);
    if let Some(kind) = kinds.copied().find(|kind| !is_known(*kind)) {
        return Err(change_not_known(kind));
    }
    let changed = run
        .changes
        .iter()
        .filter_map(|change| {
            Some((
                CustomerId::parse(&change.customer_id).ok()?,
                change.revision,
            ))
        })
        .collect();
    let merged = run
        .changes
        .iter()
        .filter(|change| !change.merged_into_customer_id.is_empty())
        .filter_map(|change| {
            Some((
                CustomerId::parse(&change.customer_id).ok()?,
                CustomerId::parse(&change.merged_into_customer_id).ok()?,
            ))
        })
        .collect();
    let erased = run.changes.iter().filter(|change| change.erased);
    let erased = erased.filter_map(|change| CustomerId::parse(&change.customer_id).ok());
    Ok(Changes {
        erased: erased.collect(),
        merged,
        changed,
        lag: Duration::try_from_secs_f64(run.lag_seconds).unwrap_or_default(),
        cursor: run.cursor,
    })
}

fn is_known(kind: i32) -> bool {
    ChangeKind::try_from(kind).is_ok()
}

/// What a change of a later version asks for must not be passed over.
fn change_not_known(kind: i32) -> Refusal {
    Refusal::unavailable(
        CHANGE_NOT_KNOWN,
        "profiles tells of a kind of change that this version does not know: update this service",
        Duration::from_secs(30),
    )
    .with("change_kind", kind)
}

impl Profiles for ProfilesClient {
    fn end_subscription<'a>(
        &'a self,
        order: &'a EndSubscription,
        exit_type: ExitType,
        told: &'a ToldReason,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<u64, Refusal>> {
        let ended = self.end(order, exit_type, told);
        Box::pin(edge::deadline::within(deadline, ended))
    }

    fn record_choice<'a>(
        &'a self,
        order: &'a RecordChoices,
        channel: ContactChannel,
        choice: KeepInTouch,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), Refusal>> {
        let recorded = self.record(order, channel, choice);
        Box::pin(edge::deadline::within(deadline, recorded))
    }

    fn reinstate_subscription<'a>(
        &'a self,
        order: &'a ReinstateSubscription,
        deadline: Deadline,
    ) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(edge::deadline::within(deadline, self.reinstate(order)))
    }

    fn changes(
        &self,
        after: String,
    ) -> BoxFuture<'_, Result<BoxStream<'static, Result<Changes, Refusal>>, Refusal>> {
        Box::pin(self.watch(after))
    }

    fn evidence(
        &self,
        customers: Vec<CustomerId>,
        deadline: Deadline,
    ) -> BoxFuture<'_, Result<Vec<Evidence>, Refusal>> {
        Box::pin(edge::deadline::within(deadline, self.facts(customers)))
    }
}
