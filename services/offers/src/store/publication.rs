//! Published versions of the catalogue and the policy. A row never changes; the highest version of
//! a kind is in force.

use jiff_sqlx::ToSqlx;
use kernel::id::RequestId;
use kernel::time::{Deadline, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use storage::request_log::{self, Begun, BodyHash};
use storage::{StoreError, write};
use tracing::Instrument;

use crate::domain::holdout::PlannedHoldout;
use crate::domain::named::Named;
use crate::domain::version::{Publication, Published, SourceFile};

use super::holdout::lock_share;
use super::session::request_id_reused;
use super::{Store, from_json, json, statement};

const TABLE: &str = "publication";

/// A version to publish; its files have been checked.
#[derive(Clone, Debug)]
pub struct NewPublication {
    /// Makes a retry safe.
    pub request_id: RequestId,
    /// The SHA-256 of the request.
    pub body_hash: BodyHash,
    /// What is published.
    pub kind: Published,
    /// The SHA-256 of the files.
    pub digest: [u8; 32],
    /// The files.
    pub files: Vec<SourceFile>,
    /// Who.
    pub published_by: String,
    /// Why.
    pub note: String,
    /// When.
    pub published_at: Timestamp,
    /// Who is held out by it; absent where nobody is.
    pub holdout: Option<PlannedHoldout>,
}

/// What publishing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The version in force.
    pub version: u64,
    /// It is new.
    pub changed: bool,
}

/// A version with its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPublication {
    /// Who, when and why.
    pub publication: Publication,
    /// The files.
    pub files: Vec<SourceFile>,
}

struct Row {
    version: i64,
    digest: Vec<u8>,
    published_by: String,
    note: String,
    published_at: jiff_sqlx::Timestamp,
}

impl Store {
    /// Publishes a version, once; makes none when the files are in force already.
    pub async fn publish(
        &self,
        new: NewPublication,
        deadline: Deadline,
    ) -> Result<Outcome, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(publish(connection, new))
        })
        .await
    }

    /// Returns the versions in force: catalogue and policy, zero before the first.
    pub async fn versions_in_force(&self) -> Result<(u64, u64), StoreError> {
        self.postgres
            .background(&(), |(), connection| {
                Box::pin(async move {
                    let catalogue = latest(connection, Published::Catalogue).await?;
                    let policy = latest(connection, Published::Policy).await?;
                    let version = |row: Option<(i64, Vec<u8>)>| match row {
                        Some((version, _)) => unsigned(version),
                        None => Ok(0),
                    };
                    Ok((version(catalogue)?, version(policy)?))
                })
            })
            .await
    }

    /// Reads a version with its files.
    pub async fn publication(
        &self,
        kind: Published,
        version: u64,
        deadline: Deadline,
    ) -> Result<Option<StoredPublication>, StoreError> {
        // No version is beyond what the column holds.
        let Ok(version) = i64::try_from(version) else {
            return Ok(None);
        };
        self.postgres
            .read(deadline, &(kind, version), |(kind, version), connection| {
                Box::pin(read(connection, *kind, *version))
            })
            .await
    }

    /// Lists versions without their files, newest first, those before one when that is given.
    pub async fn publications(
        &self,
        kind: Published,
        before: Option<u64>,
        limit: u32,
        deadline: Deadline,
    ) -> Result<Vec<Publication>, StoreError> {
        let before = before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX));
        let page = (kind, before, i64::from(limit));
        self.postgres
            .read(deadline, &page, |(kind, before, limit), connection| {
                Box::pin(list(connection, *kind, *before, *limit))
            })
            .await
    }
}

async fn publish(
    connection: &mut PgConnection,
    new: &NewPublication,
) -> Result<Outcome, StoreError> {
    let request_id = new.request_id.as_str();
    let method = match new.kind {
        Published::Catalogue => "PublishCatalogue",
        Published::Policy => "PublishPolicy",
    };
    match request_log::begin(connection, request_id, method, new.body_hash).await? {
        Begun::Fresh => {}
        Begun::Replay(answer) => {
            return serde_json::from_slice(&answer)
                .map_err(|_| StoreError::inconsistent("request_log", "response", request_id));
        }
        Begun::Repeats(_) => {
            return Err(StoreError::inconsistent(
                "request_log",
                "request_id",
                "repeated",
            ));
        }
        Begun::Reused => return Err(StoreError::rejected(request_id_reused(request_id))),
    }
    // One publisher at a time, so that versions have no gaps and nobody publishes over another.
    sqlx::query!("lock table publication in share row exclusive mode")
        .execute(&mut *connection)
        .instrument(statement("LOCK", TABLE))
        .await?;
    let (in_force, digest) = latest(connection, new.kind).await?.unwrap_or_default();
    let changed = digest != new.digest;
    let version = if changed { in_force + 1 } else { in_force };
    if let Some(planned) = new.holdout.as_ref().filter(|_| changed) {
        lock_share(connection, planned, new.published_at).await?;
    }
    if changed {
        insert(connection, new, version).await?;
    }
    let outcome = Outcome {
        version: unsigned(version)?,
        changed,
    };
    let answer = json("request_log", "response", &outcome)?;
    request_log::finish(connection, request_id, answer.as_bytes()).await?;
    Ok(outcome)
}

async fn insert(
    connection: &mut PgConnection,
    new: &NewPublication,
    version: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "insert into publication \
           (kind, version, digest, files, published_by, note, published_at) \
         values ($1, $2, $3, $4, $5, $6, $7)",
        new.kind.name(),
        version,
        &new.digest[..],
        json(TABLE, "files", &new.files)?,
        new.published_by,
        new.note,
        new.published_at.to_sqlx() as _,
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    Ok(())
}

async fn latest(
    connection: &mut PgConnection,
    kind: Published,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    let row = sqlx::query!(
        "select version, digest from publication where kind = $1 order by version desc limit 1",
        kind.name(),
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    Ok(row.map(|row| (row.version, row.digest)))
}

async fn read(
    connection: &mut PgConnection,
    kind: Published,
    version: i64,
) -> Result<Option<StoredPublication>, StoreError> {
    let row = sqlx::query!(
        "select version, digest, files, published_by, note, published_at \
         from publication where kind = $1 and version = $2",
        kind.name(),
        version,
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let files = from_json(TABLE, "files", row.version, &row.files)?;
    let publication = publication(Row {
        version: row.version,
        digest: row.digest,
        published_by: row.published_by,
        note: row.note,
        published_at: row.published_at,
    })?;
    Ok(Some(StoredPublication { publication, files }))
}

async fn list(
    connection: &mut PgConnection,
    kind: Published,
    before: i64,
    limit: i64,
) -> Result<Vec<Publication>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "select version, digest, published_by, note, published_at \
         from publication where kind = $1 and version < $2 order by version desc limit $3",
        kind.name(),
        before,
        limit,
    )
    .fetch_all(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    rows.into_iter().map(publication).collect()
}

fn publication(row: Row) -> Result<Publication, StoreError> {
    let digest = <[u8; 32]>::try_from(row.digest)
        .map_err(|_| StoreError::inconsistent(TABLE, "digest", row.version))?;
    Ok(Publication {
        version: unsigned(row.version)?,
        digest,
        published_by: row.published_by,
        note: row.note,
        published_at: row.published_at.to_jiff(),
    })
}

fn unsigned(version: i64) -> Result<u64, StoreError> {
    u64::try_from(version).map_err(|_| StoreError::inconsistent(TABLE, "version", version))
}
