//! What is measured: Postgres, Redis, the three services as processes, two echoes, and the
//! customers in them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use contract::offers::v1::{Budget, PutBudgetRequest};
use jiff::civil::Date;
use rekindle::budgets::read_budgets;
use rekindle::client::{ServiceArguments, Services, Trace};
use rekindle::failure::Failure;
use rekindle::output::Output;
use rekindle::stack::{DataStack, Durability, Lifetime, StackOptions, log_tail, run_sql};
use rekindle::suite::{Addresses, SERVICES, Suite};
use tokio::process::Command;

use super::callers::{self, Caller};
use super::feed;
use crate::arguments::Speed;
use crate::cpu::Consumer;
use crate::echo::EchoProcess;
use crate::redis::Redis;

/// The desk's memory of calls. It is emptied before each measure, so that every round begins with
/// customers who never called.
const FORGET_CALLS: &str = "truncate save_session, decision, presented_offer, acceptance, \
                            session_event, request_log, budget_hold, budget_entry, budget_return, \
                            budget_bucket;";

/// No measure ends because a budget does.
const BUDGET_LIMIT: i64 = 1_000_000_000_000;

/// What was written before must not be paid for by who is measured next: afterwards the log's files
/// are there to be written again, as they are on a server that has been up for an hour.
const SETTLE: &str = "checkpoint;";

/// Everything that runs.
pub(super) struct World {
    pub(super) callers: Arc<[Caller]>,
    pub(super) addresses: Addresses,
    pub(super) redis: Redis,
    pub(super) echo: EchoProcess,
    pub(super) hop: EchoProcess,
    suite: Suite,
    psql: PathBuf,
    admin_url: String,
    offers_url: String,
    postmaster: u32,
}

impl World {
    /// Starts everything on a stack that runs and loads the customers.
    pub(super) async fn start(
        arguments: &Speed,
        stack: &DataStack,
        as_of: Date,
        output: Output,
    ) -> Result<Self, Failure> {
        let folder = stack
            .directory()
            .ok_or_else(|| Failure::failed("the stack has no folder"))?;
        let psql = stack.programs().psql()?.to_owned();
        let admin_url = stack.endpoints().database_url.clone().unwrap_or_default();
        let postmaster = durable_postmaster(&psql, &admin_url).await?;
        let redis = Redis::start(stack.programs().redis()?, folder).await?;
        let mut endpoints = stack.endpoints().clone();
        endpoints.redis_url = Some(redis.url());
        let addresses = Addresses::from_port_base(0)?;
        let mut suite = Suite::open(addresses.clone(), &endpoints, folder, Vec::new())?;
        suite.migrate(output).await?;
        suite.start(output).await?;
        publish(arguments, &addresses, output).await?;
        let services = Services::at(&service_arguments(&addresses), Trace::begin("bench"))?;
        let callers = callers::load(&services, arguments.customers, as_of, output).await?;
        feed::settled(&psql, &endpoints, output).await?;
        rekindle(&["model", "fit"], &addresses, output).await?;
        let echo = EchoProcess::start(None).await?;
        let hop = EchoProcess::start(Some(&echo)).await?;
        Ok(Self {
            callers: callers.into(),
            addresses,
            redis,
            echo,
            hop,
            suite,
            psql,
            admin_url,
            offers_url: endpoints
                .service_url("offers")
                .unwrap_or_default()
                .to_owned(),
            postmaster,
        })
    }

    /// Makes the desk forget all calls.
    pub(super) async fn forget_calls(&self) -> Result<(), Failure> {
        run_sql(&self.psql, &self.offers_url, FORGET_CALLS).await?;
        self.settle().await
    }

    /// Has Postgres write down what is still to be written.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        run_sql(&self.psql, &self.admin_url, SETTLE).await.map(drop)
    }

    /// Every process whose processor time is told.
    pub(super) fn consumers(&self) -> Vec<(&'static str, Consumer)> {
        let mut consumers = vec![
            ("load", Consumer::Process(std::process::id())),
            ("postgres", Consumer::Family(self.postmaster)),
        ];
        let services = self.suite.process_ids().into_iter();
        let others = [
            ("redis", self.redis.process_id()),
            ("echo", self.echo.process_id()),
            ("hop", self.hop.process_id()),
        ];
        let others = others
            .into_iter()
            .filter_map(|(name, id)| Some((name, id?)));
        consumers.extend(
            services
                .chain(others)
                .map(|(name, id)| (name, Consumer::Process(id))),
        );
        consumers
    }

    /// Stops the services.
    pub(super) async fn stop(mut self) {
        self.suite.stop().await;
        self.redis.kill().await;
    }
}

/// How the data stack must be.
pub(crate) fn stack_options() -> StackOptions {
    StackOptions {
        durability: Durability::Durable,
        lifetime: Lifetime::ThisRun,
    }
}

/// The logs go with the folder of the stack, so their ends go into the message.
pub(crate) fn with_logs(failure: Failure, stack: &DataStack) -> Failure {
    let folder = stack.directory().unwrap_or(Path::new("."));
    SERVICES.iter().fold(failure, |failure, service| {
        let tail = log_tail(&folder.join(format!("{service}.log")), 4);
        failure.detail(format!("{service}.log:\n{tail}"))
    })
}

/// The process of Postgres, after making sure that what it commits is on the disk.
async fn durable_postmaster(psql: &std::path::Path, url: &str) -> Result<u32, Failure> {
    let said = run_sql(
        psql,
        url,
        "select current_setting('fsync') || ' ' || current_setting('synchronous_commit') || ' ' \
         || current_setting('full_page_writes') || ' ' || current_setting('data_directory')",
    )
    .await?;
    let Some(folder) = said.trim().strip_prefix("on on on ") else {
        let message = format!("this Postgres does not commit durably: {}", said.trim());
        return Err(Failure::failed(message)
            .advice("unset DATABASE_URL: the benchmark then starts a Postgres of its own"));
    };
    let pid_file = std::path::Path::new(folder).join("postmaster.pid");
    // On another machine, or out of reach, its processor time is not known, and nothing else.
    let text = std::fs::read_to_string(pid_file).unwrap_or_default();
    Ok(text
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok())
        .unwrap_or_default())
}

pub(crate) fn service_arguments(addresses: &Addresses) -> ServiceArguments {
    ServiceArguments {
        profiles_url: addresses.url("profiles"),
        lifecycle_url: addresses.url("lifecycle"),
        offers_url: addresses.url("offers"),
    }
}

async fn publish(arguments: &Speed, addresses: &Addresses, output: Output) -> Result<(), Failure> {
    let seed = |name: &str| arguments.seed.join(name).display().to_string();
    let (catalogue, reasons) = (seed("catalogue.yaml"), seed("reasons.yaml"));
    rekindle(
        &["catalogue", "publish", &reasons, &catalogue],
        addresses,
        output,
    )
    .await?;
    rekindle(
        &["policy", "publish", &seed("policy.yaml")],
        addresses,
        output,
    )
    .await?;
    put_budgets(&seed("budgets.toml"), addresses).await?;
    rekindle(
        &["rules", "publish", &seed("rules.toml")],
        addresses,
        output,
    )
    .await
    .map(drop)
}

/// Puts the budgets of the seed, larger than anything that is measured can use up.
async fn put_budgets(file: &str, addresses: &Addresses) -> Result<(), Failure> {
    let unreadable = |problem: String| Failure::failed(format!("{file}: {problem}"));
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
    let services = Services::at(&service_arguments(addresses), Trace::begin("bench"))?;
    for budget in read_budgets(&text).map_err(unreadable)? {
        let key = budget.budget_key.clone();
        let request = PutBudgetRequest {
            request_id: format!("bench-{key}"),
            budget: Some(Budget {
                limit_amount: BUDGET_LIMIT,
                ..budget
            }),
            ..PutBudgetRequest::default()
        };
        let put = services.budgets().put_budget(request).await;
        put.map_err(|status| Failure::failed(format!("budget {key}: {}", status.message())))?;
    }
    Ok(())
}

/// Runs a command of the command line against these services, and returns what it said.
pub(crate) async fn rekindle(
    arguments: &[&str],
    addresses: &Addresses,
    output: Output,
) -> Result<String, Failure> {
    let ours = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("bench cannot find itself: {error}")))?;
    let command = Command::new(ours.with_file_name("rekindle"))
        .args(arguments)
        .envs(addresses.environment())
        .kill_on_drop(true)
        .output();
    let words = arguments.join(" ");
    let answer = tokio::time::timeout(Duration::from_mins(2), command)
        .await
        .map_err(|_| Failure::failed(format!("rekindle {words} takes too long")))?
        .map_err(|error| {
            Failure::unavailable(format!("rekindle does not start: {error}"))
                .advice("build it beside bench: ./dev bench speed")
        })?;
    let result = String::from_utf8_lossy(&answer.stdout).into_owned();
    let said = format!("{result}{}", String::from_utf8_lossy(&answer.stderr));
    if !answer.status.success() {
        return Err(Failure::failed(format!(
            "rekindle {words}: {}",
            said.trim()
        )));
    }
    output.progress(said.lines().last().unwrap_or_default());
    Ok(result)
}
