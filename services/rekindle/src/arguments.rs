//! What can be typed after `rekindle`.

use std::path::PathBuf;

use clap::{Args, Parser};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::commands::Command;
use crate::mapping::midnight;

const EXIT_CODES: &str = "Exit codes: 0 done · 1 failed, or some rows of an import were \
refused · 2 wrong arguments · 65 a file that was given cannot be used · 69 a program or service is \
missing or does not answer · 70 a service failed in a way it should not · 130 stopped by Ctrl-C. `stack -- COMMAND` and \
`up -- COMMAND` end with COMMAND's own exit code.";

/// Rekindle on this machine: the data stack, the services, and calls to them.
#[derive(Debug, Parser)]
#[command(name = "rekindle", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Print results and errors as JSON.
    #[arg(long, global = true, display_order = 900)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where Postgres and Redis come from; taken by every command that needs them.
#[derive(Debug, Clone, Args)]
pub struct StackArguments {
    /// Folder of the private Postgres and Redis.
    #[arg(
        long,
        env = "REKINDLE_HOME",
        default_value = ".rekindle",
        value_name = "DIR"
    )]
    pub home: PathBuf,

    /// Use this Postgres instead of a private one (the role must be able to create databases).
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// The databases of the services, when they are not `rekindle_…` on that Postgres.
    #[command(flatten)]
    pub service_database_urls: ServiceDatabaseUrls,

    /// Use this Redis instead of a private one.
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    pub redis_url: Option<String>,

    /// Folder with postgres, initdb and psql, searched before PATH.
    #[arg(long, env = "REKINDLE_PG_BIN", value_name = "DIR")]
    pub pg_bin: Option<PathBuf>,

    /// The redis-server program, used before the one on PATH.
    #[arg(long, env = "REKINDLE_REDIS_SERVER", value_name = "FILE")]
    pub redis_server: Option<PathBuf>,
}

/// Databases that were given by hand; they count only beside `DATABASE_URL`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServiceDatabaseUrls {
    /// The database of profiles.
    #[arg(long, env = "PROFILES_DATABASE_URL", hide = true, value_name = "URL")]
    pub profiles_database_url: Option<String>,

    /// The database of lifecycle.
    #[arg(long, env = "LIFECYCLE_DATABASE_URL", hide = true, value_name = "URL")]
    pub lifecycle_database_url: Option<String>,

    /// The database of offers.
    #[arg(long, env = "OFFERS_DATABASE_URL", hide = true, value_name = "URL")]
    pub offers_database_url: Option<String>,
}

impl ServiceDatabaseUrls {
    /// The one that was given for a service.
    pub fn of(&self, service: &str) -> Option<&str> {
        let url = match service {
            "profiles" => &self.profiles_database_url,
            "lifecycle" => &self.lifecycle_database_url,
            "offers" => &self.offers_database_url,
            _ => return None,
        };
        url.as_deref().filter(|url| !url.trim().is_empty())
    }
}

/// Reads a time, or a day as the midnight it begins with, UTC.
///
/// # Errors
///
/// A sentence that says how to write one.
pub fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(day) = text.parse::<Date>()
        && text.len() == "2026-11-22".len()
    {
        return midnight(day);
    }
    text.parse().map_err(|_| {
        "write it like 2027-01-31T09:30:00Z, or 2027-01-31 for its midnight UTC".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_zone_and_a_day_as_its_midnight() {
        let noon = instant("2027-01-31T13:00:00+01:00").unwrap();
        assert_eq!(noon.to_string(), "2027-01-31T12:00:00Z");
        assert_eq!(
            instant("2027-01-31").unwrap().to_string(),
            "2027-01-31T00:00:00Z"
        );
        for text in [
            "",
            "tomorrow",
            "2027-02-30",
            "2027-01-31T12:00:00",
            "20270131",
        ] {
            let message = instant(text).unwrap_err();
            assert!(message.starts_with("write it like"), "{text}: {message}");
        }
    }
}
