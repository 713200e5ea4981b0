//! Migrations are a step of their own; services only check that the step was done.

use std::collections::BTreeSet;

use kernel::secret::Secret;
use sqlx::PgConnection;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::error::StoreError;
use crate::postgres::Postgres;

/// Why a database is not at the level a service needs.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Migrations of this version of the service are missing in the database.
    #[error("migrations {missing:?} are missing: run the migrate step first")]
    Behind {
        /// Versions that are embedded in the service and not applied.
        missing: Vec<i64>,
    },
    /// The database did not answer.
    #[error("the schema level cannot be read")]
    Store(#[from] StoreError),
    /// A migration failed.
    #[error("a migration failed")]
    Migrate(#[from] sqlx::migrate::MigrateError),
}

/// Applies the migrations that are missing, without the time limits of calls.
pub async fn migrate(url: &Secret, migrator: &Migrator) -> Result<(), SchemaError> {
    let options: PgConnectOptions = url.expose().parse().map_err(StoreError::from)?;
    let one = PgPoolOptions::new().max_connections(1);
    let pool = one.connect_with(options).await.map_err(StoreError::from)?;
    migrator.run(&pool).await?;
    pool.close().await;
    Ok(())
}

/// Checks that every migration of this version is applied. Newer ones are welcome: during a
/// rollout the old version runs on the new schema.
pub async fn check_schema_level(
    postgres: &Postgres,
    migrator: &Migrator,
) -> Result<(), SchemaError> {
    let applied: BTreeSet<i64> = postgres
        .background(&(), |(), connection| Box::pin(applied(connection)))
        .await?;
    let missing: Vec<i64> = migrator
        .iter()
        .filter(|migration| !migration.migration_type.is_down_migration())
        .map(|migration| migration.version)
        .filter(|version| !applied.contains(version))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(SchemaError::Behind { missing })
    }
}

async fn applied(connection: &mut PgConnection) -> Result<BTreeSet<i64>, StoreError> {
    let exists: Option<String> = sqlx::query_scalar("select to_regclass('_sqlx_migrations')::text")
        .fetch_one(&mut *connection)
        .await?;
    if exists.is_none() {
        return Ok(BTreeSet::new());
    }
    let versions: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(connection)
            .await?;
    Ok(versions.into_iter().collect())
}
