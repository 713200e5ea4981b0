//! What learning rests on: whether it is due, what became of calls, and the latest of them.

use kernel::money::{Currency, Money};
use kernel::time::Timestamp;
use sqlx::{Connection, PgConnection};
use storage::StoreError;
use tracing::Instrument;
use uuid::Uuid;

use super::session::bind;
use super::{Store, statement};
use crate::domain::decision::Record;
use crate::domain::evidence::KnownCall;

/// The lock's number: the letters "learning".
const LEARNING_LOCK: i64 = 0x6c65_6172_6e69_6e67;

/// How many calls one page has.
const PAGE: i64 = 1_000;

const OUTCOMES: &str = "call_outcome";

/// Held by the process that learns; an advisory lock of a connection of its own, so that it is gone with
/// the process.
#[derive(Debug)]
pub struct LearningLock {
    connection: PgConnection,
}

/// A page of calls, and the last session among all that were looked at; absent after the last page.
#[derive(Clone, Debug)]
pub struct KnownCalls {
    /// The calls.
    pub calls: Vec<KnownCall>,
    /// Where the page after this one begins.
    pub next: Option<Uuid>,
}

/// How many calls there were that could be offered something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallRate {
    /// The calls.
    pub calls: i64,
    /// Within so many days.
    pub days: f64,
}

impl Store {
    /// Tells the time of the database, if no version was made yet on its day.
    pub async fn learning_is_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.postgres
            .background(&(), |(), connection| Box::pin(due(connection)))
            .await
    }

    /// Takes the lock, unless another process learns.
    pub async fn lock_learning(&self) -> Result<Option<LearningLock>, StoreError> {
        let mut connection = self.postgres.connect().await?;
        let taken = sqlx::query_scalar!(
            "select pg_try_advisory_lock($1) as \"taken!\"",
            LEARNING_LOCK
        )
        .fetch_one(&mut connection)
        .instrument(statement("SELECT", "pg_locks"))
        .await?;
        Ok(taken.then_some(LearningLock { connection }))
    }

    /// Reads what became of calls that were decided in a time, in the order of their sessions.
    pub async fn known_calls(
        &self,
        after: Uuid,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<KnownCalls, StoreError> {
        self.postgres
            .background(
                &(after, since, until),
                |(after, since, until), connection| {
                    Box::pin(known(connection, *after, *since, *until))
                },
            )
            .await
    }

    /// Reads the first decisions of the latest calls that could be offered something, as far as this
    /// program can read them.
    pub async fn latest_contended(&self, most: i64) -> Result<Vec<Record>, StoreError> {
        self.postgres
            .background(&most, |most, connection| {
                Box::pin(latest(connection, *most))
            })
            .await
    }

    /// Counts the calls of the last four weeks that could be offered something.
    pub async fn contended_rate(&self, now: Timestamp) -> Result<CallRate, StoreError> {
        self.postgres
            .background(&now, |now, connection| Box::pin(rate(connection, *now)))
            .await
    }
}

impl LearningLock {
    /// Gives the lock back. Closing alone would leave it to the server to notice.
    pub async fn release(mut self) {
        let _ = sqlx::query_scalar!(
            "select pg_advisory_unlock($1) as \"released!\"",
            LEARNING_LOCK
        )
        .fetch_one(&mut self.connection)
        .instrument(statement("SELECT", "pg_locks"))
        .await;
        let _ = self.connection.close().await;
    }
}

async fn due(connection: &mut PgConnection) -> Result<Option<Timestamp>, StoreError> {
    let row = sqlx::query!(
        "select now() as \"now!\", coalesce(max(made_at) < date_trunc('day', now(), 'UTC'), true) \
                as \"due!\" \
         from learned"
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", "learned"))
    .await?;
    Ok(row.due.then(|| row.now.to_jiff()))
}

async fn known(
    connection: &mut PgConnection,
    after: Uuid,
    since: Timestamp,
    until: Timestamp,
) -> Result<KnownCalls, StoreError> {
    let rows = sqlx::query_file!(
        "src/store/known_calls.sql",
        after,
        bind(since) as _,
        bind(until) as _,
        PAGE,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", OUTCOMES))
    .await?;
    let is_last = i64::try_from(rows.len()).unwrap_or(i64::MAX) < PAGE;
    let next = rows.last().map(|row| row.session_id).filter(|_| !is_last);
    let counted = rows.into_iter().filter(|row| row.counts);
    let calls = counted.map(|row| KnownCall {
        reason: row.reason,
        monthly_margin: money(row.monthly_margin_minor, row.margin_currency.as_deref()),
        tenure_days: row.tenure_days.map_or(0, i64::from),
        arm: row.arm,
        decided_at: row.decided_at.to_jiff(),
        left: row.left,
        took_another: row.took_another,
        here_30_days: row.here_30_days,
        durable: row.durable,
    });
    Ok(KnownCalls {
        calls: calls.collect(),
        next,
    })
}

fn money(minor: Option<i64>, currency: Option<&str>) -> Option<Money> {
    Some(Money::new(minor?, Currency::parse(currency?).ok()?))
}

async fn latest(connection: &mut PgConnection, most: i64) -> Result<Vec<Record>, StoreError> {
    let rows = sqlx::query!(
        "with latest as ( \
             select customer_id, session_id from call_outcome \
             where decision_id is not null \
               and (compared_offer_key is not null or let_go_reason = 'NO_OFFER_DRAWN') \
             order by session_id desc limit $1 \
         ) \
         select first.record \
         from latest, lateral ( \
             select record from decision \
             where decision.customer_id = latest.customer_id \
               and decision.session_id = latest.session_id \
             order by step limit 1 \
         ) as first",
        most,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", "decision"))
    .await?;
    let records = rows.into_iter();
    let records = records.filter_map(|row| serde_json::from_str(&row.record).ok());
    Ok(records.collect())
}

async fn rate(connection: &mut PgConnection, now: Timestamp) -> Result<CallRate, StoreError> {
    let row = sqlx::query!(
        "select count(*) as \"calls!\", \
                greatest(1, coalesce(extract(epoch from $1 - min(decided_at)) / 86400, 1))::float8 \
                    as \"days!\" \
         from call_outcome \
         where decided_at > $1 - interval '28 days' and decided_at <= $1 \
           and (compared_offer_key is not null or let_go_reason = 'NO_OFFER_DRAWN')",
        bind(now) as _,
    )
    .fetch_one(connection)
    .instrument(statement("SELECT", OUTCOMES))
    .await?;
    Ok(CallRate {
        calls: row.calls,
        days: row.days,
    })
}
