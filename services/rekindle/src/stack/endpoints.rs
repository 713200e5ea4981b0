//! The addresses of one Postgres and one Redis, and how a child process learns them.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use super::databases::{SERVICE_DATABASES, with_database};
use crate::arguments::StackArguments;

/// Where Postgres and Redis are; what is not known yet is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// A role that may create databases, on the database `postgres` or another one.
    pub database_url: Option<String>,
    /// The database of each service, by the service's name.
    pub service_urls: BTreeMap<String, String>,
    /// Redis.
    pub redis_url: Option<String>,
}

impl Endpoints {
    /// What the arguments and the environment name; an empty value names nothing.
    pub fn from_arguments(arguments: &StackArguments) -> Self {
        let database_url = named(arguments.database_url.as_deref());
        let service_urls = match &database_url {
            Some(url) => service_urls_beside(url, arguments),
            None => BTreeMap::new(),
        };
        Self {
            database_url,
            service_urls,
            redis_url: named(arguments.redis_url.as_deref()),
        }
    }

    /// Takes from `other` what is absent here.
    pub fn complete_with(&mut self, other: Self) {
        if self.database_url.is_none() {
            self.database_url = other.database_url;
            self.service_urls = other.service_urls;
        }
        if self.redis_url.is_none() {
            self.redis_url = other.redis_url;
        }
    }

    /// The database of one service.
    pub fn service_url(&self, service: &str) -> Option<&str> {
        self.service_urls.get(service).map(String::as_str)
    }

    /// The variables that tell a child process all of this.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = Vec::new();
        if let Some(url) = &self.database_url {
            variables.push(("DATABASE_URL", url.into()));
        }
        if let Some(url) = &self.redis_url {
            variables.push(("REDIS_URL", url.into()));
        }
        for database in &SERVICE_DATABASES {
            if let Some(url) = self.service_url(database.service) {
                variables.push((database.variable, url.into()));
            }
        }
        variables
    }
}

fn named(url: Option<&str>) -> Option<String> {
    url.filter(|url| !url.trim().is_empty()).map(str::to_owned)
}

fn service_urls_beside(url: &str, arguments: &StackArguments) -> BTreeMap<String, String> {
    let given = &arguments.service_database_urls;
    let own = |database: &super::ServiceDatabase| {
        let url = given
            .of(database.service)
            .map_or_else(|| with_database(url, database.name), str::to_owned);
        (database.service.to_owned(), url)
    };
    SERVICE_DATABASES.iter().map(own).collect()
}
