//! A database with the shared tables and one of the tests' own.

use std::time::Duration;

use kernel::time::Deadline;
use sqlx::PgConnection;
use storage::{Postgres, PostgresSettings, StoreError};
use testkit::postgres::TestDatabase;
use tokio_util::task::TaskTracker;

const TABLES: &str = concat!(
    include_str!("../../sql/request_log.sql"),
    include_str!("../../sql/outbox.sql"),
    include_str!("../../sql/feed_cursor.sql"),
    "create table effect (name text not null, constraint effect_name_key unique (name));",
);

pub(crate) struct Stage {
    pub(crate) database: TestDatabase,
    pub(crate) postgres: Postgres,
    pub(crate) tracker: TaskTracker,
}

pub(crate) async fn stage() -> Stage {
    let database = testkit::postgres::with_tables(TABLES).await;
    let settings = PostgresSettings::at(&database.url);
    let (postgres, tracker) = connect(&settings);
    Stage {
        database,
        postgres,
        tracker,
    }
}

pub(crate) fn connect(settings: &PostgresSettings) -> (Postgres, TaskTracker) {
    let tracker = TaskTracker::new();
    (Postgres::connect_lazy(settings, &tracker).unwrap(), tracker)
}

pub(crate) fn soon() -> Deadline {
    Deadline::within(Duration::from_secs(5))
}

pub(crate) async fn insert(tx: &mut PgConnection, name: &str) -> Result<(), StoreError> {
    sqlx::query("insert into effect (name) values ($1)")
        .bind(name)
        .execute(tx)
        .await?;
    Ok(())
}

impl Stage {
    pub(crate) async fn write(&self, name: impl Into<String>) -> Result<(), StoreError> {
        storage::write(&self.postgres, soon(), name.into(), |name, tx| {
            Box::pin(insert(tx, name))
        })
        .await
    }

    pub(crate) async fn effects(&self) -> Vec<String> {
        sqlx::query_scalar("select name from effect order by name")
            .fetch_all(&self.database.pool)
            .await
            .unwrap()
    }

    /// Waits for whatever callers left behind.
    pub(crate) async fn settle(&self) {
        self.tracker.close();
        self.tracker.wait().await;
        self.tracker.reopen();
    }

    /// Counts sessions of this database that sit inside a transaction and do nothing.
    pub(crate) async fn idle_in_transaction(&self) -> i64 {
        sqlx::query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and state like 'idle in transaction%'",
        )
        .fetch_one(&self.database.pool)
        .await
        .unwrap()
    }

    pub(crate) async fn terminate_others(&self) {
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()",
        )
        .execute(&self.database.pool)
        .await
        .unwrap();
    }
}
