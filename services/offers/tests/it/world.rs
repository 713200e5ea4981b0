//! One running save desk with its database, its Redis and its neighbours.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chassis::{Context, Program, RunningService};
use contract::offers::v1 as pb;
use contract::offers::v1::budget_service_client::BudgetServiceClient;
use contract::offers::v1::catalogue_service_client::CatalogueServiceClient;
use contract::offers::v1::policy_service_client::PolicyServiceClient;
use contract::offers::v1::save_desk_service_client::SaveDeskServiceClient;
use offers::app::{MIGRATOR, Offers};
use offers::settings::Settings;
use storage::redis::RedisSettings;
use testkit::clock::FixedClock;
use testkit::entropy::Seeded;
use testkit::postgres::TestDatabase;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::neighbours::{Neighbours, facts};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// The desk and what is around it.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) neighbours: Neighbours,
    pub(crate) clock: FixedClock,
    pub(crate) desk: SaveDeskServiceClient<Channel>,
    settings: Settings,
    running: RunningService,
}

impl World {
    /// Starts with the seed catalogue and policy in force and one customer, `c-1`.
    pub(crate) async fn start() -> Self {
        Self::start_with(RedisSettings::at(
            testkit::redis::url(),
            testkit::redis::prefix(),
        ))
        .await
    }

    pub(crate) async fn start_with(redis: RedisSettings) -> Self {
        Self::start_on(testkit::postgres::fresh(&MIGRATOR).await, redis).await
    }

    /// Starts on a database that is there already.
    pub(crate) async fn start_on(database: TestDatabase, redis: RedisSettings) -> Self {
        let neighbours = Neighbours::start().await;
        neighbours.put(facts("c-1"));
        let mut settings = Settings::default();
        "127.0.0.1:0".clone_into(&mut settings.process.serve.listen);
        settings.process.serve.unready_ms = 0;
        // A loaded machine may take its time; what is about time sets its own.
        settings.process.serve.edge.default_deadline_ms = 10_000;
        settings.postgres.acquire_timeout_ms = 5_000;
        settings.postgres.read_timeout_ms = 8_000;
        settings.postgres.write_timeout_ms = 8_000;
        settings.postgres.statement_timeout_ms = 8_000;
        settings.postgres.lock_timeout_ms = 8_000;
        settings.postgres.url = kernel::secret::Secret::new(&*database.url);
        settings.redis = redis;
        neighbours.uri.clone_into(&mut settings.lifecycle.uri);
        neighbours.uri.clone_into(&mut settings.profiles.uri);
        settings.lifecycle.max_tries = 1;
        settings.lifecycle.breaker_failures = u32::MAX;
        settings.profiles.breaker_failures = u32::MAX;
        settings.sweep_period_ms = 50;
        settings.delivery_period_ms = 50;
        settings.active_period_ms = 50;
        settings.latest_period_ms = 20;
        settings.outcome_period_ms = 50;
        // The database's clock decides about expiry, so the desk's runs with it.
        let clock = FixedClock::at(&database_now(&database).await);
        let (running, channel) = run(&settings, &clock, 1).await;
        let world = Self {
            database,
            neighbours,
            clock,
            desk: SaveDeskServiceClient::new(channel.clone()),
            settings,
            running,
        };
        publish(channel).await;
        world
    }

    /// Stops the desk and starts it again, as another process would.
    pub(crate) async fn restart(self) -> Self {
        let (settings, clock) = (self.settings, self.clock);
        self.running.shutdown().await;
        let (running, channel) = run(&settings, &clock, 2).await;
        Self {
            desk: SaveDeskServiceClient::new(channel),
            database: self.database,
            neighbours: self.neighbours,
            clock,
            settings,
            running,
        }
    }

    /// Sets the clock to the next noon. To one that is past the sweep, which goes by the database's
    /// clock, would end a call while it is going on.
    pub(crate) fn wait_for_noon(&self) {
        const DAY: i64 = 86_400;
        let now = kernel::time::Clock::now(&self.clock).as_second();
        let noon = (now - DAY / 2).div_euclid(DAY) * DAY + DAY + DAY / 2;
        self.clock
            .set(kernel::time::Timestamp::from_second(noon).unwrap());
    }

    /// An instant some days before now.
    pub(crate) fn clock_days_ago(&self, days: i64) -> prost_types::Timestamp {
        let hours = kernel::time::Span::new().hours(24 * days);
        let then = kernel::time::Clock::now(&self.clock).checked_sub(hours);
        edge::wire::timestamp(then.unwrap())
    }

    /// Connects to the desk anew, for its other services.
    pub(crate) async fn channel(&self) -> Channel {
        let uri = self.running.uri().to_owned();
        Channel::from_shared(uri).unwrap().connect().await.unwrap()
    }

    /// Starts a second process on the same database and Redis.
    pub(crate) async fn second(&self) -> (RunningService, SaveDeskServiceClient<Channel>) {
        let (running, channel) = run(&self.settings, &self.clock, 3).await;
        (running, SaveDeskServiceClient::new(channel))
    }

    pub(crate) async fn ask(
        &mut self,
        request: pb::RequestSaveOfferRequest,
    ) -> Result<pb::RequestSaveOfferResponse, Status> {
        Ok(self.desk.request_save_offer(request).await?.into_inner())
    }

    pub(crate) async fn answer(
        &mut self,
        request: pb::RecordResponseRequest,
    ) -> Result<pb::RecordResponseResponse, Status> {
        Ok(self.desk.record_response(request).await?.into_inner())
    }

    pub(crate) async fn leave(
        &mut self,
        request: pb::ConfirmCancellationRequest,
    ) -> Result<pb::ConfirmCancellationResponse, Status> {
        Ok(self.desk.confirm_cancellation(request).await?.into_inner())
    }

    pub(crate) async fn session(&mut self, session_id: &str) -> pb::SaveSession {
        let request = pb::GetSessionRequest {
            customer_id: "c-1".to_owned(),
            session_id: session_id.to_owned(),
        };
        self.desk
            .get_session(request)
            .await
            .unwrap()
            .into_inner()
            .session
            .unwrap()
    }

    /// Explains a decision about `c-1`.
    pub(crate) async fn explain(&mut self, decision_id: &str) -> pb::ExplainDecisionResponse {
        let request = pb::ExplainDecisionRequest {
            customer_id: "c-1".to_owned(),
            decision_id: decision_id.to_owned(),
        };
        let explained = self.desk.explain_decision(request).await;
        explained.unwrap().into_inner()
    }

    /// Reads one number.
    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&self.database.pool)
            .await
            .unwrap()
    }

    /// Runs a statement, as time or somebody else would.
    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql)
            .execute(&self.database.pool)
            .await
            .unwrap();
    }

    /// Waits until a number is what it should be.
    pub(crate) async fn wait_for(&self, sql: &'static str, wanted: i64) {
        wait_until(sql, async || self.number(sql).await == wanted).await;
    }

    /// Waits until the feed was dealt with and the cache is believed.
    pub(crate) async fn wait_for_feed(&self) {
        wait_until("the feed is followed", async || {
            let position = "select position from feed_cursor where name = $1";
            let position: Option<String> = sqlx::query_scalar(position)
                .bind(offers::store::FEED)
                .fetch_optional(&self.database.pool)
                .await
                .unwrap();
            position.as_deref() == Some(self.neighbours.cursor().as_str())
        })
        .await;
    }
}

/// Waits until something holds; fails the test when it does not in time.
pub(crate) async fn wait_until(what: &str, holds: impl AsyncFn() -> bool) {
    let waiting = tokio::time::timeout(PATIENCE, async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            if holds().await {
                return;
            }
        }
    });
    assert!(waiting.await.is_ok(), "in vain: {what}");
}

async fn database_now(database: &TestDatabase) -> String {
    sqlx::query_scalar("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        .fetch_one(&database.pool)
        .await
        .unwrap()
}

async fn run(settings: &Settings, clock: &FixedClock, seed: u64) -> (RunningService, Channel) {
    let context = Context::with(Arc::new(clock.clone()), Arc::new(Seeded::new(seed)));
    let service = Offers::build(settings, &context).await.unwrap();
    let running = chassis::serve(&settings.process.serve, service, &context)
        .await
        .unwrap();
    running.ready().await;
    let channel = Channel::from_shared(running.uri().to_owned())
        .unwrap()
        .connect()
        .await
        .unwrap();
    (running, channel)
}

async fn publish(channel: Channel) {
    let published = CatalogueServiceClient::new(channel.clone())
        .publish_catalogue(pb::PublishCatalogueRequest {
            request_id: "publish-catalogue".to_owned(),
            files: vec![
                file(
                    "catalogue.yaml",
                    include_str!("../../../../deploy/seed/catalogue.yaml"),
                ),
                file(
                    "reasons.yaml",
                    include_str!("../../../../deploy/seed/reasons.yaml"),
                ),
            ],
            published_by: "test".to_owned(),
            note: String::new(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(published.problems, []);
    put_budgets(channel.clone(), &published.catalogue.unwrap()).await;
    let published = PolicyServiceClient::new(channel)
        .publish_policy(pb::PublishPolicyRequest {
            request_id: "publish-policy".to_owned(),
            files: vec![file(
                "policy.yaml",
                include_str!("../../../../deploy/seed/policy.yaml"),
            )],
            published_by: "test".to_owned(),
            note: String::new(),
            validate_only: false,
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(published.problems, []);
}

/// A file to publish.
pub(crate) fn file(name: &str, text: &str) -> pb::SourceFile {
    pb::SourceFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// Puts every budget that a catalogue names, with more in it than any test takes.
async fn put_budgets(channel: Channel, catalogue: &pb::CatalogueVersion) {
    let keys: BTreeSet<&str> = catalogue
        .offers
        .iter()
        .map(|offer| offer.budget_key.as_str())
        .filter(|key| !key.is_empty())
        .collect();
    for key in keys {
        let request = pb::PutBudgetRequest {
            request_id: format!("put-{key}"),
            budget: Some(pb::Budget {
                budget_key: key.to_owned(),
                limit_amount: 1_000_000,
                window: pb::BudgetWindow::Endless.into(),
                bucket_count: 2,
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut budgets = BudgetServiceClient::new(channel.clone());
        budgets.put_budget(request).await.unwrap();
    }
}

/// A customer for whom it is too expensive.
pub(crate) fn too_expensive(contact: &str) -> pb::RequestSaveOfferRequest {
    pb::RequestSaveOfferRequest {
        request_id: format!("ask-{contact}"),
        contact_id: contact.to_owned(),
        customer_id: "c-1".to_owned(),
        subscription_id: "s-1".to_owned(),
        channel: pb::Channel::Phone.into(),
        reason: "too_expensive".to_owned(),
        include_passed_over: true,
        agent: Some(pb::Agent {
            agent_id: "agent-7".to_owned(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The first offer of an answer, answered.
pub(crate) fn respond(
    contact: &str,
    answer: &pb::RequestSaveOfferResponse,
    outcome: pb::PresentedOutcome,
) -> pb::RecordResponseRequest {
    pb::RecordResponseRequest {
        request_id: format!("{}-{contact}", outcome.as_str_name()),
        customer_id: "c-1".to_owned(),
        session_id: answer.session_id.clone(),
        contact_id: contact.to_owned(),
        presented_offer_id: answer.offers[0].presented_offer_id.clone(),
        outcome: outcome.into(),
        agent: None,
        disclosed: true,
    }
}

/// A customer who just leaves.
pub(crate) fn goodbye(contact: &str) -> pb::ConfirmCancellationRequest {
    pb::ConfirmCancellationRequest {
        customer_id: "c-1".to_owned(),
        subscription_id: "s-1".to_owned(),
        contact_id: contact.to_owned(),
        ..Default::default()
    }
}

/// The kinds of events in their order.
pub(crate) fn kinds(events: &[pb::SessionEvent]) -> String {
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    kinds.join(" ")
}

/// Why an answer offers nothing.
pub(crate) fn let_go(answer: &pb::RequestSaveOfferResponse) -> &str {
    assert_eq!(answer.outcome(), pb::DecisionOutcome::LetGo, "{answer:?}");
    assert_eq!(answer.offers, []);
    &answer.let_go_reasons[0].code
}

/// Checks the code and the reason of a refusal.
#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, Status>, code: Code, reason: &str) {
    let status = result.expect_err("a refusal");
    let details = status.get_error_details();
    let info = details.error_info().expect("an ErrorInfo");
    assert_eq!(
        (status.code(), info.reason.as_str()),
        (code, reason),
        "{status:?}"
    );
    assert_eq!(info.domain, "offers.rekindle");
}
