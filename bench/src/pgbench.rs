//! The other ceiling: pgbench, inserting single rows, each commit durable.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rekindle::failure::Failure;
use rekindle::stack::run_sql;
use tokio::process::Command;

/// A row about as wide as the smallest honest record of a decision: two ids, a key and some text.
const CREATE: &str = "\
drop table if exists bench_decision;
create table bench_decision (
    decision_id uuid        not null,
    customer_id text        not null,
    contact_id  text        not null,
    record      text        not null,
    decided_at  timestamptz not null default now(),
    constraint bench_decision_pkey primary key (customer_id, decision_id)
);
";

const SCRIPT: &str = "\
\\set customer random(1, 100000)
insert into bench_decision (decision_id, customer_id, contact_id, record)
values (gen_random_uuid(), 'c-' || :customer, 'contact-' || :customer, repeat('r', 256));
";

const DROP: &str = "drop table if exists bench_decision;";

/// pgbench on a database of ours.
#[derive(Debug)]
pub(crate) struct Pgbench {
    program: PathBuf,
    psql: PathBuf,
    url: String,
    script: PathBuf,
    clients: u32,
}

impl Pgbench {
    /// Finds pgbench beside the programs of Postgres; says so when it is not there.
    pub(crate) fn find(
        postgres_folder: Option<&Path>,
        psql: &Path,
        url: &str,
        folder: &Path,
        clients: u32,
    ) -> Result<Self, Failure> {
        let beside_psql = psql.canonicalize().ok();
        let folders = [
            postgres_folder,
            beside_psql.as_deref().and_then(Path::parent),
        ];
        let program = folders
            .into_iter()
            .flatten()
            .chain([Path::new("/usr/bin"), Path::new("/usr/local/bin")])
            .map(|folder| folder.join("pgbench"))
            .find(|program| program.is_file())
            .ok_or_else(|| {
                Failure::unavailable("there is no pgbench on this machine")
                    .advice("install it (Debian, Ubuntu: apt-get install postgresql-contrib)")
            })?;
        let script = folder.join("insert.sql");
        std::fs::write(&script, SCRIPT).map_err(|error| {
            Failure::failed(format!("{} cannot be written: {error}", script.display()))
        })?;
        Ok(Self {
            program,
            psql: psql.to_owned(),
            url: url.to_owned(),
            script,
            clients,
        })
    }

    /// Inserts for so many seconds and answers with the inserts for each second.
    pub(crate) async fn run(&self, seconds: u64) -> Result<f64, Failure> {
        run_sql(&self.psql, &self.url, CREATE).await?;
        let answer = Command::new(&self.program)
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .arg(format!("--client={}", self.clients))
            .arg(format!("--time={seconds}"))
            .arg("--file")
            .arg(&self.script)
            .arg(&self.url)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| Failure::unavailable(format!("pgbench does not start: {error}")))?;
        run_sql(&self.psql, &self.url, DROP).await?;
        let said = String::from_utf8_lossy(&answer.stdout);
        match tps(&said) {
            Some(tps) if answer.status.success() => Ok(tps),
            _ => {
                let complaint = String::from_utf8_lossy(&answer.stderr);
                Err(Failure::failed(format!(
                    "pgbench: {}{said}",
                    complaint.trim()
                )))
            }
        }
    }
}

/// The rate in what pgbench prints, unless some transactions failed.
fn tps(said: &str) -> Option<f64> {
    let value = |start: &str| {
        let line = said.lines().find(|line| line.starts_with(start))?;
        line.get(start.len()..)?
            .split_whitespace()
            .next()?
            .parse::<f64>()
            .ok()
    };
    let failed = value("number of failed transactions:").unwrap_or_default();
    value("tps = ").filter(|tps| *tps > 0.0 && failed < 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_counts_only_without_failures() {
        let said = "number of failed transactions: 0 (0.000%)\n\
                    latency average = 3.2 ms\n\
                    tps = 5312.25 (without initial connection time)\n";
        assert_eq!(tps(said), Some(5312.25));
        assert_eq!(
            tps(&said.replace("transactions: 0", "transactions: 3")),
            None
        );
        assert_eq!(tps("pgbench: error"), None);
    }
}
