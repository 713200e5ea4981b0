//! The three services in the test's process, each on a port and a database of its own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chassis::{Context, Program, RunningService, ServeSettings};
use edge::client::ClientSettings;
use kernel::time::{Clock, SystemClock};
use lifecycle::app::Lifecycle;
use offers::app::Offers;
use profiles::app::Profiles;
use rekindle::client::{ServiceArguments, Services, Trace};
use rekindle::import::{FileRows, Summary, send};
use rekindle::output::Output;
use rekindle::progress::Progress;
use rekindle::sample::Sample;
use sqlx::AssertSqlSafe;
use storage::PostgresSettings;
use storage::batch::BatchSettings;
use storage::redis::RedisSettings;
use testkit::entropy::Seeded;
use testkit::fault::{Proxy, Target};
use testkit::postgres::TestDatabase;
use tests::clients::Clients;
use tests::{people, seed};

/// What a suite is started with beyond the ordinary.
#[derive(Default)]
pub(crate) struct Plan {
    /// Redis at this URL instead of the one that tests share.
    pub(crate) redis_url: Option<String>,
    /// The clock of the lifecycle service.
    pub(crate) lifecycle_clock: Option<Arc<dyn Clock>>,
    /// The clock of the offers service.
    pub(crate) offers_clock: Option<Arc<dyn Clock>>,
    /// The offers service reaches its Postgres through a proxy.
    pub(crate) breakable_postgres: bool,
}

/// The running services with what lies below them.
pub(crate) struct Suite {
    /// Clients of all services.
    pub(crate) clients: Clients,
    /// The databases, for looking at what no call shows.
    pub(crate) databases: Databases,
    /// Between the offers service and lifecycle.
    pub(crate) to_lifecycle: Proxy,
    /// Between the offers service and profiles.
    pub(crate) to_profiles: Proxy,
    /// Between the offers service and its Postgres, if that was planned.
    pub(crate) to_postgres: Option<Proxy>,
    names: AtomicU64,
    plan: Plan,
    uris: [String; 3],
    offers_settings: offers::settings::Settings,
    running: Running,
}

/// The database of each service.
pub(crate) struct Databases {
    pub(crate) profiles: TestDatabase,
    pub(crate) lifecycle: TestDatabase,
    pub(crate) offers: TestDatabase,
}

#[derive(Default)]
struct Running {
    profiles: Option<RunningService>,
    lifecycle: Option<RunningService>,
    offers: Option<RunningService>,
}

impl Plan {
    /// Starts the services with the seed catalogue and policy, and life tables that were fitted on
    /// a population.
    pub(crate) async fn start(self) -> Suite {
        let suite = self.start_empty().await;
        people::import(&suite.clients, &people::population()).await;
        seed::fit(&suite.clients).await;
        seed::publish(&suite.clients).await;
        suite
    }

    /// Starts the services with nothing in them.
    pub(crate) async fn start_empty(self) -> Suite {
        let databases = Databases {
            profiles: testkit::postgres::fresh(&profiles::store::MIGRATOR).await,
            lifecycle: testkit::postgres::fresh(&lifecycle::store::MIGRATOR).await,
            offers: testkit::postgres::fresh(&offers::app::MIGRATOR).await,
        };
        let profiles = serve::<Profiles>(&profiles_settings(&databases), system_clock()).await;
        let settings = lifecycle_settings(&databases, profiles.uri());
        let clock = self.lifecycle_clock.clone().unwrap_or_else(system_clock);
        let lifecycle = serve::<Lifecycle>(&settings, clock).await;

        let to_lifecycle = Proxy::start(target(lifecycle.uri())).await;
        let to_profiles = Proxy::start(target(profiles.uri())).await;
        let mut settings = offers_settings(&databases, &self);
        settings.lifecycle = ClientSettings::at(format!("http://{}", to_lifecycle.address));
        settings.profiles = ClientSettings::at(format!("http://{}", to_profiles.address));
        let mut to_postgres = None;
        if self.breakable_postgres {
            let (proxy, url) = Proxy::postgres(&databases.offers.url).await;
            settings.postgres = PostgresSettings::at(&url);
            settings.reads = BatchSettings::default();
            settings.writes = BatchSettings::default();
            to_postgres = Some(proxy);
        }
        let clock = self.offers_clock.clone().unwrap_or_else(system_clock);
        let offers = serve::<Offers>(&settings, clock).await;

        let uris = [profiles.uri(), lifecycle.uri(), offers.uri()].map(str::to_owned);
        Suite {
            clients: Clients::at(&uris[0], &uris[1], &uris[2]),
            databases,
            to_lifecycle,
            to_profiles,
            to_postgres,
            names: AtomicU64::new(1),
            plan: self,
            uris,
            offers_settings: settings,
            running: Running {
                profiles: Some(profiles),
                lifecycle: Some(lifecycle),
                offers: Some(offers),
            },
        }
    }
}

/// The tables that jobs and followers of the feed write.
const FOLLOWED: [&str; 13] = [
    "call_outcome",
    "call_to_measure",
    "customer_facts",
    "erased_identity",
    "erasure_owed",
    "feed_cursor",
    "learned",
    "observed_customer",
    "purchase_history",
    "scored_customer",
    "set_aside_customer",
    "stage_transition",
    "subscription_exposure",
];

impl Databases {
    /// Counts the rows of a table of the offers service.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar(sql)
            .fetch_one(&self.offers.pool)
            .await
            .unwrap()
    }

    /// How many rows each table of every service has, apart from what followers of the feed write
    /// in their own time.
    pub(crate) async fn rows(&self) -> BTreeMap<String, i64> {
        let mut rows = BTreeMap::new();
        for database in [&self.profiles, &self.lifecycle, &self.offers] {
            let tables: Vec<String> = sqlx::query_scalar(
                "select relname::text from pg_class join pg_namespace on pg_namespace.oid = relnamespace \
                 where relkind = 'r' and nspname = 'public'",
            )
            .fetch_all(&database.pool)
            .await
            .unwrap();
            for table in tables {
                if FOLLOWED.contains(&table.as_str()) {
                    continue;
                }
                let sql = AssertSqlSafe(format!("select count(*) from {table}"));
                let count: i64 = sqlx::query_scalar(sql)
                    .fetch_one(&database.pool)
                    .await
                    .unwrap();
                *rows.entry(table).or_default() += count;
            }
        }
        rows
    }

    /// The states of all holds, in order.
    pub(crate) async fn holds(&self) -> Vec<String> {
        let sql = "select hold_state from presented_offer order by hold_state";
        sqlx::query_scalar(sql)
            .fetch_all(&self.offers.pool)
            .await
            .unwrap()
    }
}

impl Suite {
    /// Starts an ordinary suite.
    pub(crate) async fn start() -> Self {
        Plan::default().start().await
    }

    /// Where a service listens.
    pub(crate) fn uri(&self, service: &str) -> String {
        let names = ["profiles", "lifecycle", "offers"];
        let place = names.iter().position(|name| *name == service).unwrap();
        self.uris[place].clone()
    }

    /// Imports a file as `rekindle import` does.
    pub(crate) async fn import(&self, file: &Path, mapping: &Path) -> Summary {
        let rows = FileRows::open(file, mapping, None).unwrap();
        let progress = Progress::begin(Output::new(true), "import", rows.size_bytes());
        send(&self.services(), rows, progress).await.unwrap()
    }

    /// Imports generated customers as `rekindle generate-customers` does.
    pub(crate) async fn import_sample(&self, sample: Sample) -> Summary {
        let progress = Progress::begin(Output::new(true), "import", sample.count);
        send(&self.services(), sample.rows(), progress)
            .await
            .unwrap()
    }

    /// The services as the command line reaches them.
    fn services(&self) -> Services {
        let arguments = ServiceArguments {
            profiles_url: self.uri("profiles"),
            lifecycle_url: self.uri("lifecycle"),
            offers_url: self.uri("offers"),
        };
        Services::at(&arguments, Trace::begin("import")).unwrap()
    }

    /// A name that was not used before, for a contact or a request.
    pub(crate) fn next(&self) -> String {
        format!("next-{}", self.names.fetch_add(1, Ordering::Relaxed))
    }

    /// Stops the offers service, as a deployment would, and starts another process of it.
    pub(crate) async fn restart_offers(&mut self) {
        let running = self.running.offers.take().unwrap();
        assert!(running.shutdown().await, "something had to be cut off");
        let clock = self.plan.offers_clock.clone().unwrap_or_else(system_clock);
        let offers = serve::<Offers>(&self.offers_settings, clock).await;
        offers.uri().clone_into(&mut self.uris[2]);
        let [profiles, lifecycle, offers_uri] = &self.uris;
        self.clients = Clients::at(profiles, lifecycle, offers_uri);
        self.running.offers = Some(offers);
    }

    /// Starts another process of the offers service beside the first, and returns its clients.
    pub(crate) async fn another_offers(&self) -> (RunningService, Clients) {
        let clock = self.plan.offers_clock.clone().unwrap_or_else(system_clock);
        let offers = serve::<Offers>(&self.offers_settings, clock).await;
        let clients = Clients::at(&self.uris[0], &self.uris[1], offers.uri());
        (offers, clients)
    }

    /// Stops the lifecycle service for good.
    pub(crate) async fn stop_lifecycle(&mut self) {
        self.running.lifecycle.take().unwrap().shutdown().await;
    }

    /// Stops the profiles service for good.
    pub(crate) async fn stop_profiles(&mut self) {
        self.running.profiles.take().unwrap().shutdown().await;
    }
}

async fn serve<P: Program>(settings: &P::Settings, clock: Arc<dyn Clock>) -> RunningService {
    // Each process has a chance of its own, the same in every run.
    static PROCESS: AtomicU64 = AtomicU64::new(1);
    let seed = PROCESS.fetch_add(1, Ordering::Relaxed);
    let context = Context::with(clock, Arc::new(Seeded::new(seed)));
    let service = P::build(settings, &context).await.unwrap();
    let running = chassis::serve(&ServeSettings::default(), service, &context)
        .await
        .unwrap();
    running.ready().await;
    running
}

fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

fn target(uri: &str) -> Target {
    Target::Tcp(uri.trim_start_matches("http://").parse().unwrap())
}

/// A Postgres that is waited for: a test says nothing about how busy the machine is that it runs on.
fn patient(url: &str) -> PostgresSettings {
    PostgresSettings {
        acquire_timeout_ms: 10_000,
        read_timeout_ms: 10_000,
        write_timeout_ms: 20_000,
        statement_timeout_ms: 10_000,
        lock_timeout_ms: 10_000,
        ..PostgresSettings::at(url)
    }
}

fn patient_batches(settings: &mut BatchSettings) {
    settings.timeout_ms = 10_000;
}

fn profiles_settings(databases: &Databases) -> profiles::settings::Settings {
    let mut settings = profiles::settings::Settings {
        postgres: patient(&databases.profiles.url),
        settle_interval_ms: 200,
        ..Default::default()
    };
    patient_batches(&mut settings.facts);
    settings.watch.poll_interval_ms = 10;
    settings
}

fn lifecycle_settings(databases: &Databases, profiles: &str) -> lifecycle::settings::Settings {
    lifecycle::settings::Settings {
        postgres: patient(&databases.lifecycle.url),
        profiles: ClientSettings::at(profiles),
        ..Default::default()
    }
}

fn offers_settings(databases: &Databases, plan: &Plan) -> offers::settings::Settings {
    let redis_url = plan.redis_url.clone().unwrap_or_else(testkit::redis::url);
    let mut settings = offers::settings::Settings {
        postgres: patient(&databases.offers.url),
        redis: RedisSettings::at(&redis_url, testkit::redis::prefix()),
        sweep_period_ms: 200,
        delivery_period_ms: 50,
        active_period_ms: 100,
        latest_period_ms: 50,
        ..Default::default()
    };
    patient_batches(&mut settings.reads);
    patient_batches(&mut settings.writes);
    settings
}
