//! Scoring the whole portfolio: a run is cut into ranges of customers, and each range is claimed,
//! read, scored, written and marked as done in one transaction. A worker that dies leaves its range
//! as it was, free at once for the next.

use std::collections::HashMap;

use futures::future::BoxFuture;
use jiff_sqlx::ToSqlx;
use kernel::time::Timestamp;
use sqlx::{Connection, PgConnection};
use storage::{StoreError, statement_span};
use tracing::Instrument;

use super::care::Fingerprint;
use super::knowledge::VersionsInUse;
use super::memories::{risks, stage};
use super::scored_customers::{Scorer, lock_shared, replace, score_aside};
use super::{Store, bigint, snapshots};
use crate::domain::portfolio::scored_customer::Scoring;
use crate::domain::stage::memory::StageMemory;

/// One scoring of the whole portfolio, and how far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoringRun {
    /// The number, from one.
    pub number: u64,
    /// When it began.
    pub start_time: Timestamp,
    /// When its last range was done.
    pub end_time: Option<Timestamp>,
    /// The versions in use when it began.
    pub versions: VersionsInUse,
    /// How many ranges it has.
    pub range_count: u64,
    /// How many of these are done.
    pub done_range_count: u64,
    /// How many customers there were when it began.
    pub customer_count: u64,
    /// How many were looked at.
    pub done_customer_count: u64,
    /// How many of these were scored.
    pub scored_count: u64,
    /// How many have facts that cannot be read.
    pub unreadable_count: u64,
    /// How many changed their stage.
    pub transition_count: u64,
}

/// How a worker scores: which customers are up to date, and what becomes of the others.
#[derive(Clone)]
pub struct RangeWork {
    /// Scores a customer.
    pub score: Scorer,
    /// The versions it scores with.
    pub versions: VersionsInUse,
    /// The time it scores for.
    pub as_of: Timestamp,
}

impl Store {
    /// Begins to score the whole portfolio, unless a run goes on; tells whether it did.
    pub async fn start_scoring(
        &self,
        versions: VersionsInUse,
        range_size: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let input = (versions, range_size, now);
        self.postgres
            .background(&input, |input, connection| {
                in_transaction(
                    input,
                    connection,
                    |(versions, range_size, now), transaction| {
                        Box::pin(start(*versions, *range_size, *now, transaction))
                    },
                )
            })
            .await
    }

    /// Reads how far a run is, the latest when none is named.
    pub async fn scoring_run(&self, number: Option<u64>) -> Result<Option<ScoringRun>, StoreError> {
        self.postgres
            .background(&number, |number, connection| {
                Box::pin(read_run(*number, connection))
            })
            .await
    }

    /// Ends a run that nobody can go on with; the ranges not done are left out.
    pub async fn abandon_scoring(&self, number: u64, now: Timestamp) -> Result<(), StoreError> {
        let input = (bigint(number), now);
        self.postgres
            .background(&input, |(number, now), connection| {
                Box::pin(async move {
                    let now = now.to_sqlx();
                    sqlx::query_file!("src/store/sql/scoring_run_abandon.sql", *number, now as _)
                        .execute(connection)
                        .instrument(statement_span(
                            "UPDATE",
                            "scoring_run",
                            include_str!("sql/scoring_run_abandon.sql"),
                        ))
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Scores one range, of a run for the worker's versions, that nobody else works on; `false` when
    /// there is none.
    pub async fn score_next_range(&self, work: &RangeWork) -> Result<bool, StoreError> {
        self.postgres
            .background(work, |work, connection| {
                in_transaction(work, connection, |work, transaction| {
                    Box::pin(score_range(work, transaction))
                })
            })
            .await
    }

    /// Ends the run whose ranges are all done.
    pub async fn end_scoring(&self, now: Timestamp) -> Result<(), StoreError> {
        self.postgres
            .background(&now, |now, connection| {
                Box::pin(async move {
                    let now = now.to_sqlx();
                    sqlx::query_file!("src/store/sql/scoring_run_end.sql", now as _)
                        .execute(connection)
                        .instrument(statement_span(
                            "UPDATE",
                            "scoring_run",
                            include_str!("sql/scoring_run_end.sql"),
                        ))
                        .await?;
                    Ok(())
                })
            })
            .await
    }
}

/// Works between BEGIN and COMMIT on a connection of a job. Whatever cuts it off closes the
/// connection, which rolls back.
pub(super) fn in_transaction<'c, I, T, F>(
    input: &'c I,
    connection: &'c mut PgConnection,
    work: F,
) -> BoxFuture<'c, Result<T, StoreError>>
where
    I: Sync,
    T: Send + 'c,
    F: for<'t> FnOnce(&'t I, &'t mut PgConnection) -> BoxFuture<'t, Result<T, StoreError>>
        + Send
        + 'c,
{
    Box::pin(async move {
        let mut transaction = connection.begin().await?;
        match work(input, &mut transaction).await {
            Ok(value) => {
                transaction.commit().await?;
                Ok(value)
            }
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    })
}

async fn start(
    versions: VersionsInUse,
    range_size: u32,
    now: Timestamp,
    transaction: &mut PgConnection,
) -> Result<bool, StoreError> {
    let now = now.to_sqlx();
    let number = sqlx::query_file_scalar!(
        "src/store/sql/scoring_run_insert.sql",
        now as _,
        bigint(versions.rules),
        bigint(versions.activation),
        bigint(versions.care_plan)
    )
    .fetch_optional(&mut *transaction)
    .instrument(statement_span(
        "INSERT",
        "scoring_run",
        include_str!("sql/scoring_run_insert.sql"),
    ))
    .await?;
    let Some(number) = number else {
        return Ok(false);
    };
    sqlx::query_file!(
        "src/store/sql/scoring_range_insert.sql",
        number,
        i64::from(range_size.max(1))
    )
    .execute(&mut *transaction)
    .instrument(statement_span(
        "INSERT",
        "scoring_range",
        include_str!("sql/scoring_range_insert.sql"),
    ))
    .await?;
    sqlx::query_file!("src/store/sql/scoring_run_prune.sql", number)
        .execute(transaction)
        .instrument(statement_span(
            "DELETE",
            "scoring_run",
            include_str!("sql/scoring_run_prune.sql"),
        ))
        .await?;
    Ok(true)
}

async fn read_run(
    number: Option<u64>,
    connection: &mut PgConnection,
) -> Result<Option<ScoringRun>, StoreError> {
    let wanted = number.map(bigint);
    let row = sqlx::query_file!("src/store/sql/scoring_run_read.sql", wanted)
        .fetch_optional(connection)
        .instrument(statement_span(
            "SELECT",
            "scoring_run",
            include_str!("sql/scoring_run_read.sql"),
        ))
        .await?;
    Ok(row.map(|row| ScoringRun {
        number: row.number.unsigned_abs(),
        start_time: row.start_time.to_jiff(),
        end_time: row.end_time.map(jiff_sqlx::Timestamp::to_jiff),
        versions: VersionsInUse {
            rules: row.rules_version.unsigned_abs(),
            activation: row.model_activation.unsigned_abs(),
            care_plan: row.care_plan_version.unsigned_abs(),
        },
        range_count: row.range_count.unsigned_abs(),
        done_range_count: row.done_range_count.unsigned_abs(),
        customer_count: row.customer_count.unsigned_abs(),
        done_customer_count: row.done_customer_count.unsigned_abs(),
        scored_count: row.scored_count.unsigned_abs(),
        unreadable_count: row.unreadable_count.unsigned_abs(),
        transition_count: row.transition_count.unsigned_abs(),
    }))
}

/// The customers of a run between two ids.
struct Range {
    run: i64,
    number: i32,
    after: String,
    until: Option<String>,
}

async fn score_range(work: &RangeWork, transaction: &mut PgConnection) -> Result<bool, StoreError> {
    // What a crash of the database takes back it takes back as a whole, range and scores; so nobody
    // has to wait for the disk, unless there are changes of stage.
    sqlx::query("set local synchronous_commit = off")
        .execute(&mut *transaction)
        .instrument(statement_span("SET", "synchronous_commit", ""))
        .await?;
    lock_shared(transaction).await?;
    let Some(range) = claim(work.versions, transaction).await? else {
        return Ok(false);
    };
    let scored = score_customers(&range, work, transaction).await?;
    let transitions = scored
        .scorings
        .iter()
        .filter(|scoring| scoring.transition.is_some())
        .count();
    if transitions > 0 {
        // Whoever follows them must not be told of one that a crash takes back.
        sqlx::query("set local synchronous_commit = on")
            .execute(&mut *transaction)
            .instrument(statement_span("SET", "synchronous_commit", ""))
            .await?;
    }
    let now = work.as_of.to_sqlx();
    let scored_count = scored.scorings.len();
    replace(scored.scorings, &scored.wanted_before, transaction).await?;
    sqlx::query_file!(
        "src/store/sql/scoring_range_done.sql",
        range.run,
        range.number,
        now as _,
        count(scored.customer_count),
        count(scored_count),
        count(scored.unreadable_count),
        count(transitions)
    )
    .execute(transaction)
    .instrument(statement_span(
        "UPDATE",
        "scoring_range",
        include_str!("sql/scoring_range_done.sql"),
    ))
    .await?;
    Ok(true)
}

fn count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A worker that knows other versions than the run's would take for up to date who is not.
async fn claim(
    versions: VersionsInUse,
    transaction: &mut PgConnection,
) -> Result<Option<Range>, StoreError> {
    let row = sqlx::query_file!(
        "src/store/sql/scoring_range_claim.sql",
        bigint(versions.rules),
        bigint(versions.activation),
        bigint(versions.care_plan)
    )
    .fetch_optional(transaction)
    .instrument(statement_span(
        "SELECT",
        "scoring_range",
        include_str!("sql/scoring_range_claim.sql"),
    ))
    .await?;
    Ok(row.map(|row| Range {
        run: row.run,
        number: row.number,
        after: row.after_customer,
        until: row.until_customer,
    }))
}

/// What became of the customers of a range.
#[derive(Default)]
struct Scored {
    customer_count: usize,
    unreadable_count: usize,
    scorings: Vec<Scoring>,
    wanted_before: HashMap<String, Fingerprint>,
}

async fn score_customers(
    range: &Range,
    work: &RangeWork,
    transaction: &mut PgConnection,
) -> Result<Scored, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/sql/scoring_range_read.sql",
        range.after,
        range.until.as_deref()
    )
    .fetch_all(transaction)
    .instrument(statement_span(
        "SELECT",
        "customer_facts",
        include_str!("sql/scoring_range_read.sql"),
    ))
    .await?;
    let mut scored = Scored {
        customer_count: rows.len(),
        ..Scored::default()
    };
    let mut to_rate = Vec::new();
    for row in rows {
        let memory = match (row.stage, row.stage_since, row.risk_memory) {
            (Some(key), Some(since), Some(text)) => Some(StageMemory {
                stage: stage(&key, &row.customer_id)?,
                since: since.to_jiff(),
                risks: risks(&text, &row.customer_id)?,
                rules_version: row.rules_version.unwrap_or(0).unsigned_abs(),
                model_activation: row.model_activation.unwrap_or(0).unsigned_abs(),
            }),
            _ => None,
        };
        let planned = row.care_plan_version.zip(row.care_fingerprint);
        let planned = planned.map(|(version, stands_for)| (version.unsigned_abs(), stands_for));
        let times = row.scored_time.zip(row.valid_until);
        let is_valid = times.is_some_and(|(scored, until)| {
            scored.to_jiff() <= work.as_of && work.as_of < until.to_jiff()
        });
        let knows_the_same = memory.as_ref().is_some_and(|memory| {
            memory.rules_version == work.versions.rules
                && memory.model_activation == work.versions.activation
                && planned.is_some_and(|(version, _)| version == work.versions.care_plan)
        });
        if is_valid && knows_the_same && row.scored_revision == Some(row.revision) {
            continue;
        }
        if let Some(planned) = planned {
            scored
                .wanted_before
                .insert(row.customer_id.clone(), planned);
        }
        match snapshots::decode(&row.customer_id, row.format, &row.facts) {
            Some(facts) => to_rate.push((facts, memory)),
            None => scored.unreadable_count += 1,
        }
    }
    let wanted = to_rate.len();
    let scorings = score_aside(&work.score, to_rate).await;
    scored.scorings = scorings.into_iter().flatten().collect();
    scored.unreadable_count += wanted - scored.scorings.len();
    Ok(scored)
}
