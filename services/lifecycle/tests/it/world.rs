//! The service in the test's process, with its own database and a fake profiles service.

use std::sync::Arc;
use std::time::Duration;

use chassis::{Context, Program, RunningService, ServeSettings};
use contract::lifecycle::v1 as wire;
use contract::lifecycle::v1::care_plan_service_client::CarePlanServiceClient;
use contract::lifecycle::v1::care_service_client::CareServiceClient;
use contract::lifecycle::v1::model_service_client::ModelServiceClient;
use contract::lifecycle::v1::portfolio_service_client::PortfolioServiceClient;
use contract::lifecycle::v1::rule_service_client::RuleServiceClient;
use contract::lifecycle::v1::status_service_client::StatusServiceClient;
use contract::types::v1 as facts;
use lifecycle::app::Lifecycle;
use lifecycle::settings::Settings;
use lifecycle::store::MIGRATOR;
use testkit::clock::FixedClock;
use testkit::entropy::Seeded;
use testkit::postgres::TestDatabase;
use tokio::runtime::Runtime;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::profiles::FakeProfiles;

/// The time that all tests begin at.
pub(crate) const NOW: &str = "2026-06-01T12:00:00Z";
/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// One running service, its neighbours and its clients.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) profiles: FakeProfiles,
    pub(crate) service: Running,
}

/// One running process of the service.
pub(crate) struct Running {
    pub(crate) clock: FixedClock,
    process: RunningService,
    channel: Channel,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let database = testkit::postgres::fresh(&MIGRATOR).await;
        let profiles = FakeProfiles::start().await;
        let mut settings = settings(&database.url, &profiles.uri);
        change(&mut settings);
        let service = Running::start(&settings, 1).await;
        Self {
            database,
            profiles,
            service,
        }
    }

    /// Starts with a process that can be killed: dropping the runtime cuts off all its tasks.
    pub(crate) async fn start_mortal() -> (Self, Runtime) {
        let database = testkit::postgres::fresh(&MIGRATOR).await;
        let profiles = FakeProfiles::start().await;
        let settings = settings(&database.url, &profiles.uri);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let started = runtime.spawn(async move { Running::start(&settings, 1).await });
        let world = Self {
            database,
            profiles,
            service: started.await.unwrap(),
        };
        (world, runtime)
    }

    /// Starts another process of the service on the same database.
    pub(crate) async fn another(&self, seed: u64) -> Running {
        Running::start(&settings(&self.database.url, &self.profiles.uri), seed).await
    }

    /// Counts the rows of a table.
    pub(crate) async fn count(&self, table: &'static str) -> i64 {
        let sql = format!("select count(*) from {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }

    /// Waits until a table has some number of rows.
    pub(crate) async fn wait_for_rows(&self, table: &'static str, wanted: i64) {
        let mut last = -1;
        let reached = tokio::time::timeout(PATIENCE, async {
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            while last != wanted {
                ticks.tick().await;
                last = self.count(table).await;
            }
        });
        let reached = reached.await.is_ok();
        assert!(reached, "{table} has {last} rows, not {wanted}");
    }

    /// Waits until the follower has dealt with every change there is.
    pub(crate) async fn wait_until_followed(&self) {
        let wanted = self.profiles.change_count().to_string();
        let reached = tokio::time::timeout(PATIENCE, async {
            let mut ticks = tokio::time::interval(Duration::from_millis(20));
            while self.position().await.as_deref() != Some(wanted.as_str()) {
                ticks.tick().await;
            }
        });
        assert!(reached.await.is_ok(), "position {wanted} is not reached");
    }

    /// Waits until nobody follows.
    pub(crate) async fn wait_until_given_up(&self) {
        let given_up = tokio::time::timeout(PATIENCE, async {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            let held = "select count(*) from feed_cursor where holder is not null";
            let mut holders: i64 = 1;
            while holders > 0 {
                ticks.tick().await;
                let found = sqlx::query_scalar(held).fetch_one(&self.database.pool);
                holders = found.await.unwrap();
            }
        });
        assert!(given_up.await.is_ok(), "the lease is not given up");
    }

    pub(crate) async fn position(&self) -> Option<String> {
        sqlx::query_scalar("select position from feed_cursor")
            .fetch_optional(&self.database.pool)
            .await
            .unwrap()
    }
}

pub(crate) fn settings(database_url: &str, profiles_uri: &str) -> Settings {
    let mut settings = Settings::default();
    settings.postgres.url = kernel::secret::Secret::new(database_url);
    // A machine that also builds may be slow; no test is about these limits.
    settings.postgres.acquire_timeout_ms = 10_000;
    settings.model_attributes = vec!["InternetService".to_owned(), "gender".to_owned()];
    settings.postgres.read_timeout_ms = 10_000;
    settings.postgres.write_timeout_ms = 10_000;
    settings.postgres.statement_timeout_ms = 10_000;
    settings.postgres.lock_timeout_ms = 10_000;
    settings.process.serve.edge.default_deadline_ms = 20_000;
    settings.process.serve.edge.max_deadline_ms = 20_000;
    settings.profiles.default_deadline_ms = 20_000;
    settings.profiles.connect_timeout_ms = 10_000;
    profiles_uri.clone_into(&mut settings.profiles.uri);
    settings.profiles.max_tries = 1;
    settings.profiles.breaker_failures = u32::MAX;
    settings.follow_pause_ms = 20;
    settings.feed_lease_ms = 600;
    settings.refresh_interval_ms = 30;
    settings.stage_memory.timeout_ms = 10_000;
    settings.scoring_look_ms = 30;
    settings.scoring_range_size = 40;
    settings
}

impl Running {
    pub(crate) async fn start(settings: &Settings, seed: u64) -> Self {
        let clock = FixedClock::at(NOW);
        let context = Context::with(Arc::new(clock.clone()), Arc::new(Seeded::new(seed)));
        let service = Lifecycle::build(settings, &context).await.unwrap();
        let serve = ServeSettings {
            unready_ms: 0,
            ..settings.process.serve.clone()
        };
        let running = chassis::serve(&serve, service, &context).await.unwrap();
        running.ready().await;
        let endpoint = Channel::from_shared(running.uri().to_owned()).unwrap();
        let channel = endpoint.connect().await.unwrap();
        Self {
            clock,
            process: running,
            channel,
        }
    }

    pub(crate) fn status(&self) -> StatusServiceClient<Channel> {
        StatusServiceClient::new(self.channel.clone())
    }

    pub(crate) fn rules(&self) -> RuleServiceClient<Channel> {
        RuleServiceClient::new(self.channel.clone())
    }

    pub(crate) fn portfolio(&self) -> PortfolioServiceClient<Channel> {
        PortfolioServiceClient::new(self.channel.clone())
    }

    pub(crate) fn models(&self) -> ModelServiceClient<Channel> {
        ModelServiceClient::new(self.channel.clone())
    }

    pub(crate) fn care(&self) -> CareServiceClient<Channel> {
        CareServiceClient::new(self.channel.clone())
    }

    pub(crate) fn care_plan(&self) -> CarePlanServiceClient<Channel> {
        CarePlanServiceClient::new(self.channel.clone())
    }

    /// Asks for the status of a customer.
    pub(crate) async fn status_of(&self, customer_id: &str) -> wire::CustomerStatus {
        let request = wire::GetCustomerStatusRequest {
            customer_id: customer_id.to_owned(),
            ..wire::GetCustomerStatusRequest::default()
        };
        let answer = self.status().get_customer_status(request).await.unwrap();
        answer.into_inner().status.unwrap()
    }

    /// Fits a model and returns its steps and what came of it.
    pub(crate) async fn fit(&self) -> (Vec<String>, Result<wire::Model, Status>) {
        self.fit_with(wire::FitModelRequest {
            activate_if_better: true,
            ..wire::FitModelRequest::default()
        })
        .await
    }

    /// Fits as a request says.
    pub(crate) async fn fit_with(
        &self,
        request: wire::FitModelRequest,
    ) -> (Vec<String>, Result<wire::Model, Status>) {
        let stream = self.models().fit_model(request).await.unwrap();
        let mut stream = stream.into_inner();
        let mut steps = Vec::new();
        loop {
            match stream.message().await {
                Ok(Some(step)) => {
                    steps.push(step.step);
                    if let Some(model) = step.model {
                        return (steps, Ok(model));
                    }
                }
                Ok(None) => panic!("the fit ended without a model"),
                Err(status) => return (steps, Err(status)),
            }
        }
    }

    pub(crate) async fn shut_down(self) -> bool {
        self.process.shutdown().await
    }
}

/// Checks a refusal's code, reason, domain and metadata.
pub(crate) fn check_refusal(status: &Status, code: Code, reason: &str, metadata: &[(&str, &str)]) {
    let details = status.get_error_details();
    let info = details.error_info().expect("an ErrorInfo");
    assert_eq!((status.code(), info.reason.as_str()), (code, reason));
    assert_eq!(info.domain, "lifecycle.rekindle");
    for (key, value) in metadata {
        assert_eq!(info.metadata.get(*key).map(String::as_str), Some(*value));
    }
    let must_retry = code == Code::Unavailable;
    assert_eq!(details.retry_info().is_some(), must_retry, "RetryInfo");
}

/// The fields that a refusal finds fault with.
pub(crate) fn faulty_fields(status: &Status) -> Vec<String> {
    check_refusal(status, Code::InvalidArgument, "INVALID_FIELD", &[]);
    let violations = status.get_details_bad_request().unwrap().field_violations;
    violations.into_iter().map(|found| found.field).collect()
}

/// An instant some days before [`NOW`], after it when negative.
#[expect(clippy::unnecessary_wraps, reason = "messages hold optional times")]
pub(crate) fn days_ago(days: i64) -> Option<prost_types::Timestamp> {
    let now: kernel::time::Timestamp = NOW.parse().unwrap();
    Some(prost_types::Timestamp {
        seconds: now.as_second() - days * 86_400,
        nanos: 0,
    })
}

/// A month-to-month contract in force at 30.00 EUR.
pub(crate) fn contract(id: &str, started_days_ago: i64) -> facts::SubscriptionFacts {
    facts::SubscriptionFacts {
        subscription_id: id.to_owned(),
        account_id: format!("a-{id}"),
        business_line: "telecom".to_owned(),
        relationship: facts::RelationshipType::Contractual.into(),
        contract_kind: facts::ContractKind::MonthToMonth.into(),
        state: facts::SubscriptionState::Active.into(),
        start_time: days_ago(started_days_ago),
        monthly_price: Some(facts::Money {
            minor: 3_000,
            currency: "EUR".to_owned(),
        }),
        ..facts::SubscriptionFacts::default()
    }
}

/// The same, ended.
pub(crate) fn ended(
    id: &str,
    started_days_ago: i64,
    ended_days_ago: i64,
) -> facts::SubscriptionFacts {
    facts::SubscriptionFacts {
        state: facts::SubscriptionState::Ended.into(),
        service_end_time: days_ago(ended_days_ago),
        end_reason: facts::EndReason::CustomerTermination.into(),
        ..contract(id, started_days_ago)
    }
}

/// A customer who has used the service and has these subscriptions.
pub(crate) fn customer(
    id: &str,
    subscriptions: Vec<facts::SubscriptionFacts>,
) -> facts::CustomerFacts {
    let used = facts::ActivityFacts {
        kind: facts::EventKind::Usage.into(),
        count: 9,
        first_time: days_ago(700),
        last_time: days_ago(1),
        total: None,
    };
    facts::CustomerFacts {
        customer_id: id.to_owned(),
        revision: 1,
        subscriptions,
        activities: vec![used],
        ..facts::CustomerFacts::default()
    }
}

/// Sixty customers: of twenty each the contract ended in its first, second and third month, and as
/// many whose contract of forty days lasts.
pub(crate) fn population(profiles: &FakeProfiles) {
    for number in 0..60_i64 {
        let lasted = 20 + 30 * (number % 3);
        let gone = ended("s", 100 + lasted, 100);
        profiles.put(customer(&format!("gone-{number}"), vec![gone]));
        let kept = contract("s", 40);
        profiles.put(customer(&format!("kept-{number}"), vec![kept]));
    }
}
