//! Everything that the services leave behind, as text that can be searched.

use sqlx::AssertSqlSafe;
use testkit::otlp::Sink;
use testkit::postgres::TestDatabase;
use testkit::redis::Private;
use tonic::Status;

use crate::processes::Processes;

/// Something left behind, and where.
#[derive(Clone, Debug)]
pub(crate) struct Evidence {
    /// For example `offers.decision` or `the log of offers`.
    pub(crate) place: String,
    /// All that can be read of it, in small letters.
    content: String,
}

impl Evidence {
    /// What was found in a place.
    pub(super) fn new(place: impl Into<String>, content: impl AsRef<[u8]>) -> Self {
        Self {
            place: place.into(),
            content: String::from_utf8_lossy(content.as_ref()).to_lowercase(),
        }
    }

    /// Tells whether a word is in there, in capitals or not.
    pub(super) fn has(&self, word: &str) -> bool {
        self.content.contains(&word.to_lowercase())
    }
}

/// The places in which a word is found.
pub(crate) fn places<'e>(evidence: &'e [Evidence], word: &str) -> Vec<&'e str> {
    let found = evidence.iter().filter(|one| one.has(word));
    found.map(|one| one.place.as_str()).collect()
}

/// Stops the services and gathers what they have left behind.
pub(super) async fn left_behind(processes: &mut Processes) -> Vec<Evidence> {
    let mut evidence = vec![of_redis(&processes.redis).await];
    for (service, printed) in processes.stop().await {
        evidence.push(Evidence::new(format!("the log of {service}"), printed));
    }
    evidence.push(of_telemetry(&processes.sink));
    let databases = &processes.databases;
    for (name, database) in [
        ("profiles", &databases.profiles),
        ("lifecycle", &databases.lifecycle),
        ("offers", &databases.offers),
    ] {
        evidence.extend(of_database(name, database).await);
    }
    evidence
}

/// Spans with all that is in them, and metrics, as they were sent.
fn of_telemetry(sink: &Sink) -> Evidence {
    Evidence::new("spans and metrics", sink.messages().concat())
}

/// A refusal: message, details and metadata.
pub(super) fn of_refusal(what: &str, status: &Status) -> Evidence {
    let shown = format!("{} {:?}", status.message(), status.metadata());
    let content = [shown.as_bytes(), status.details()].concat();
    Evidence::new(format!("the refusal of {what}"), content)
}

/// The keys and values of a Redis.
pub(crate) async fn of_redis(server: &Private) -> Evidence {
    let client = redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut all = redis::cmd("KEYS");
    let keys: Vec<Vec<u8>> = all.arg("*").query_async(&mut connection).await.unwrap();
    let mut content = Vec::new();
    for key in keys {
        let mut get = redis::cmd("GET");
        let value: Option<Vec<u8>> = get.arg(&key).query_async(&mut connection).await.unwrap();
        content.extend(key);
        content.extend(value.unwrap_or_default());
    }
    Evidence::new("redis", content)
}

/// Every column of every row of a database, a piece of evidence for each table.
pub(crate) async fn of_database(name: &str, database: &TestDatabase) -> Vec<Evidence> {
    // Bytes are written out, so that the text in them can be seen.
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, \
                string_agg(case data_type when 'bytea' then format('encode(%I, ''escape'')', column_name) \
                                          else format('%I::text', column_name) end, ', ') \
         from information_schema.columns where table_schema = 'public' group by table_name",
    )
    .fetch_all(&database.pool)
    .await
    .unwrap();
    let mut evidence = Vec::new();
    for (table, columns) in tables {
        let sql = AssertSqlSafe(format!("select concat_ws(' ', {columns}) from {table}"));
        let rows: Vec<String> = sqlx::query_scalar(sql)
            .fetch_all(&database.pool)
            .await
            .unwrap();
        evidence.push(Evidence::new(format!("{name}.{table}"), rows.join("\n")));
    }
    evidence
}
