//! Databases of one's own: cloned from a template that is migrated once.

use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection, PgPool};

/// Advisory lock that keeps test processes from making the same template at the same time.
const TEMPLATE_LOCK: i64 = 7_105_611_142_650;

/// A database of one test, dropped with it.
#[derive(Debug)]
pub struct TestDatabase {
    /// URL of the database, for settings.
    pub url: String,
    /// Connections for the test's own questions.
    pub pool: PgPool,
    name: String,
    server: PgConnectOptions,
}

/// Returns the server that tests use: `DATABASE_URL`.
pub fn server_url() -> String {
    std::env::var("DATABASE_URL").unwrap_or_else(|_| {
        panic!("DATABASE_URL is not set: run `./dev test`, which starts a Postgres")
    })
}

/// Makes a database with the migrations applied.
pub async fn fresh(migrator: &Migrator) -> TestDatabase {
    let server =
        PgConnectOptions::from_str(&server_url()).expect("DATABASE_URL is not a Postgres URL");
    let mut connection = server
        .connect()
        .await
        .expect("the Postgres of DATABASE_URL does not answer");
    let template = template(&mut connection, &server, migrator).await;
    let name = unique_name();
    execute(
        &mut connection,
        format!("create database {name} template {template} strategy file_copy"),
    )
    .await;
    let options = server.clone().database(&name);
    TestDatabase {
        url: options.to_url_lossy().to_string(),
        pool: PgPool::connect_lazy_with(options),
        name,
        server,
    }
}

/// Makes a database and runs `sql` in it, for crates without migrations.
pub async fn with_tables(sql: &str) -> TestDatabase {
    let database = fresh(&Migrator::DEFAULT).await;
    let statements = AssertSqlSafe(sql.to_owned());
    sqlx::raw_sql(statements)
        .execute(&database.pool)
        .await
        .expect("the test's tables cannot be made");
    database
}

fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!(
        "rk_test_{}_{number}_{:08x}",
        std::process::id(),
        rand::random::<u32>()
    )
}

async fn execute(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql.clone()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Finds or makes the database that has these migrations and nothing else.
async fn template(
    connection: &mut PgConnection,
    server: &PgConnectOptions,
    migrator: &Migrator,
) -> String {
    let mut hash = Sha256::new();
    for migration in migrator.iter() {
        hash.update(migration.version.to_be_bytes());
        hash.update(&migration.checksum);
    }
    let digest = crate::hex(&hash.finalize()[..8]);
    let name = format!("rk_template_{digest}");
    execute(
        connection,
        format!("select pg_advisory_lock({TEMPLATE_LOCK})"),
    )
    .await;
    if !exists(connection, &name).await {
        sweep(connection).await;
        make_template(connection, server, migrator, &name).await;
    }
    execute(
        connection,
        format!("select pg_advisory_unlock({TEMPLATE_LOCK})"),
    )
    .await;
    name
}

async fn exists(connection: &mut PgConnection, name: &str) -> bool {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(connection)
        .await
        .expect("the list of databases cannot be read")
}

async fn make_template(
    connection: &mut PgConnection,
    server: &PgConnectOptions,
    migrator: &Migrator,
    name: &str,
) {
    // Under another name until it is complete: a test run may be killed in between.
    let draft = unique_name();
    execute(
        connection,
        format!("create database {draft} template template0"),
    )
    .await;
    let mut inside = server
        .clone()
        .database(&draft)
        .connect()
        .await
        .expect("the new database answers");
    migrator
        .run(&mut inside)
        .await
        .expect("the migrations do not apply to an empty database");
    sqlx::Connection::close(inside)
        .await
        .expect("the new database lets go");
    execute(
        connection,
        format!("alter database {draft} rename to {name}"),
    )
    .await;
}

/// Drops databases whose test process is gone.
async fn sweep(connection: &mut PgConnection) {
    let names: Vec<String> = sqlx::query_scalar(
        "select datname::text from pg_database where datname like 'rk\\_test\\_%'",
    )
    .fetch_all(&mut *connection)
    .await
    .expect("the list of databases cannot be read");
    for name in names {
        let process = name.split('_').nth(2).unwrap_or_default();
        if !std::path::Path::new("/proc").join(process).exists() {
            let drop = AssertSqlSafe(format!("drop database if exists {name} with (force)"));
            // Another sweep may be at it too.
            let _ = sqlx::raw_sql(drop).execute(&mut *connection).await;
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A destructor cannot wait for the test's runtime, which may be ending too.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.expect("a runtime").block_on(async {
                let drop = AssertSqlSafe(format!("drop database if exists {name} with (force)"));
                if let Ok(mut connection) = server.connect().await {
                    // Best effort: the next run sweeps.
                    let _ = sqlx::raw_sql(drop).execute(&mut connection).await;
                }
            });
        });
        let _ = dropped.join();
    }
}
