//! One effect per request id: the log row is written in the transaction of the effect.
//!
//! Table: `sql/request_log.sql`. Of two concurrent calls with one id the second waits on the
//! unique index until the first is over, then replays its answer, or runs if it rolled back.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use tracing::Instrument;

use crate::error::StoreError;
use crate::span::statement_span;

const TABLE: &str = "request_log";

/// SHA-256 of an encoded request.
pub type BodyHash = [u8; 32];

/// What the log knows of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Not seen before: carry it out, then [`finish`] in the same transaction.
    Fresh,
    /// Carried out before: answer with these bytes.
    Replay(Vec<u8>),
    /// The id was used for another request: refuse with `REQUEST_ID_REUSED`.
    Reused,
    /// Only from [`begin_many`]: the same request as the entry at this index of the batch.
    Repeats(usize),
}

/// A request to look up or to remember.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'e> {
    /// The caller's id of the request.
    pub request_id: &'e str,
    /// Full method name.
    pub method: &'e str,
    /// Hash of the encoded request.
    pub body_hash: BodyHash,
}

/// Hashes an encoded request, for example `body_hash(&request.encode_to_vec())`.
pub fn body_hash(encoded_request: &[u8]) -> BodyHash {
    Sha256::digest(encoded_request).into()
}

/// Claims the request id inside the transaction of the effect.
pub async fn begin(
    connection: &mut PgConnection,
    request_id: &str,
    method: &str,
    body_hash: BodyHash,
) -> Result<Begun, StoreError> {
    let mut begun = begin_many(
        connection,
        &[Entry {
            request_id,
            method,
            body_hash,
        }],
    )
    .await?;
    begun
        .pop()
        .ok_or_else(|| StoreError::inconsistent("request_log", "request_id", request_id))
}

/// Claims the ids of a whole batch, in one statement when all are fresh.
pub async fn begin_many(
    connection: &mut PgConnection,
    entries: &[Entry<'_>],
) -> Result<Vec<Begun>, StoreError> {
    // Sorted, so that two processes whose batches overlap cannot deadlock.
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by_key(|&index| entries[index].request_id);
    let mut first_of: HashMap<&str, usize> = HashMap::with_capacity(entries.len());
    order.retain(|&index| *first_of.entry(entries[index].request_id).or_insert(index) == index);

    let claimed = claim(connection, entries, &order).await?;
    let mut begun = vec![Begun::Fresh; entries.len()];
    let taken: Vec<&str> = order
        .iter()
        .map(|&index| entries[index].request_id)
        .filter(|id| !claimed.contains(*id))
        .collect();
    let known = if taken.is_empty() {
        HashMap::new()
    } else {
        look_up(connection, &taken).await?
    };
    for (index, entry) in entries.iter().enumerate() {
        let first = first_of[entry.request_id];
        begun[index] = if let Some(row) = known.get(entry.request_id) {
            row.compared_with(entry)?
        } else if index == first {
            Begun::Fresh
        } else if same(&entries[first], entry) {
            Begun::Repeats(first)
        } else {
            Begun::Reused
        };
    }
    Ok(begun)
}

fn same(left: &Entry<'_>, right: &Entry<'_>) -> bool {
    left.method == right.method && left.body_hash == right.body_hash
}

async fn claim(
    connection: &mut PgConnection,
    entries: &[Entry<'_>],
    order: &[usize],
) -> Result<HashSet<String>, StoreError> {
    let ids: Vec<&str> = order
        .iter()
        .map(|&index| entries[index].request_id)
        .collect();
    let methods: Vec<&str> = order.iter().map(|&index| entries[index].method).collect();
    let hashes: Vec<&[u8]> = order
        .iter()
        .map(|&index| &entries[index].body_hash[..])
        .collect();
    let claimed: Vec<String> = sqlx::query_scalar(
        "insert into request_log (request_id, method, body_hash)
         select * from unnest($1::text[], $2::text[], $3::bytea[])
         on conflict on constraint request_log_pkey do nothing
         returning request_id",
    )
    .bind(ids)
    .bind(methods)
    .bind(hashes)
    .fetch_all(connection)
    .instrument(statement_span("INSERT", TABLE, ""))
    .await?;
    Ok(claimed.into_iter().collect())
}

struct Known {
    method: String,
    body_hash: Vec<u8>,
    response: Option<Vec<u8>>,
}

impl Known {
    fn compared_with(&self, entry: &Entry<'_>) -> Result<Begun, StoreError> {
        if self.method != entry.method || self.body_hash != entry.body_hash {
            return Ok(Begun::Reused);
        }
        let response = self.response.clone();
        response
            .map(Begun::Replay)
            .ok_or_else(|| StoreError::inconsistent("request_log", "response", entry.request_id))
    }
}

type KnownRow = (String, String, Vec<u8>, Option<Vec<u8>>);

async fn look_up(
    connection: &mut PgConnection,
    ids: &[&str],
) -> Result<HashMap<String, Known>, StoreError> {
    let rows = sqlx::query_as::<_, KnownRow>(
        "select request_id, method, body_hash, response from request_log where request_id = any($1)",
    )
    .bind(ids)
    .fetch_all(connection)
    .instrument(statement_span("SELECT", TABLE, ""))
    .await?;
    let known = |(id, method, body_hash, response)| {
        (
            id,
            Known {
                method,
                body_hash,
                response,
            },
        )
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Looks a request up without claiming its id, for example before work that needs no transaction.
pub async fn peek(
    connection: &mut PgConnection,
    entry: &Entry<'_>,
) -> Result<Option<Begun>, StoreError> {
    let known = look_up(connection, &[entry.request_id]).await?;
    known
        .get(entry.request_id)
        .map(|row| row.compared_with(entry))
        .transpose()
}

/// Remembers the answer, in the transaction that claimed the id and made the effect.
pub async fn finish(
    connection: &mut PgConnection,
    request_id: &str,
    response: &[u8],
) -> Result<(), StoreError> {
    finish_many(connection, &[(request_id, response)]).await
}

/// Remembers the answers of a whole batch.
pub async fn finish_many(
    connection: &mut PgConnection,
    answers: &[(&str, &[u8])],
) -> Result<(), StoreError> {
    let (ids, responses): (Vec<&str>, Vec<&[u8]>) = answers.iter().copied().unzip();
    let changed = sqlx::query(
        "update request_log set response = answer.response
         from unnest($1::text[], $2::bytea[]) as answer (request_id, response)
         where request_log.request_id = answer.request_id",
    )
    .bind(ids)
    .bind(responses)
    .execute(connection)
    .instrument(statement_span("UPDATE", TABLE, ""))
    .await?
    .rows_affected();
    let expected = u64::try_from(answers.len()).unwrap_or(u64::MAX);
    if changed == expected {
        Ok(())
    } else {
        Err(StoreError::inconsistent(
            "request_log",
            "request_id",
            "unclaimed",
        ))
    }
}

/// Forgets up to `limit` requests that are older than `age_seconds`; returns how many.
pub async fn prune(
    connection: &mut PgConnection,
    age_seconds: i64,
    limit: i64,
) -> Result<u64, StoreError> {
    let deleted = sqlx::query(
        "delete from request_log where request_id in (
             select request_id from request_log
             where created_at < now() - make_interval(secs => $1::double precision)
             order by created_at limit $2
             for update skip locked)",
    )
    .bind(age_seconds)
    .bind(limit)
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
