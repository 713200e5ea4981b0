//! The schema level: behind is refused, ahead is welcome.

use std::borrow::Cow;

use kernel::secret::Secret;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use storage::migrate::{SchemaError, check_schema_level, migrate};

use crate::stage::stage;

fn migrator(levels: i64) -> Migrator {
    let migration = |version: i64| {
        let sql = AssertSqlSafe(format!("create table level_{version} (id bigint)")).into_sql_str();
        Migration::new(
            version,
            Cow::Borrowed("level"),
            MigrationType::Simple,
            sql,
            false,
        )
    };
    Migrator::with_migrations((1..=levels).map(migration).collect())
}

#[tokio::test]
async fn a_service_runs_on_its_own_level_and_on_later_ones_only() {
    let stage = stage().await;
    let url = Secret::new(&stage.database.url);
    let behind = check_schema_level(&stage.postgres, &migrator(2)).await;
    assert!(matches!(behind, Err(SchemaError::Behind { missing }) if missing == [1, 2]));
    migrate(&url, &migrator(1)).await.unwrap();
    let behind = check_schema_level(&stage.postgres, &migrator(2)).await;
    assert!(matches!(behind, Err(SchemaError::Behind { missing }) if missing == [2]));
    migrate(&url, &migrator(2)).await.unwrap();
    check_schema_level(&stage.postgres, &migrator(2))
        .await
        .unwrap();
    check_schema_level(&stage.postgres, &migrator(1))
        .await
        .unwrap();
}
