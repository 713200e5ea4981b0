//! Versions of what was learnt. A row never changes; the highest version is in use.

use jiff_sqlx::ToSqlx;
use kernel::time::{Deadline, Timestamp};
use sqlx::PgConnection;
use storage::{StoreError, write};
use tracing::Instrument;

use crate::domain::posterior::{LearnedVersion, Prices, Seen};

use super::{Store, from_json, json, statement};

const TABLE: &str = "learned";

/// A version to keep.
#[derive(Clone, Debug)]
pub struct NewLearned {
    /// When it was made.
    pub made_at: Timestamp,
    /// The catalogue in force.
    pub catalogue_version: u64,
    /// What was seen.
    pub evidence: Vec<Seen>,
    /// What a unit of each budget must return beside itself.
    pub prices: Prices,
    /// The seed of its draws.
    pub seed: u64,
}

impl Store {
    /// Keeps a version and returns its number.
    pub async fn keep_learned(
        &self,
        new: NewLearned,
        deadline: Deadline,
    ) -> Result<u64, StoreError> {
        write(&self.postgres, deadline, new, |new, connection| {
            Box::pin(keep(connection, new))
        })
        .await
    }

    /// Returns the version in use; zero before the first.
    pub async fn learned_in_use(&self) -> Result<u64, StoreError> {
        self.postgres
            .background(&(), |(), connection| Box::pin(latest(connection)))
            .await
    }

    /// Reads a version.
    pub async fn learned(
        &self,
        version: u64,
        deadline: Deadline,
    ) -> Result<Option<LearnedVersion>, StoreError> {
        // No version is beyond what the column holds.
        let Ok(version) = i64::try_from(version) else {
            return Ok(None);
        };
        self.postgres
            .read(deadline, &version, |version, connection| {
                Box::pin(read(connection, *version))
            })
            .await
    }

    /// Reads the newest version that was made by an instant.
    pub async fn learned_by(
        &self,
        instant: Timestamp,
        deadline: Deadline,
    ) -> Result<Option<LearnedVersion>, StoreError> {
        self.postgres
            .read(deadline, &instant, |instant, connection| {
                Box::pin(newest_by(connection, *instant))
            })
            .await
    }
}

async fn newest_by(
    connection: &mut PgConnection,
    instant: Timestamp,
) -> Result<Option<LearnedVersion>, StoreError> {
    let version = sqlx::query_scalar!(
        "select max(version) from learned where made_at <= $1",
        instant.to_sqlx() as _,
    )
    .fetch_one(&mut *connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    match version {
        Some(version) => read(connection, version).await,
        None => Ok(None),
    }
}

async fn keep(connection: &mut PgConnection, new: &NewLearned) -> Result<u64, StoreError> {
    // One at a time, so that versions have no gaps.
    sqlx::query!("lock table learned in share row exclusive mode")
        .execute(&mut *connection)
        .instrument(statement("LOCK", TABLE))
        .await?;
    let version = latest(connection).await? + 1;
    let (number, catalogue_version) = (signed(version), signed(new.catalogue_version));
    sqlx::query!(
        "insert into learned (version, made_at, catalogue_version, evidence, price, prices, seed) \
         values ($1, $2, $3, $4::text::jsonb, $5, $6::text::jsonb, $7)",
        number,
        new.made_at.to_sqlx() as _,
        catalogue_version,
        json(TABLE, "evidence", &new.evidence)?,
        new.prices.values().copied().fold(0.0, f64::max),
        json(TABLE, "prices", &new.prices)?,
        // All 64 bits, as the column has them.
        new.seed.cast_signed(),
    )
    .execute(connection)
    .instrument(statement("INSERT", TABLE))
    .await?;
    Ok(version)
}

async fn latest(connection: &mut PgConnection) -> Result<u64, StoreError> {
    let version = sqlx::query_scalar!("select max(version) from learned")
        .fetch_one(connection)
        .instrument(statement("SELECT", TABLE))
        .await?;
    version.map_or(Ok(0), unsigned)
}

async fn read(
    connection: &mut PgConnection,
    version: i64,
) -> Result<Option<LearnedVersion>, StoreError> {
    let row = sqlx::query!(
        "select version, made_at, catalogue_version, evidence::text as \"evidence!\", \
                prices::text as \"prices!\", seed \
         from learned where version = $1",
        version,
    )
    .fetch_optional(connection)
    .instrument(statement("SELECT", TABLE))
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(LearnedVersion {
        version: unsigned(row.version)?,
        made_at: row.made_at.to_jiff(),
        catalogue_version: unsigned(row.catalogue_version)?,
        evidence: from_json(TABLE, "evidence", row.version, &row.evidence)?,
        prices: from_json(TABLE, "prices", row.version, &row.prices)?,
        seed: row.seed.cast_unsigned(),
    }))
}

fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn unsigned(version: i64) -> Result<u64, StoreError> {
    u64::try_from(version).map_err(|_| StoreError::inconsistent(TABLE, "version", version))
}
