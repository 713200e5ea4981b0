//! Claiming the outbox as work: one claimer per message, in order per key, poison set aside.

use std::time::Duration;

use sqlx::{PgConnection, Row};

use crate::error::StoreError;

/// Work that was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Identifies the message.
    pub id: i64,
    /// What kind of message it is.
    pub topic: String,
    /// What it is about.
    pub key: String,
    /// Encoded content.
    pub payload: Vec<u8>,
    /// How often it was claimed, this time included. A claim can only be closed by its own number,
    /// so a claimer that was too slow cannot close somebody else's.
    pub attempts: i32,
}

/// Claims up to `limit` due messages of a topic for `lease`, the oldest of each key only.
///
/// A claim that is neither completed nor retried becomes due again when its lease is over.
pub async fn claim(
    connection: &mut PgConnection,
    topic: &str,
    lease: Duration,
    limit: i64,
) -> Result<Vec<Claim>, StoreError> {
    claim_topics(connection, &[topic], lease, limit).await
}

/// Claims messages of several topics as [`claim`] does; messages of one key keep their order across
/// these topics.
pub async fn claim_topics(
    connection: &mut PgConnection,
    topics: &[&str],
    lease: Duration,
    limit: i64,
) -> Result<Vec<Claim>, StoreError> {
    // Topic by topic, so that the oldest are found by the index: however much waits after a long
    // time without an answer, a claim reads little more than it takes.
    let rows = sqlx::query(
        "update outbox
         set attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $2)
         where id in (
             select due.id
             from unnest($1) as wanted (topic) cross join lateral (
                 select mine.id, mine.next_attempt_at from outbox mine
                 where mine.topic = wanted.topic and mine.next_attempt_at <= now()
                   and mine.set_aside_reason is null
                   and not exists (
                       select from outbox earlier
                       where earlier.topic = any($1) and earlier.key = mine.key
                         and earlier.id < mine.id
                         and earlier.next_attempt_at is not null
                         and earlier.set_aside_reason is null)
                 order by mine.next_attempt_at, mine.id
                 limit $3
                 for update skip locked) as due
             order by due.next_attempt_at, due.id
             limit $3)
         returning id, topic, key, payload, attempts",
    )
    .bind(topics)
    .bind(lease.as_secs_f64())
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Claim {
                id: row.try_get("id")?,
                topic: row.try_get("topic")?,
                key: row.try_get("key")?,
                payload: row.try_get("payload")?,
                attempts: row.try_get("attempts")?,
            })
        })
        .collect()
}

/// Removes work that is done; `false` when the lease was over and somebody else claimed it.
pub async fn complete(connection: &mut PgConnection, claim: &Claim) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from outbox where id = $1 and attempts = $2")
        .bind(claim.id)
        .bind(claim.attempts)
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Makes work due again after a pause.
pub async fn retry_after(
    connection: &mut PgConnection,
    claim: &Claim,
    pause: Duration,
) -> Result<(), StoreError> {
    sqlx::query(
        "update outbox set next_attempt_at = now() + make_interval(secs => $3)
         where id = $1 and attempts = $2",
    )
    .bind(claim.id)
    .bind(claim.attempts)
    .bind(pause.as_secs_f64())
    .execute(connection)
    .await?;
    Ok(())
}

/// Stops trying, with the reason kept for people; later work of the same key goes on.
pub async fn set_aside(
    connection: &mut PgConnection,
    claim: &Claim,
    reason: &str,
) -> Result<(), StoreError> {
    sqlx::query("update outbox set set_aside_reason = $3 where id = $1 and attempts = $2")
        .bind(claim.id)
        .bind(claim.attempts)
        .bind(reason)
        .execute(connection)
        .await?;
    Ok(())
}
