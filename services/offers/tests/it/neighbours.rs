//! The services beside the save desk, as it needs them: a lifecycle service that knows a few
//! customers, and a profiles service that ends subscriptions and tells of changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use contract::lifecycle::v1 as lifecycle;
use contract::lifecycle::v1::care_service_server::{CareService, CareServiceServer};
use contract::lifecycle::v1::rule_service_server::{RuleService, RuleServiceServer};
use contract::lifecycle::v1::status_service_server::{StatusService, StatusServiceServer};
use contract::profiles::v1 as profiles;
use contract::profiles::v1::account_service_server::{AccountService, AccountServiceServer};
use contract::profiles::v1::change_service_server::{ChangeService, ChangeServiceServer};
use contract::profiles::v1::consent_service_server::{ConsentService, ConsentServiceServer};
use contract::profiles::v1::customer_service_server::{CustomerService, CustomerServiceServer};
use contract::types::v1 as types;
use edge::Boundary;
use futures::StreamExt;
use futures::stream::BoxStream;
use kernel::refusal::Refusal;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_stream::wrappers::{TcpListenerStream, WatchStream};
use tonic::{Request, Response, Status};

const BOUNDARY: Boundary = Boundary::new("neighbours.rekindle");

/// The two neighbours on one address. Clones share what they hold.
#[derive(Clone)]
pub(crate) struct Neighbours {
    held: Arc<Mutex<Held>>,
    news: Arc<watch::Sender<usize>>,
    pub(crate) uri: String,
}

/// What lifecycle was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CareOrder {
    Schedule(lifecycle::ScheduleTasksRequest),
    Withdraw(lifecycle::WithdrawTasksRequest),
}

#[derive(Default)]
struct Held {
    customers: BTreeMap<String, types::CustomerFacts>,
    stages: BTreeMap<String, lifecycle::Stage>,
    changes: Vec<profiles::Change>,
    ended: Vec<profiles::EndSubscriptionRequest>,
    reinstated: Vec<profiles::ReinstateSubscriptionRequest>,
    consents: Vec<profiles::RecordConsentRequest>,
    care: Vec<CareOrder>,
    care_down: bool,
    status_calls: usize,
    model_activation: u64,
    lag_seconds: f64,
    down: bool,
}

impl Neighbours {
    #[expect(clippy::disallowed_methods, reason = "ends with the test's runtime")]
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let this = Self {
            held: Arc::default(),
            news: Arc::new(watch::channel(0).0),
            uri: format!("http://{}", listener.local_addr().unwrap()),
        };
        let serving = tonic::transport::Server::builder()
            .add_service(StatusServiceServer::new(this.clone()))
            .add_service(RuleServiceServer::new(this.clone()))
            .add_service(AccountServiceServer::new(this.clone()))
            .add_service(ChangeServiceServer::new(this.clone()))
            .add_service(CustomerServiceServer::new(this.clone()))
            .add_service(CareServiceServer::new(this.clone()))
            .add_service(ConsentServiceServer::new(this.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        this
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    /// Knows a customer from now on, and tells of it.
    pub(crate) fn put(&self, facts: types::CustomerFacts) {
        let mut held = self.held();
        held.changes.push(profiles::Change {
            customer_id: facts.customer_id.clone(),
            revision: facts.revision,
            ..Default::default()
        });
        held.customers.insert(facts.customer_id.clone(), facts);
        self.news.send_replace(held.changes.len());
    }

    /// Erases ids of a person, and tells of it.
    pub(crate) fn erase_and_tell(&self, ids: &[&str]) {
        let mut held = self.held();
        for id in ids {
            held.customers.remove(*id);
            held.changes.push(profiles::Change {
                customer_id: (*id).to_owned(),
                revision: 99,
                erased: true,
                ..Default::default()
            });
        }
        self.news.send_replace(held.changes.len());
    }

    /// Tells of a change of a kind of its own.
    pub(crate) fn tell_of(&self, customer_id: &str, kind: i32) {
        let mut held = self.held();
        held.changes.push(profiles::Change {
            customer_id: customer_id.to_owned(),
            kinds: vec![kind],
            ..Default::default()
        });
        self.news.send_replace(held.changes.len());
    }

    /// Says of the feed that it is this far behind.
    pub(crate) fn lag(&self, seconds: f64) {
        self.held().lag_seconds = seconds;
    }

    /// Knows a customer no more.
    pub(crate) fn erase(&self, customer_id: &str) {
        self.held().customers.remove(customer_id);
    }

    /// Makes ids other names of a customer, and tells of it.
    pub(crate) fn merge(&self, stays: types::CustomerFacts, aliases: &[&str]) {
        let facts = types::CustomerFacts {
            merged_customer_ids: aliases.iter().map(|&id| id.to_owned()).collect(),
            ..stays
        };
        for alias in aliases {
            let mut held = self.held();
            held.changes.push(profiles::Change {
                customer_id: (*alias).to_owned(),
                revision: facts.revision,
                merged_into_customer_id: facts.customer_id.clone(),
                ..Default::default()
            });
            held.customers.insert((*alias).to_owned(), facts.clone());
        }
        self.put(facts);
    }

    /// Sees a customer in a stage from now on.
    pub(crate) fn set_stage(&self, customer_id: &str, stage: lifecycle::Stage) {
        self.held().stages.insert(customer_id.to_owned(), stage);
    }

    /// Refuses everything for the moment, or not any more.
    pub(crate) fn set_down(&self, down: bool) {
        self.held().down = down;
    }

    /// Puts another model in use.
    pub(crate) fn activate(&self) {
        self.held().model_activation += 1;
    }

    /// Counts how often a customer was asked for.
    pub(crate) fn status_calls(&self) -> usize {
        self.held().status_calls
    }

    /// Returns the orders that were carried out.
    pub(crate) fn ended(&self) -> Vec<profiles::EndSubscriptionRequest> {
        self.held().ended.clone()
    }

    /// Returns the subscriptions whose end was undone.
    pub(crate) fn reinstated(&self) -> Vec<profiles::ReinstateSubscriptionRequest> {
        self.held().reinstated.clone()
    }

    /// Returns what was recorded of being contacted.
    pub(crate) fn consents(&self) -> Vec<profiles::RecordConsentRequest> {
        self.held().consents.clone()
    }

    /// Returns what care was ordered, in order.
    pub(crate) fn care(&self) -> Vec<CareOrder> {
        self.held().care.clone()
    }

    /// Refuses whatever is about care, or not any more.
    pub(crate) fn set_care_down(&self, down: bool) {
        self.held().care_down = down;
    }

    /// Returns how far the feed goes.
    pub(crate) fn cursor(&self) -> String {
        self.held().changes.len().to_string()
    }
}

/// A customer with one monthly subscription of 50 dollars, worth keeping.
pub(crate) fn facts(customer_id: &str) -> types::CustomerFacts {
    let start = Some(instant("2023-11-21T12:00:00Z"));
    types::CustomerFacts {
        customer_id: customer_id.to_owned(),
        revision: 1,
        kind: types::CustomerKind::Person.into(),
        jurisdiction: "US-TX".to_owned(),
        language: "en".to_owned(),
        subscriptions: vec![types::SubscriptionFacts {
            subscription_id: "s-1".to_owned(),
            account_id: "a-1".to_owned(),
            business_line: "telecom".to_owned(),
            product: "fibre".to_owned(),
            relationship: types::RelationshipType::Contractual.into(),
            contract_kind: types::ContractKind::MonthToMonth.into(),
            state: types::SubscriptionState::Active.into(),
            start_time: start,
            monthly_price: Some(usd(5_000)),
            ..Default::default()
        }],
        lifetimes: vec![types::LifetimeFacts {
            number: 1,
            start_time: start,
            ..Default::default()
        }],
        ..Default::default()
    }
}

/// An incident that is open.
pub(crate) fn outage() -> types::IncidentFacts {
    types::IncidentFacts {
        incident_id: "i-1".to_owned(),
        severity: types::IncidentSeverity::Major.into(),
        category: "outage".to_owned(),
        ..Default::default()
    }
}

pub(crate) fn instant(text: &str) -> prost_types::Timestamp {
    edge::wire::timestamp(text.parse().unwrap())
}

fn usd(minor: i64) -> types::Money {
    types::Money {
        minor,
        currency: "USD".to_owned(),
    }
}

/// The status of a customer who is worth keeping.
fn status(facts: &types::CustomerFacts, stage: lifecycle::Stage) -> lifecycle::CustomerStatus {
    let subscription = |subscription: &types::SubscriptionFacts| {
        let live = matches!(
            subscription.state(),
            types::SubscriptionState::Active | types::SubscriptionState::CancelPending
        );
        lifecycle::SubscriptionStatus {
            subscription_id: subscription.subscription_id.clone(),
            live,
            churn_risk: live.then(|| lifecycle::ChurnRisk {
                probability: 0.2,
                ..Default::default()
            }),
            value_remaining: live.then(|| lifecycle::ValueRemaining {
                amount: Some(usd(40_000)),
                residual_months: 20.0,
                monthly_margin: Some(usd(2_000)),
                ..Default::default()
            }),
            ..Default::default()
        }
    };
    lifecycle::CustomerStatus {
        customer_id: facts.customer_id.clone(),
        revision: facts.revision,
        stage: stage.into(),
        stage_rule: "long_term.tenure".to_owned(),
        live: true,
        lifetime_count: u32::try_from(facts.lifetimes.len()).unwrap(),
        subscriptions: facts.subscriptions.iter().map(subscription).collect(),
        ..Default::default()
    }
}

fn unavailable() -> Status {
    BOUNDARY.status(Refusal::unavailable(
        "DOWN",
        "down",
        Duration::from_millis(1),
    ))
}

#[tonic::async_trait]
impl StatusService for Neighbours {
    type WatchTransitionsStream =
        futures::stream::BoxStream<'static, Result<lifecycle::WatchTransitionsResponse, Status>>;

    async fn get_customer_status(
        &self,
        request: Request<lifecycle::GetCustomerStatusRequest>,
    ) -> Result<Response<lifecycle::GetCustomerStatusResponse>, Status> {
        let mut held = self.held();
        held.status_calls += 1;
        if held.down {
            return Err(unavailable());
        }
        let facts = held
            .customers
            .get(&request.get_ref().customer_id)
            .ok_or_else(|| {
                BOUNDARY.status(Refusal::not_found("CUSTOMER_NOT_FOUND", "no such customer"))
            })?;
        let stage = held.stages.get(&facts.customer_id).copied();
        let stage = stage.unwrap_or(lifecycle::Stage::LongTerm);
        Ok(Response::new(lifecycle::GetCustomerStatusResponse {
            status: Some(lifecycle::CustomerStatus {
                model_activation: held.model_activation,
                ..status(facts, stage)
            }),
            facts: Some(facts.clone()),
        }))
    }

    async fn batch_get_customer_statuses(
        &self,
        _: Request<lifecycle::BatchGetCustomerStatusesRequest>,
    ) -> Result<Response<lifecycle::BatchGetCustomerStatusesResponse>, Status> {
        Err(unavailable())
    }

    async fn watch_transitions(
        &self,
        _: Request<lifecycle::WatchTransitionsRequest>,
    ) -> Result<Response<Self::WatchTransitionsStream>, Status> {
        Err(unavailable())
    }

    async fn list_stage_transitions(
        &self,
        _: Request<lifecycle::ListStageTransitionsRequest>,
    ) -> Result<Response<lifecycle::ListStageTransitionsResponse>, Status> {
        Err(unavailable())
    }
}

#[tonic::async_trait]
impl AccountService for Neighbours {
    async fn end_subscription(
        &self,
        request: Request<profiles::EndSubscriptionRequest>,
    ) -> Result<Response<profiles::EndSubscriptionResponse>, Status> {
        let mut held = self.held();
        if held.down {
            return Err(unavailable());
        }
        let order = request.into_inner();
        let customer = held.customers.get(&order.customer_id);
        let revision = customer.map_or(0, |facts| facts.revision + 1);
        held.ended.push(order);
        Ok(Response::new(profiles::EndSubscriptionResponse {
            revision,
            ..Default::default()
        }))
    }

    async fn open_account(
        &self,
        _: Request<profiles::OpenAccountRequest>,
    ) -> Result<Response<profiles::OpenAccountResponse>, Status> {
        Err(unavailable())
    }

    async fn put_subscription(
        &self,
        _: Request<profiles::PutSubscriptionRequest>,
    ) -> Result<Response<profiles::PutSubscriptionResponse>, Status> {
        Err(unavailable())
    }

    async fn reinstate_subscription(
        &self,
        request: Request<profiles::ReinstateSubscriptionRequest>,
    ) -> Result<Response<profiles::ReinstateSubscriptionResponse>, Status> {
        let mut held = self.held();
        if held.down {
            return Err(unavailable());
        }
        held.reinstated.push(request.into_inner());
        Ok(Response::new(
            profiles::ReinstateSubscriptionResponse::default(),
        ))
    }

    async fn list_accounts(
        &self,
        _: Request<profiles::ListAccountsRequest>,
    ) -> Result<Response<profiles::ListAccountsResponse>, Status> {
        Err(unavailable())
    }
}

#[tonic::async_trait]
impl ChangeService for Neighbours {
    type WatchChangesStream = BoxStream<'static, Result<profiles::WatchChangesResponse, Status>>;

    async fn watch_changes(
        &self,
        request: Request<profiles::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let mut sent: usize = request.get_ref().after_cursor.parse().unwrap_or(0);
        let this = self.clone();
        let news = WatchStream::new(self.news.subscribe()).map(move |known| {
            let changes = this.held().changes[sent.min(known)..known].to_vec();
            sent = known.max(sent);
            Ok(profiles::WatchChangesResponse {
                changes,
                cursor: sent.to_string(),
                lag_seconds: this.held().lag_seconds,
            })
        });
        Ok(Response::new(news.boxed()))
    }
}

#[tonic::async_trait]
impl RuleService for Neighbours {
    async fn publish_rules(
        &self,
        _: Request<lifecycle::PublishRulesRequest>,
    ) -> Result<Response<lifecycle::PublishRulesResponse>, Status> {
        Err(unavailable())
    }

    async fn get_rules(
        &self,
        _: Request<lifecycle::GetRulesRequest>,
    ) -> Result<Response<lifecycle::GetRulesResponse>, Status> {
        let held = self.held();
        if held.down {
            return Err(unavailable());
        }
        Ok(Response::new(lifecycle::GetRulesResponse {
            rule_set: None,
            model_activation: held.model_activation,
        }))
    }
}

#[tonic::async_trait]
impl CustomerService for Neighbours {
    async fn batch_get_customer_facts(
        &self,
        request: Request<profiles::BatchGetCustomerFactsRequest>,
    ) -> Result<Response<profiles::BatchGetCustomerFactsResponse>, Status> {
        let held = self.held();
        if held.down {
            return Err(unavailable());
        }
        let ids = &request.get_ref().customer_ids;
        let facts = ids.iter().filter_map(|id| held.customers.get(id).cloned());
        // Who is asked for by several ids is given once.
        let facts: BTreeMap<String, types::CustomerFacts> = facts
            .map(|facts| (facts.customer_id.clone(), facts))
            .collect();
        Ok(Response::new(profiles::BatchGetCustomerFactsResponse {
            facts: facts.into_values().collect(),
        }))
    }

    async fn erase_customer(
        &self,
        _: Request<profiles::EraseCustomerRequest>,
    ) -> Result<Response<profiles::EraseCustomerResponse>, Status> {
        Err(unavailable())
    }

    async fn merge_customers(
        &self,
        _: Request<profiles::MergeCustomersRequest>,
    ) -> Result<Response<profiles::MergeCustomersResponse>, Status> {
        Err(unavailable())
    }

    async fn upsert_customer(
        &self,
        _: Request<profiles::UpsertCustomerRequest>,
    ) -> Result<Response<profiles::UpsertCustomerResponse>, Status> {
        Err(unavailable())
    }

    async fn get_customer(
        &self,
        _: Request<profiles::GetCustomerRequest>,
    ) -> Result<Response<profiles::GetCustomerResponse>, Status> {
        Err(unavailable())
    }

    async fn get_customer_facts(
        &self,
        _: Request<profiles::GetCustomerFactsRequest>,
    ) -> Result<Response<profiles::GetCustomerFactsResponse>, Status> {
        Err(unavailable())
    }
}

#[tonic::async_trait]
impl ConsentService for Neighbours {
    async fn record_consent(
        &self,
        request: Request<profiles::RecordConsentRequest>,
    ) -> Result<Response<profiles::RecordConsentResponse>, Status> {
        let mut held = self.held();
        if held.down {
            return Err(unavailable());
        }
        held.consents.push(request.into_inner());
        Ok(Response::new(profiles::RecordConsentResponse::default()))
    }

    async fn may_contact(
        &self,
        _: Request<profiles::MayContactRequest>,
    ) -> Result<Response<profiles::MayContactResponse>, Status> {
        Err(unavailable())
    }

    async fn list_consents(
        &self,
        _: Request<profiles::ListConsentsRequest>,
    ) -> Result<Response<profiles::ListConsentsResponse>, Status> {
        Err(unavailable())
    }
}

#[tonic::async_trait]
impl CareService for Neighbours {
    async fn schedule_tasks(
        &self,
        request: Request<lifecycle::ScheduleTasksRequest>,
    ) -> Result<Response<lifecycle::ScheduleTasksResponse>, Status> {
        let mut held = self.held();
        if held.down || held.care_down {
            return Err(unavailable());
        }
        held.care.push(CareOrder::Schedule(request.into_inner()));
        Ok(Response::new(lifecycle::ScheduleTasksResponse::default()))
    }

    async fn withdraw_tasks(
        &self,
        request: Request<lifecycle::WithdrawTasksRequest>,
    ) -> Result<Response<lifecycle::WithdrawTasksResponse>, Status> {
        let mut held = self.held();
        if held.down || held.care_down {
            return Err(unavailable());
        }
        held.care.push(CareOrder::Withdraw(request.into_inner()));
        Ok(Response::new(lifecycle::WithdrawTasksResponse::default()))
    }

    async fn lease_tasks(
        &self,
        _: Request<lifecycle::LeaseTasksRequest>,
    ) -> Result<Response<lifecycle::LeaseTasksResponse>, Status> {
        Err(unavailable())
    }

    async fn complete_task(
        &self,
        _: Request<lifecycle::CompleteTaskRequest>,
    ) -> Result<Response<lifecycle::CompleteTaskResponse>, Status> {
        Err(unavailable())
    }

    async fn skip_task(
        &self,
        _: Request<lifecycle::SkipTaskRequest>,
    ) -> Result<Response<lifecycle::SkipTaskResponse>, Status> {
        Err(unavailable())
    }

    async fn list_tasks(
        &self,
        _: Request<lifecycle::ListTasksRequest>,
    ) -> Result<Response<lifecycle::ListTasksResponse>, Status> {
        Err(unavailable())
    }

    async fn get_care_summary(
        &self,
        _: Request<lifecycle::GetCareSummaryRequest>,
    ) -> Result<Response<lifecycle::GetCareSummaryResponse>, Status> {
        Err(unavailable())
    }
}
