//! The service under test, in this process, with a database and a clock of its own.

use std::sync::Arc;

use chassis::{Context, Program, RunningService, ServeSettings};
use contract::profiles::v1 as pb;
use contract::profiles::v1::account_service_client::AccountServiceClient;
use contract::profiles::v1::change_service_client::ChangeServiceClient;
use contract::profiles::v1::consent_service_client::ConsentServiceClient;
use contract::profiles::v1::contact_rule_service_client::ContactRuleServiceClient;
use contract::profiles::v1::customer_service_client::CustomerServiceClient;
use contract::profiles::v1::import_service_client::ImportServiceClient;
use contract::profiles::v1::incident_service_client::IncidentServiceClient;
use contract::profiles::v1::timeline_service_client::TimelineServiceClient;
use contract::types::v1 as types;
use profiles::app::Profiles;
use profiles::settings::Settings;
use profiles::store::MIGRATOR;
use testkit::clock::FixedClock;
use testkit::entropy::Seeded;
use testkit::postgres::TestDatabase;
use tonic::Status;
use tonic::transport::Channel;

use crate::builders;

/// When the clock of a stand starts.
pub(crate) const NOW: &str = "2026-11-30T12:00:00Z";

/// Time limits are not what is under test, except where a test sets one: a busy machine is slow.
fn be_patient(settings: &mut Settings) {
    settings.process.serve.edge.default_deadline_ms = 30_000;
    settings.process.serve.edge.max_deadline_ms = 30_000;
    settings.postgres.acquire_timeout_ms = 10_000;
    settings.postgres.read_timeout_ms = 10_000;
    settings.postgres.write_timeout_ms = 20_000;
    settings.postgres.statement_timeout_ms = 10_000;
    settings.postgres.lock_timeout_ms = 10_000;
    settings.facts.timeout_ms = 10_000;
}

pub(crate) struct Stand {
    pub(crate) database: TestDatabase,
    pub(crate) clock: FixedClock,
    pub(crate) channel: Channel,
    pub(crate) running: RunningService,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts with other settings. The sweep of due ends is off unless they turn it on.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = testkit::postgres::fresh(&MIGRATOR).await;
        let mut settings = Settings {
            settle_interval_ms: 0,
            ..Settings::default()
        };
        settings.watch.poll_interval_ms = 5;
        settings.postgres.url = kernel::secret::Secret::new(&*database.url);
        be_patient(&mut settings);
        change(&mut settings);
        let clock = FixedClock::at(NOW);
        let context = Context::with(Arc::new(clock.clone()), Arc::new(Seeded::new(7)));
        let service = Profiles::build(&settings, &context).await.unwrap();
        let serve = ServeSettings {
            listen: "127.0.0.1:0".to_owned(),
            ..settings.process.serve.clone()
        };
        let running = chassis::serve(&serve, service, &context).await.unwrap();
        running.ready().await;
        let endpoint = Channel::from_shared(running.uri().to_owned()).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self {
            database,
            clock,
            channel,
            running,
        }
    }

    pub(crate) fn customers(&self) -> CustomerServiceClient<Channel> {
        CustomerServiceClient::new(self.channel.clone())
    }

    pub(crate) fn accounts(&self) -> AccountServiceClient<Channel> {
        AccountServiceClient::new(self.channel.clone())
    }

    pub(crate) fn timeline(&self) -> TimelineServiceClient<Channel> {
        TimelineServiceClient::new(self.channel.clone())
    }

    pub(crate) fn incidents(&self) -> IncidentServiceClient<Channel> {
        IncidentServiceClient::new(self.channel.clone())
    }

    pub(crate) fn consents(&self) -> ConsentServiceClient<Channel> {
        ConsentServiceClient::new(self.channel.clone())
    }

    pub(crate) fn contact_rules(&self) -> ContactRuleServiceClient<Channel> {
        ContactRuleServiceClient::new(self.channel.clone())
    }

    pub(crate) fn changes(&self) -> ChangeServiceClient<Channel> {
        ChangeServiceClient::new(self.channel.clone())
    }

    pub(crate) fn imports(&self) -> ImportServiceClient<Channel> {
        ImportServiceClient::new(self.channel.clone())
    }

    pub(crate) async fn upsert(
        &self,
        customer: pb::Customer,
    ) -> Result<pb::UpsertCustomerResponse, Status> {
        let request = pb::UpsertCustomerRequest {
            customer: Some(customer),
            ..pb::UpsertCustomerRequest::default()
        };
        Ok(self
            .customers()
            .upsert_customer(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn open(
        &self,
        account: pb::Account,
    ) -> Result<pb::OpenAccountResponse, Status> {
        let request = pb::OpenAccountRequest {
            request_id: String::new(),
            account: Some(account),
        };
        Ok(self.accounts().open_account(request).await?.into_inner())
    }

    pub(crate) async fn put(
        &self,
        subscription: pb::Subscription,
    ) -> Result<pb::PutSubscriptionResponse, Status> {
        let request = pb::PutSubscriptionRequest {
            request_id: String::new(),
            subscription: Some(subscription),
        };
        Ok(self
            .accounts()
            .put_subscription(request)
            .await?
            .into_inner())
    }

    pub(crate) async fn record(
        &self,
        events: Vec<pb::TimelineEvent>,
    ) -> Result<pb::RecordEventsResponse, Status> {
        let request = pb::RecordEventsRequest {
            request_id: String::new(),
            events,
        };
        Ok(self.timeline().record_events(request).await?.into_inner())
    }

    pub(crate) async fn facts(&self, customer_id: &str) -> types::CustomerFacts {
        self.facts_from(customer_id, 0).await.unwrap()
    }

    pub(crate) async fn facts_from(
        &self,
        customer_id: &str,
        min_revision: u64,
    ) -> Result<types::CustomerFacts, Status> {
        let request = pb::GetCustomerFactsRequest {
            customer_id: customer_id.to_owned(),
            min_revision,
        };
        let response = self.customers().get_customer_facts(request).await?;
        Ok(response.into_inner().facts.unwrap())
    }

    /// Records customer `c` with account `a` and subscription `s`, three revisions in all.
    pub(crate) async fn subscriber(&self) {
        self.upsert(builders::customer("c")).await.unwrap();
        self.open(builders::account("c", "a")).await.unwrap();
        self.put(builders::subscription("c", "a", "s"))
            .await
            .unwrap();
    }

    /// Imports one chunk.
    pub(crate) async fn import(
        &self,
        records: Vec<pb::ImportRecord>,
    ) -> Result<pb::ImportResponse, Status> {
        let chunks = futures::stream::iter([pb::ImportRequest { records }]);
        let mut answers = self.imports().import(chunks).await?.into_inner();
        Ok(answers.message().await?.expect("an answer to the chunk"))
    }
}
