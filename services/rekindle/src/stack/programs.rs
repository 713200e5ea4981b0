//! Finds the programs of Postgres and Redis on this machine.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Endpoints;
use crate::arguments::StackArguments;
use crate::failure::Failure;

/// The oldest Postgres the services are written for.
const OLDEST_POSTGRES: u32 = 14;

/// How to get Postgres, for every message that misses it.
const GET_POSTGRES: &str = "install it (Debian, Ubuntu: apt-get install postgresql · macOS: brew \
install postgresql@17), or name the folder of its programs in REKINDLE_PG_BIN, or name a server \
in DATABASE_URL";

/// How to get Redis.
const GET_REDIS: &str = "install it (Debian, Ubuntu: apt-get install redis-server · macOS: brew \
install redis), or name the program in REKINDLE_REDIS_SERVER, or name a server in REDIS_URL";

/// Folders where package managers put the programs of Postgres without adding them to PATH;
/// one `*` stands for a version, and the highest version wins.
const POSTGRES_FOLDERS: [&str; 7] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
];

/// Folders searched after PATH, which is short under some service managers.
const OTHER_FOLDERS: [&str; 4] = [
    "/usr/local/bin",
    "/usr/bin",
    "/opt/homebrew/bin",
    "/home/linuxbrew/.linuxbrew/bin",
];

/// The programs of a Postgres installation, all of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresPrograms {
    /// The server.
    pub postgres: PathBuf,
    /// Makes a cluster.
    pub initdb: PathBuf,
    /// The major version of the server.
    pub major_version: u32,
}

/// What was found; a missing program is an error only for who needs it.
#[derive(Debug)]
pub struct Programs {
    postgres: Result<PostgresPrograms, Failure>,
    psql: Result<PathBuf, Failure>,
    redis: Result<PathBuf, Failure>,
}

impl Programs {
    /// Searches, and fails when something is missing that these endpoints need.
    pub fn locate(arguments: &StackArguments, endpoints: &Endpoints) -> Result<Self, Failure> {
        let programs = Self::search(arguments);
        if endpoints.database_url.is_none() {
            programs.postgres()?;
        }
        if endpoints.redis_url.is_none() {
            programs.redis()?;
        }
        programs.psql()?;
        Ok(programs)
    }

    /// Searches and keeps what is missing for later.
    pub fn search(arguments: &StackArguments) -> Self {
        let named = arguments.pg_bin.as_deref();
        Self {
            postgres: find_postgres(&postgres_folders(named)),
            psql: find_psql(named),
            redis: find_redis(arguments.redis_server.as_deref()),
        }
    }

    /// The server programs of Postgres.
    pub fn postgres(&self) -> Result<&PostgresPrograms, Failure> {
        self.postgres.as_ref().map_err(Failure::clone)
    }

    /// The command line of Postgres.
    pub fn psql(&self) -> Result<&Path, Failure> {
        self.psql.as_deref().map_err(Failure::clone)
    }

    /// The server program of Redis.
    pub fn redis(&self) -> Result<&Path, Failure> {
        self.redis.as_deref().map_err(Failure::clone)
    }

    /// What was found, as variables, so that a child uses the same programs.
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let mut variables = Vec::new();
        let folder = self.postgres.as_ref().map(|found| found.postgres.parent());
        if let Ok(Some(folder)) = folder {
            variables.push(("REKINDLE_PG_BIN", folder.into()));
        }
        if let Ok(program) = &self.redis {
            variables.push(("REKINDLE_REDIS_SERVER", program.into()));
        }
        variables
    }
}

/// Asks a program for its version.
pub fn version_of(path: &Path) -> Option<String> {
    let answer = Command::new(path).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
    (answer.status.success() && !text.is_empty()).then_some(text)
}

fn find_postgres(folders: &[PathBuf]) -> Result<PostgresPrograms, Failure> {
    let mut too_old = None;
    for folder in folders {
        // A folder of links leads to the real one, where pgbench and the others are as well.
        let folder = fs::canonicalize(folder.join("postgres"))
            .ok()
            .and_then(|postgres| postgres.parent().map(Path::to_owned))
            .unwrap_or_else(|| folder.clone());
        let (postgres, initdb) = (folder.join("postgres"), folder.join("initdb"));
        if !is_program(&postgres) || !is_program(&initdb) {
            continue;
        }
        let Some(major_version) = version_of(&postgres).as_deref().and_then(major_version) else {
            continue;
        };
        if major_version >= OLDEST_POSTGRES {
            return Ok(PostgresPrograms {
                postgres,
                initdb,
                major_version,
            });
        }
        too_old.get_or_insert(format!("{} is version {major_version}", postgres.display()));
    }
    let what = match too_old {
        Some(found) => format!("no Postgres {OLDEST_POSTGRES} or newer was found: {found}"),
        None => "the programs of Postgres (postgres, initdb) were not found".to_owned(),
    };
    Err(Failure::unavailable(what).advice(GET_POSTGRES))
}

fn find_psql(named: Option<&Path>) -> Result<PathBuf, Failure> {
    // Packages of the bare server leave psql out, so it may come from elsewhere than the server.
    let mut folders: Vec<PathBuf> = named.map(Path::to_owned).into_iter().collect();
    folders.extend(postgres_folders(None));
    folders.extend(OTHER_FOLDERS.map(PathBuf::from));
    first_program(&folders, &["psql"]).ok_or_else(|| {
        Failure::unavailable("the program psql was not found").advice(
            "install it (Debian, Ubuntu: apt-get install postgresql-client · macOS: brew install \
             libpq), or name its folder in REKINDLE_PG_BIN",
        )
    })
}

fn find_redis(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(program) = given {
        return if is_program(program) {
            Ok(program.to_owned())
        } else {
            let message = format!("REKINDLE_REDIS_SERVER: {} is no program", program.display());
            Err(Failure::unavailable(message).advice("name an executable redis-server"))
        };
    }
    let mut folders = path_folders();
    folders.extend(OTHER_FOLDERS.map(PathBuf::from));
    first_program(&folders, &["redis-server", "valkey-server"]).ok_or_else(|| {
        Failure::unavailable("the program redis-server was not found").advice(GET_REDIS)
    })
}

/// The folders that may hold the server: the one that was named and no other, or PATH and the
/// usual ones.
fn postgres_folders(named: Option<&Path>) -> Vec<PathBuf> {
    if let Some(folder) = named {
        return vec![folder.to_owned()];
    }
    let mut folders = path_folders();
    for pattern in POSTGRES_FOLDERS {
        folders.extend(matching_folders(pattern));
    }
    folders
}

fn path_folders() -> Vec<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "PATH is no setting of ours: it is where programs are searched"
    )]
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// The folders that a pattern with at most one `*` stands for, the highest version first.
fn matching_folders(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![PathBuf::from(pattern)];
    };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or(("", before));
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = leading_number(name.to_str()?.strip_prefix(prefix)?)?;
            let folder = entry.path().join(after.trim_start_matches('/'));
            Some((version, folder))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, folder)| folder).collect()
}

fn first_program(folders: &[PathBuf], names: &[&str]) -> Option<PathBuf> {
    names.iter().find_map(|name| {
        let mut candidates = folders.iter().map(|folder| folder.join(name));
        candidates.find(|path| is_program(path))
    })
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The 15 of `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn major_version(text: &str) -> Option<u32> {
    text.split_whitespace().find_map(leading_number)
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_says() {
        let said = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)";
        assert_eq!(major_version(said), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("no number here"), None);
    }

    #[test]
    fn a_named_folder_without_postgres_is_an_error_that_says_what_to_do() {
        let failure = find_postgres(&[PathBuf::from("/nonexistent")]).unwrap_err();
        assert!(
            failure
                .what_to_do()
                .is_some_and(|advice| advice.contains("REKINDLE_PG_BIN"))
        );
    }

    #[test]
    fn the_highest_version_comes_first() {
        let root = std::env::temp_dir().join(format!("rk-programs-{}", std::process::id()));
        for version in ["9", "15", "100", "other"] {
            fs::create_dir_all(root.join(format!("pgsql-{version}/bin"))).unwrap();
        }
        let pattern = format!("{}/pgsql-*/bin", root.display());
        let found = matching_folders(&pattern);
        fs::remove_dir_all(&root).unwrap();
        let expected = [100, 15, 9].map(|version| root.join(format!("pgsql-{version}/bin")));
        assert_eq!(found, expected);
    }
}
