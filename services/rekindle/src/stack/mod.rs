//! A private Postgres and a private Redis: on unix sockets only, under `.rekindle/`, owned by the
//! command that started them and gone with it.
//!
//! A [`DataStack`] is opened (a folder is locked for it), started and stopped. Each step leaves it
//! whole, so a command that is interrupted in the middle of `start` still stops what runs.

mod account;
mod databases;
mod endpoints;
mod folder;
mod place;
mod postgres;
mod process;
mod programs;
mod redis;

pub use account::Account;
pub use databases::{SERVICE_DATABASES, ServiceDatabase, run_sql};
pub use endpoints::Endpoints;
pub use place::{Lifetime, RunningStack};
pub use process::{ServerCommand, ServerProcess, StopSignals, log_tail};
pub use programs::{Programs, version_of};
pub use redis::ask_redis;

use crate::arguments::StackArguments;
use crate::failure::Failure;
use crate::output::Output;
use place::Place;
use postgres::Postgres;
use redis::Redis;

/// What a crash of the machine may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Commits are on the disk, as in production.
    Durable,
    /// No fsync: faster, and good for tests alone.
    FsyncOff,
}

/// What kind of stack a command wants.
#[derive(Debug, Clone, Copy)]
pub struct StackOptions {
    /// Whether commits reach the disk.
    pub durability: Durability,
    /// Whether the data outlives the command.
    pub lifetime: Lifetime,
}

/// Postgres and Redis for one command: its own, those of the environment, or those of another
/// `rekindle` that keeps them running.
#[derive(Debug)]
pub struct DataStack {
    endpoints: Endpoints,
    programs: Programs,
    account: Account,
    postgres: Option<Postgres>,
    redis: Option<Redis>,
    // Last, so that the servers are gone before their folder is.
    place: Option<Place>,
}

impl DataStack {
    /// Finds the programs and locks a folder; nothing runs yet.
    pub async fn open(
        arguments: &StackArguments,
        options: StackOptions,
        output: Output,
    ) -> Result<Self, Failure> {
        let mut endpoints = Endpoints::from_arguments(arguments);
        let programs = Programs::locate(arguments, &endpoints)?;
        let account = Account::discover();
        let home = &arguments.home;
        let place = match Place::open(home, options.lifetime, &account, output).await? {
            place::Opened::Ours(place) => Some(place),
            place::Opened::InUse(running) => {
                output.progress("using the Postgres and Redis of the rekindle that is up");
                endpoints.complete_with(running.endpoints);
                None
            }
        };
        let mut stack = Self {
            endpoints,
            programs,
            account,
            postgres: None,
            redis: None,
            place,
        };
        stack.plan_servers(options)?;
        Ok(stack)
    }

    fn plan_servers(&mut self, options: StackOptions) -> Result<(), Failure> {
        let Some(place) = &self.place else {
            return Ok(());
        };
        if self.endpoints.database_url.is_none() {
            let postgres = Postgres::at(place, self.programs.postgres()?, options.durability);
            self.endpoints.database_url = Some(postgres.admin_url());
            self.endpoints.service_urls = postgres.service_urls();
            self.postgres = Some(postgres);
        }
        if self.endpoints.redis_url.is_none() {
            let redis = Redis::at(place, self.programs.redis()?);
            self.endpoints.redis_url = Some(redis.url());
            self.redis = Some(redis);
        }
        Ok(())
    }

    /// Starts what is ours to start and makes the databases of the services.
    pub async fn start(&mut self, output: Output) -> Result<(), Failure> {
        if let Some(redis) = &mut self.redis {
            redis.start(&self.account).await?;
            output.progress(format_args!("redis     {}", redis.url()));
        }
        if let Some(postgres) = &mut self.postgres {
            postgres.start(&self.account).await?;
            output.progress(format_args!("postgres  {}", postgres.admin_url()));
        }
        databases::create_missing(&self.programs, &self.endpoints).await?;
        if let Some(place) = &self.place {
            place.publish(&self.endpoints)?;
        }
        Ok(())
    }

    /// The addresses of Postgres and Redis.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The variables a command on this stack is given.
    pub fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let mut variables = self.endpoints.environment();
        variables.extend(self.programs.environment());
        variables
    }

    /// The psql program, for commands that look into the databases.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// The folder of this stack, where logs go; none when another `rekindle` owns the stack.
    pub fn directory(&self) -> Option<&std::path::Path> {
        self.place.as_ref().map(Place::directory)
    }

    /// Stops what `start` started, within a bound, and removes the folder unless it is kept.
    pub async fn stop(mut self) -> Result<(), Failure> {
        if let Some(postgres) = &mut self.postgres {
            postgres.stop().await;
        }
        if let Some(redis) = &mut self.redis {
            redis.stop().await;
        }
        match self.place.take() {
            Some(place) => place.leave(),
            None => Ok(()),
        }
    }
}
