//! `rekindle doctor`: what this machine has, what runs, and what to do about the rest.

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use contract::lifecycle::v1::{ListModelsRequest, Model};
use serde::Serialize;
use tokio::net::TcpStream;

use crate::arguments::StackArguments;
use crate::client::{ONLINE, ServiceArguments, Services, Trace};
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::stack::{
    Account, Endpoints, Programs, RunningStack, SERVICE_DATABASES, ServiceDatabase, ask_redis,
    run_sql, version_of,
};
use crate::suite::{Health, SERVICES, ask_health, program_of};

/// Check the programs, the running stacks, the services and their schemas.
///
/// Ends with 1 when something is broken; what is merely not running is told, not held against
/// anybody.
#[derive(Debug, Args)]
pub struct Doctor {
    #[command(flatten)]
    services: ServiceArguments,

    #[command(flatten)]
    data: StackArguments,
}

const LIST_MODELS: &str = "rekindle.lifecycle.v1.ModelService/ListModels";

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// Nothing is wrong, and something is to be known.
    Note,
    Broken,
}

/// One line of the report.
#[derive(Debug, Serialize)]
struct Check {
    name: String,
    state: State,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_to_do: Option<String>,
}

impl Check {
    fn ok(name: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(name, State::Ok, found, None)
    }

    fn note(name: impl Into<String>, found: impl Into<String>, what_to_do: &str) -> Self {
        Self::new(name, State::Note, found, Some(what_to_do.to_owned()))
    }

    fn broken(name: impl Into<String>, found: impl Into<String>, what_to_do: &str) -> Self {
        Self::new(name, State::Broken, found, Some(what_to_do.to_owned()))
    }

    fn failure(name: impl Into<String>, failure: &Failure) -> Self {
        let what_to_do = failure.what_to_do().map(str::to_owned);
        Self::new(name, State::Broken, failure.message(), what_to_do)
    }

    fn new(
        name: impl Into<String>,
        state: State,
        found: impl Into<String>,
        what_to_do: Option<String>,
    ) -> Self {
        Self {
            name: name.into(),
            state,
            found: found.into(),
            what_to_do,
        }
    }
}

#[derive(Debug, Serialize)]
struct Report {
    healthy: bool,
    checks: Vec<Check>,
}

impl Doctor {
    /// Runs every check, whatever the others say.
    pub async fn run(&self, output: Output) -> Result<u8, Failure> {
        let endpoints = Endpoints::from_arguments(&self.data);
        let programs = Programs::search(&self.data);
        let account = Account::discover();
        let mut checks = check_programs(&programs, &endpoints);
        checks.push(Check::ok(
            "account",
            format!("Postgres runs {}", account.describe()),
        ));
        checks.extend(SERVICES.map(check_service_program));
        checks.extend(check_stacks(&self.data.home, &account, &programs, &endpoints).await);
        let urls = &self.services;
        checks.push(check_service("profiles", &urls.profiles_url).await);
        checks.push(check_service("lifecycle", &urls.lifecycle_url).await);
        checks.push(check_service("offers", &urls.offers_url).await);
        checks.extend(check_models(urls).await);
        let healthy = checks.iter().all(|check| check.state != State::Broken);
        output.result(&Report { healthy, checks }, render)?;
        Ok(if healthy { 0 } else { Exit::Failed.code() })
    }
}

fn check_programs(programs: &Programs, endpoints: &Endpoints) -> Vec<Check> {
    let found = |name: &str, path: Result<&Path, Failure>, is_needed: bool| match path {
        Ok(path) => {
            let version = version_of(path).unwrap_or_else(|| "of unknown version".to_owned());
            Check::ok(name, format!("{} · {version}", path.display()))
        }
        Err(failure) if is_needed => Check::failure(name, &failure),
        Err(_) => Check::ok(name, "not found, and not needed: its address is given"),
    };
    let postgres = programs
        .postgres()
        .map(|programs| programs.postgres.as_path());
    vec![
        found("postgres", postgres, endpoints.database_url.is_none()),
        found("psql", programs.psql(), true),
        found(
            "redis-server",
            programs.redis(),
            endpoints.redis_url.is_none(),
        ),
    ]
}

fn check_service_program(service: &str) -> Check {
    let name = format!("{service} program");
    match program_of(service) {
        Ok(program) => Check::ok(name, program.display().to_string()),
        Err(failure) => Check::failure(name, &failure),
    }
}

/// The stacks that run, and how far the schema of each of their databases is.
async fn check_stacks(
    home: &Path,
    account: &Account,
    programs: &Programs,
    given: &Endpoints,
) -> Vec<Check> {
    let mut stacks: Vec<(String, Endpoints)> = RunningStack::all(home, account)
        .into_iter()
        .map(|stack| {
            let name = format!("stack {}", stack.process_id);
            (name, stack.endpoints)
        })
        .collect();
    let is_given = given.database_url.is_some() || given.redis_url.is_some();
    // Inside `rekindle stack` the environment names the stack that is listed already.
    if is_given && stacks.iter().all(|(_, endpoints)| endpoints != given) {
        stacks.push(("environment".to_owned(), given.clone()));
    }
    if stacks.is_empty() {
        let found = format!("none below {}", home.display());
        return vec![Check::note(
            "running stacks",
            found,
            "start one: rekindle up",
        )];
    }
    let mut checks = Vec::new();
    for (name, endpoints) in stacks {
        if let Some(url) = &endpoints.redis_url {
            checks.push(check_redis(&name, url).await);
        }
        if let (Some(url), Ok(psql)) = (&endpoints.database_url, programs.psql()) {
            checks.extend(check_postgres(&name, psql, url, &endpoints).await);
        }
    }
    checks
}

async fn check_redis(name: &str, url: &str) -> Check {
    match ask_redis(url).await {
        Ok(()) => Check::ok(name, "Redis answers"),
        Err(why) => Check::broken(
            name,
            format!("Redis does not answer: {why}"),
            "the services answer without it, only slower; start it, or unset REDIS_URL",
        ),
    }
}

async fn check_postgres(
    name: &str,
    psql: &Path,
    admin_url: &str,
    endpoints: &Endpoints,
) -> Vec<Check> {
    match run_sql(psql, admin_url, "select current_setting('server_version')").await {
        Ok(version) => {
            let mut checks = vec![Check::ok(name, format!("Postgres {version} answers"))];
            for database in &SERVICE_DATABASES {
                let url = endpoints.service_url(database.service).unwrap_or_default();
                checks.push(check_schema(psql, database, url).await);
            }
            checks
        }
        Err(failure) => vec![Check::failure(name, &failure)],
    }
}

/// The level that the migrations of a service have reached, and whether one of them failed.
async fn check_schema(psql: &Path, database: &ServiceDatabase, url: &str) -> Check {
    const LEVEL: &str = "select to_regclass('_sqlx_migrations') is not null as has_level \\gset\n\
        \\if :has_level\n\
        select coalesce(max(version), 0) || ' ' || count(*) filter (where not success)\n\
        from _sqlx_migrations;\n\
        \\endif\n";
    let name = format!("{} schema", database.service);
    let migrate = format!("run {} migrate, or ./dev up, which does", database.service);
    match run_sql(psql, url, LEVEL).await {
        Ok(answer) => match answer.split_once(' ') {
            None | Some(("0", _)) => Check::note(name, "not migrated yet", &migrate),
            Some((level, "0")) => Check::ok(name, format!("at level {level}")),
            Some((level, failed)) => {
                let found = format!("at level {level}, {failed} migration(s) failed half-way");
                Check::broken(name, found, &migrate)
            }
        },
        Err(failure) => Check::failure(name, &failure),
    }
}

async fn check_service(service: &str, url: &str) -> Check {
    match ask_health(url, "").await {
        Ok(Health::Serving) => Check::ok(service, format!("{url} is serving")),
        Ok(Health::NotServing) => Check::broken(
            service,
            format!("{url} runs and does not serve"),
            "read its log; a missing database or migration is the usual cause",
        ),
        Err(_) if !is_taken(url).await => Check::note(
            service,
            format!("nothing listens at {url}"),
            &format!("start it: rekindle up; if it is elsewhere, name it: --{service}-url URL"),
        ),
        Err(why) => Check::broken(
            service,
            format!("{url} is taken by a program that is no healthy {service}: {why}"),
            "stop that program, or start the suite elsewhere: rekindle up --port-base 7201",
        ),
    }
}

/// Whether the models in use can be read back; nothing where lifecycle does not answer, which is told
/// already.
async fn check_models(urls: &ServiceArguments) -> Option<Check> {
    let services = Services::at(urls, Trace::begin("rekindle doctor")).ok()?;
    let mut models = services.models();
    let request = ListModelsRequest {
        page_size: 100,
        page_token: String::new(),
    };
    let answer = services
        .call(LIST_MODELS, ONLINE, request, |request| async move {
            models.list_models(request).await
        })
        .await
        .ok()?;
    let corrupt = |model: &&Model| !model.problem.is_empty();
    let broken: Vec<String> = answer
        .models
        .iter()
        .filter(corrupt)
        .map(|model| format!("version {} is {}", model.version, model.problem))
        .collect();
    if broken.is_empty() {
        let in_use = answer.models.iter().filter(|model| model.active).count();
        return Some(match in_use {
            0 => Check::note(
                "models",
                "none in use",
                "import customers, then: rekindle model fit --activate",
            ),
            _ => Check::ok("models", format!("{in_use} in use")),
        });
    }
    let found = format!("{}, and is not used", broken.join(", "));
    let what_to_do = "fit it anew, or activate another version: rekindle model fit, activate";
    Some(Check::broken("models", found, what_to_do))
}

/// Whether anything at all listens at an address.
async fn is_taken(url: &str) -> bool {
    let address = url.split_once("://").map_or(url, |(_, rest)| rest);
    TcpStream::connect(address.trim_end_matches('/'))
        .await
        .is_ok()
}

fn render(report: &Report) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let mark = match check.state {
            State::Ok => "ok    ",
            State::Note => "note  ",
            State::Broken => "BROKEN",
        };
        let found = check.found.trim_end();
        let _ = writeln!(text, "{mark}  {:18}  {found}", check.name);
        if let Some(what_to_do) = &check.what_to_do {
            let _ = writeln!(text, "        {:18}  → {what_to_do}", "");
        }
    }
    text.push_str(if report.healthy {
        "Nothing is broken."
    } else {
        "Something is broken: see the lines above."
    });
    text
}
