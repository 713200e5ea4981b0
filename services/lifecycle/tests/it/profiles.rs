//! A profiles service that holds what a test puts there, with a feed of changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use chassis::{Context, ServeSettings, Service};
use contract::profiles::v1 as wire;
use contract::profiles::v1::change_service_server::{ChangeService, ChangeServiceServer};
use contract::profiles::v1::consent_service_server::{ConsentService, ConsentServiceServer};
use contract::profiles::v1::customer_service_server::{CustomerService, CustomerServiceServer};
use contract::types::v1::{ConsentChannel, CustomerFacts};
use edge::Boundary;
use futures::StreamExt;
use futures::stream::BoxStream;
use kernel::refusal::Refusal;
use tokio::sync::watch;
use tokio_stream::wrappers::WatchStream;
use tonic::{Request, Response, Status};

const BOUNDARY: Boundary = Boundary::new("profiles.rekindle");

/// How the service behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Answers.
    #[default]
    Well,
    /// Refuses everything for the moment.
    Down,
    /// Does not answer.
    Silent,
    /// Answers without facts.
    Empty,
    /// Finds the requests malformed.
    Picky,
}

#[derive(Default)]
struct Held {
    customers: BTreeMap<String, CustomerFacts>,
    changes: Vec<wire::Change>,
    unreadable: BTreeSet<String>,
    mood: Mood,
    watched_after: Vec<String>,
    never_at_end: bool,
    batch_count: usize,
    traces: Vec<u128>,
    forbidden: BTreeMap<(String, ConsentChannel), Ban>,
    consents_are_down: bool,
    asked: Vec<wire::ContactQuestion>,
}

/// Why a customer may not be contacted on a channel.
#[derive(Clone, Debug)]
pub(crate) struct Ban {
    /// The code of the finding.
    pub(crate) code: &'static str,
    /// When it is over, where only time forbids it.
    pub(crate) until: Option<prost_types::Timestamp>,
}

/// The fake; clones share what it holds.
#[derive(Clone)]
pub(crate) struct FakeProfiles {
    held: Arc<Mutex<Held>>,
    news: Arc<watch::Sender<usize>>,
    pub(crate) uri: String,
}

impl FakeProfiles {
    pub(crate) async fn start() -> Self {
        let mut fake = Self {
            held: Arc::default(),
            news: Arc::new(watch::Sender::new(0)),
            uri: String::new(),
        };
        let service = Service::new(BOUNDARY, contract::DESCRIPTORS_PROFILES)
            .with(CustomerServiceServer::new(fake.clone()))
            .with(ChangeServiceServer::new(fake.clone()))
            .with(ConsentServiceServer::new(fake.clone()));
        let settings = ServeSettings::default();
        let running = chassis::serve(&settings, service, &Context::default()).await;
        running.unwrap().uri().clone_into(&mut fake.uri);
        fake
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap()
    }

    /// Writes a customer's facts and tells the followers.
    pub(crate) fn put(&self, facts: CustomerFacts) {
        let change = wire::Change {
            customer_id: facts.customer_id.clone(),
            revision: facts.revision,
            ..wire::Change::default()
        };
        self.held()
            .customers
            .insert(facts.customer_id.clone(), facts);
        self.tell(change);
    }

    /// Lets an id be another name of a customer and tells the followers of both.
    pub(crate) fn merge(&self, stays: CustomerFacts, alias: &str) {
        let facts = CustomerFacts {
            merged_customer_ids: vec![alias.to_owned()],
            ..stays
        };
        self.held()
            .customers
            .insert(alias.to_owned(), facts.clone());
        let merged_into_customer_id = facts.customer_id.clone();
        self.put(facts);
        self.tell(wire::Change {
            customer_id: alias.to_owned(),
            merged_into_customer_id,
            ..wire::Change::default()
        });
    }

    /// Forgets a customer and tells the followers.
    pub(crate) fn erase(&self, customer_id: &str) {
        self.held().customers.remove(customer_id);
        self.tell(wire::Change {
            customer_id: customer_id.to_owned(),
            ..wire::Change::default()
        });
    }

    /// Tells of a change of a kind of its own.
    pub(crate) fn tell_of(&self, customer_id: &str, kind: i32) {
        self.tell(wire::Change {
            customer_id: customer_id.to_owned(),
            kinds: vec![kind],
            ..wire::Change::default()
        });
    }

    fn tell(&self, change: wire::Change) {
        let count = {
            let mut held = self.held();
            held.changes.push(change);
            held.changes.len()
        };
        self.news.send_replace(count);
    }

    pub(crate) fn feel(&self, mood: Mood) {
        self.held().mood = mood;
        self.news.send_modify(|_| {});
    }

    /// Forbids to contact a customer on a channel.
    pub(crate) fn forbid(&self, customer_id: &str, channel: ConsentChannel, ban: Ban) {
        let key = (customer_id.to_owned(), channel);
        self.held().forbidden.insert(key, ban);
    }

    /// Lets questions for permission fail, or be answered again.
    pub(crate) fn lose_consents(&self, down: bool) {
        self.held().consents_are_down = down;
    }

    /// The questions for permission so far.
    pub(crate) fn asked(&self) -> Vec<wire::ContactQuestion> {
        self.held().asked.clone()
    }

    /// Makes the facts of one customer fail to be read.
    pub(crate) fn spoil(&self, customer_id: &str) {
        self.held().unreadable.insert(customer_id.to_owned());
    }

    /// Lets the feed say that there is always more to come.
    pub(crate) fn never_reach_the_end(&self) {
        self.held().never_at_end = true;
    }

    /// The positions that followers asked to go on from.
    pub(crate) fn watched_after(&self) -> Vec<String> {
        self.held().watched_after.clone()
    }

    pub(crate) fn change_count(&self) -> usize {
        self.held().changes.len()
    }

    /// How many batches were asked for.
    pub(crate) fn batch_count(&self) -> usize {
        self.held().batch_count
    }

    /// The traces of the calls for single customers.
    pub(crate) fn traces(&self) -> Vec<u128> {
        self.held().traces.clone()
    }

    async fn mood(&self) -> Result<Mood, Status> {
        let mood = self.held().mood;
        match mood {
            Mood::Silent => std::future::pending().await,
            Mood::Down => Err(down()),
            Mood::Picky => Err(BOUNDARY.status(Refusal::malformed(Vec::new()))),
            Mood::Well | Mood::Empty => Ok(mood),
        }
    }

    fn run_after(&self, position: usize) -> wire::WatchChangesResponse {
        let held = self.held();
        let position = position.min(held.changes.len());
        wire::WatchChangesResponse {
            changes: held.changes[position..].to_vec(),
            cursor: held.changes.len().to_string(),
            lag_seconds: if held.never_at_end { 1.0 } else { 0.0 },
        }
    }
}

fn down() -> Status {
    let message = "the store is down";
    let wait = std::time::Duration::from_millis(70);
    BOUNDARY.status(Refusal::unavailable("STORAGE_UNAVAILABLE", message, wait))
}

fn unused<T>() -> Result<Response<T>, Status> {
    Err(BOUNDARY.status(Refusal::unimplemented("not asked for in these tests")))
}

#[tonic::async_trait]
impl CustomerService for FakeProfiles {
    async fn upsert_customer(
        &self,
        _: Request<wire::UpsertCustomerRequest>,
    ) -> Result<Response<wire::UpsertCustomerResponse>, Status> {
        unused()
    }

    async fn get_customer(
        &self,
        _: Request<wire::GetCustomerRequest>,
    ) -> Result<Response<wire::GetCustomerResponse>, Status> {
        unused()
    }

    async fn get_customer_facts(
        &self,
        request: Request<wire::GetCustomerFactsRequest>,
    ) -> Result<Response<wire::GetCustomerFactsResponse>, Status> {
        if self.mood().await? == Mood::Empty {
            return Ok(Response::new(wire::GetCustomerFactsResponse::default()));
        }
        let trace = edge::trace::current().map(|trace| trace.trace_id);
        self.held().traces.extend(trace);
        let request = request.into_inner();
        if self.held().unreadable.contains(&request.customer_id) {
            return Err(BOUNDARY.status(Refusal::internal(std::fmt::Error)));
        }
        let found = self.held().customers.get(&request.customer_id).cloned();
        let Some(facts) = found else {
            let refusal = Refusal::not_found("CUSTOMER_NOT_FOUND", "no such customer")
                .with("customer_id", &request.customer_id);
            return Err(BOUNDARY.status(refusal));
        };
        if facts.revision < request.min_revision {
            let refusal = Refusal::refused("REVISION_NOT_REACHED", "never written")
                .with("min_revision", request.min_revision)
                .with("revision", facts.revision);
            return Err(BOUNDARY.status(refusal));
        }
        Ok(Response::new(wire::GetCustomerFactsResponse {
            facts: Some(facts),
        }))
    }

    async fn erase_customer(
        &self,
        _: Request<wire::EraseCustomerRequest>,
    ) -> Result<Response<wire::EraseCustomerResponse>, Status> {
        unused()
    }

    async fn merge_customers(
        &self,
        _: Request<wire::MergeCustomersRequest>,
    ) -> Result<Response<wire::MergeCustomersResponse>, Status> {
        unused()
    }

    async fn batch_get_customer_facts(
        &self,
        request: Request<wire::BatchGetCustomerFactsRequest>,
    ) -> Result<Response<wire::BatchGetCustomerFactsResponse>, Status> {
        self.mood().await?;
        let mut held = self.held();
        held.batch_count += 1;
        let customer_ids = request.into_inner().customer_ids;
        if customer_ids.iter().any(|id| held.unreadable.contains(id)) {
            return Err(BOUNDARY.status(Refusal::internal(std::fmt::Error)));
        }
        let facts = customer_ids
            .iter()
            .filter_map(|id| held.customers.get(id).cloned());
        // Who is asked for by several ids is given once.
        let facts: BTreeMap<String, CustomerFacts> = facts
            .map(|facts| (facts.customer_id.clone(), facts))
            .collect();
        Ok(Response::new(wire::BatchGetCustomerFactsResponse {
            facts: facts.into_values().collect(),
        }))
    }
}

#[tonic::async_trait]
impl ChangeService for FakeProfiles {
    type WatchChangesStream = BoxStream<'static, Result<wire::WatchChangesResponse, Status>>;

    /// Answers with what there is after the position at once, then with each news.
    async fn watch_changes(
        &self,
        request: Request<wire::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        self.mood().await?;
        let after = request.into_inner().after_cursor;
        let mut position: usize = after.parse().unwrap_or(0);
        self.held().watched_after.push(after);
        let fake = self.clone();
        let news = WatchStream::new(self.news.subscribe());
        let runs = news.map(move |_| {
            if fake.held().mood == Mood::Down {
                return Err(down());
            }
            let run = fake.run_after(position);
            position = run.cursor.parse().unwrap_or(position);
            Ok(run)
        });
        Ok(Response::new(runs.boxed()))
    }
}

#[tonic::async_trait]
impl ConsentService for FakeProfiles {
    async fn record_consent(
        &self,
        _: Request<wire::RecordConsentRequest>,
    ) -> Result<Response<wire::RecordConsentResponse>, Status> {
        unused()
    }

    async fn list_consents(
        &self,
        _: Request<wire::ListConsentsRequest>,
    ) -> Result<Response<wire::ListConsentsResponse>, Status> {
        unused()
    }

    async fn may_contact(
        &self,
        request: Request<wire::MayContactRequest>,
    ) -> Result<Response<wire::MayContactResponse>, Status> {
        self.mood().await?;
        let questions = request.into_inner().questions;
        let mut held = self.held();
        if held.consents_are_down {
            return Err(down());
        }
        assert!((1..=200).contains(&questions.len()), "{}", questions.len());
        held.asked.extend(questions.iter().cloned());
        let permissions = questions.into_iter().map(|question| {
            let key = (question.customer_id.clone(), question.channel());
            permission(question, held.forbidden.get(&key))
        });
        Ok(Response::new(wire::MayContactResponse {
            permissions: permissions.collect(),
        }))
    }
}

/// Allowed, unless there is a ban that is not over.
fn permission(question: wire::ContactQuestion, ban: Option<&Ban>) -> wire::ContactPermission {
    let asked = question.send_time.map_or(0, |time| time.seconds);
    let ban = ban.filter(|ban| ban.until.is_none_or(|until| until.seconds > asked));
    let finding = wire::ContactFinding {
        code: ban.map_or("WITHIN_HOURS", |ban| ban.code).to_owned(),
        forbids: ban.is_some(),
        ..wire::ContactFinding::default()
    };
    wire::ContactPermission {
        customer_id: question.customer_id,
        channel: question.channel,
        purpose: question.purpose,
        allowed: ban.is_none(),
        send_time: question.send_time,
        findings: vec![finding],
        next_allowed_time: ban.and_then(|ban| ban.until),
        rules_version: 7,
        revision: 1,
        ..wire::ContactPermission::default()
    }
}
