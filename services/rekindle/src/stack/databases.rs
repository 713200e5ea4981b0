//! One database and one role per service, and the addresses that name them.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{Endpoints, Programs};
use crate::failure::Failure;

/// The longest that one psql may take; creating a database copies a few megabytes.
const PSQL_PATIENCE: Duration = Duration::from_secs(30);

/// The database a service owns.
#[derive(Debug, Clone, Copy)]
pub struct ServiceDatabase {
    /// The service.
    pub service: &'static str,
    /// The database; on a private Postgres its owner has the same name.
    pub name: &'static str,
    /// The variable with its address.
    pub variable: &'static str,
}

/// Every database of the suite.
pub const SERVICE_DATABASES: [ServiceDatabase; 3] = [
    ServiceDatabase {
        service: "profiles",
        name: "rekindle_profiles",
        variable: "PROFILES_DATABASE_URL",
    },
    ServiceDatabase {
        service: "lifecycle",
        name: "rekindle_lifecycle",
        variable: "LIFECYCLE_DATABASE_URL",
    },
    ServiceDatabase {
        service: "offers",
        name: "rekindle_offers",
        variable: "OFFERS_DATABASE_URL",
    },
];

/// Creates the roles and databases that the addresses name and that are not there yet.
pub(super) async fn create_missing(
    programs: &Programs,
    endpoints: &Endpoints,
) -> Result<(), Failure> {
    let Some(admin_url) = endpoints.database_url.as_deref() else {
        return Ok(());
    };
    let mut script = String::new();
    for database in &SERVICE_DATABASES {
        let url = endpoints.service_url(database.service).unwrap_or_default();
        let name = database.name;
        if database_of(url) != Some(name) {
            // An address that was given by hand may name a database of another name: it is used
            // as it is.
            continue;
        }
        let owner = if role_of(url) == Some(name) {
            let _ = writeln!(
                script,
                "select 'create role {name} login' \
                 where not exists (select from pg_roles where rolname = '{name}') \\gexec"
            );
            format!(" owner {name}")
        } else {
            String::new()
        };
        let _ = writeln!(
            script,
            "select 'create database {name}{owner}' \
             where not exists (select from pg_database where datname = '{name}') \\gexec"
        );
    }
    run_sql(programs.psql()?, admin_url, &script)
        .await
        .map(drop)
}

/// Runs SQL with psql and answers what it printed, unaligned and without headers.
pub async fn run_sql(psql: &Path, url: &str, script: &str) -> Result<String, Failure> {
    let work = async {
        let mut child = Command::new(psql)
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", "--no-password", "--dbname", url])
            .envs([("LC_ALL", "C"), ("PGCONNECT_TIMEOUT", "5")])
            .env_remove("PGOPTIONS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // psql that could not connect closes its input; its own message is the one that helps.
            let _ = stdin.write_all(script.as_bytes()).await;
        }
        child.wait_with_output().await
    };
    let answer = tokio::time::timeout(PSQL_PATIENCE, work)
        .await
        .map_err(|_elapsed| unreachable_database("psql does not come back", url))?
        .map_err(|source| {
            Failure::failed(format!("{} does not start: {source}", psql.display()))
        })?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).trim().to_owned());
    }
    Err(unreachable_database(
        String::from_utf8_lossy(&answer.stderr).trim(),
        url,
    ))
}

fn unreachable_database(what: &str, url: &str) -> Failure {
    let place = without_password(url);
    Failure::unavailable(format!("Postgres at {place} refuses: {what}")).advice(
        "check that it runs and that the role may log in and create databases (alter role … \
         createdb), or unset DATABASE_URL to get a private Postgres",
    )
}

/// The same server, another database.
pub(super) fn with_database(url: &str, database: &str) -> String {
    let (head, path_start) = match url.split_once("://") {
        Some((scheme, _)) => (url, scheme.len() + "://".len()),
        None => (url, 0),
    };
    let rest = head.get(path_start..).unwrap_or_default();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = rest.split('/').next().unwrap_or_default();
    let scheme = head.get(..path_start).unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{scheme}{authority}/{database}{mark}{query}")
}

fn database_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split('?').next()?;
    rest.split_once('/').map(|(_, database)| database)
}

fn role_of(url: &str) -> Option<&str> {
    let (_, query) = url.split_once('?')?;
    query.split('&').find_map(|part| part.strip_prefix("user="))
}

/// The address without the password, fit for a message.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "the given address".to_owned();
    };
    let rest = rest.split('?').next().unwrap_or_default();
    match rest.rsplit_once('@') {
        Some((credentials, place)) => {
            let user = credentials.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}@{place}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

/// Escapes a path for the query part of an address.
pub(super) fn escape_path(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let mut escaped = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            escaped.push(char::from(*byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// The path that was escaped.
pub(super) fn unescape_path(escaped: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.as_bytes());
        let code = after
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.unwrap_or(b'%'));
        rest = if code.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    bytes.extend(rest.as_bytes());
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_on_the_same_server() {
        let cases = [
            (
                "postgres://u:p@host:5433/postgres",
                "postgres://u:p@host:5433/offers",
            ),
            ("postgres://host", "postgres://host/offers"),
            (
                "postgres:///postgres?host=/s&user=u",
                "postgres:///offers?host=/s&user=u",
            ),
            (
                "postgres://host?sslmode=require",
                "postgres://host/offers?sslmode=require",
            ),
        ];
        for (url, expected) in cases {
            assert_eq!(with_database(url, "offers"), expected, "{url}");
        }
    }

    #[test]
    fn a_message_never_shows_a_password() {
        assert_eq!(
            without_password("postgres://u:secret@h/db"),
            "postgres://u@h/db"
        );
        assert_eq!(
            without_password("postgres://h/db?password=secret"),
            "postgres://h/db"
        );
        assert_eq!(
            without_password("host=h password=secret"),
            "the given address"
        );
    }

    #[test]
    fn a_path_with_a_space_fits_into_an_address() {
        assert_eq!(
            escape_path(Path::new("/my files/é&")),
            "/my%20files/%C3%A9%26"
        );
    }

    #[test]
    fn the_database_and_the_role_are_read_from_an_address() {
        let url = "postgres:///rekindle_offers?host=/s&user=rekindle_offers";
        assert_eq!(database_of(url), Some("rekindle_offers"));
        assert_eq!(role_of(url), Some("rekindle_offers"));
        assert_eq!(role_of("postgres://u@h/db"), None);
    }
}
