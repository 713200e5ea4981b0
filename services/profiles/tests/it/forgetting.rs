//! What was answered about a person who is erased, found among the answers about everybody else; and
//! ids that are gone.

use contract::profiles::v1 as pb;
use profiles::store::Store;
use sqlx::Row;
use storage::batch::BatchSettings;
use storage::{Postgres, PostgresSettings};
use tokio_util::task::TaskTracker;

use crate::builders::{account, customer};
use crate::stand::Stand;

/// Records a customer by a remembered request `put-ID`.
async fn put(stand: &Stand, id: &str) {
    let request = pb::UpsertCustomerRequest {
        request_id: format!("put-{id}"),
        customer: Some(customer(id)),
        ..pb::UpsertCustomerRequest::default()
    };
    stand.customers().upsert_customer(request).await.unwrap();
}

async fn erase(stand: &Stand, id: &str) {
    let request = pb::EraseCustomerRequest {
        request_id: format!("erase-{id}"),
        customer_id: id.to_owned(),
    };
    let erased = stand.customers().erase_customer(request).await;
    assert!(erased.unwrap().into_inner().changed);
}

async fn remembered(stand: &Stand) -> Vec<String> {
    sqlx::query_scalar("select request_id from request_log order by request_id")
        .fetch_all(&stand.database.pool)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_about_others_are_kept_whatever_the_id_is() {
    let stand = Stand::start().await;
    // Names of fields, and an account of somebody else.
    for id in ["revision", "value", "7", "somebody"] {
        put(&stand, id).await;
    }
    let opened = pb::OpenAccountRequest {
        request_id: "open".to_owned(),
        account: Some(account("somebody", "7")),
    };
    stand.accounts().open_account(opened).await.unwrap();
    for id in ["revision", "value", "7"] {
        erase(&stand, id).await;
    }
    let kept = [
        "erase-7",
        "erase-revision",
        "erase-value",
        "open",
        "put-somebody",
    ];
    assert_eq!(remembered(&stand).await, kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_a_version_of_before_remembered_are_forgotten_too() {
    let stand = Stand::with(|settings| settings.answers_interval_ms = 0).await;
    for id in ["finch", "wren", "somebody"] {
        put(&stand, id).await;
    }
    sqlx::query("update request_log set customer_ids = null")
        .execute(&stand.database.pool)
        .await
        .unwrap();
    erase(&stand, "wren").await;
    let store = store(&stand);
    let mut read = Vec::new();
    while read.last() != Some(&0) {
        read.push(store.read_answers(2).await.unwrap());
    }
    assert_eq!(read, [2, 1, 0], "each answer once");
    let kept = ["erase-wren", "put-finch", "put-somebody"];
    assert_eq!(remembered(&stand).await, kept);
    // What was read is found without being read again.
    erase(&stand, "finch").await;
    let kept = ["erase-finch", "erase-wren", "put-somebody"];
    assert_eq!(remembered(&stand).await, kept);
}

/// The store beside the service.
fn store(stand: &Stand) -> Store {
    let url = kernel::secret::Secret::new(&*stand.database.url);
    let settings = PostgresSettings {
        url,
        ..PostgresSettings::at("")
    };
    let postgres = Postgres::connect_lazy(&settings, &TaskTracker::new()).unwrap();
    Store::new(postgres, &BatchSettings::default())
}

/// What erasing runs beside the rows that are found by the key of their table.
const ERASING: [(&str, &str); 3] = [
    (
        include_str!("../../src/store/sql/erase_answers.sql"),
        "array['c-77']",
    ),
    (
        "delete from account_owner where account_id in \
         (select account_id from account where customer_id = any ($1))",
        "array['c-77']",
    ),
    ("delete from outbox where key = any ($1)", "array['c-77']"),
];

#[tokio::test(flavor = "multi_thread")]
async fn erasing_reads_no_table_through() {
    let stand = Stand::start().await;
    let pool = &stand.database.pool;
    sqlx::raw_sql(
        "insert into request_log (request_id, method, body_hash, response, customer_ids) \
         select 'r-' || n, 'm', sha256(''), convert_to('{\"stays\":\"c-' || n || '\"}', 'UTF8'), \
                array['c-' || n] \
         from generate_series(1, 200000) n; \
         insert into outbox (topic, key, payload) \
         select 'customer_changed', 'c-' || n, '' from generate_series(1, 50000) n; \
         insert into customer select 'c-' || n, 1, now(), now(), null, '', '', '', '', '', false, \
             false, false from generate_series(1, 20000) n; \
         insert into account select 'c-' || n, 'a-' || n, 'l', now() from generate_series(1, 20000) n; \
         insert into account_owner select 'a-' || n, 'c-' || n from generate_series(1, 20000) n; \
         analyze",
    )
    .execute(pool)
    .await
    .unwrap();
    for (sql, ids) in ERASING {
        let sql = format!("explain {}", sql.replace("$1", ids));
        let plan = sqlx::query(sqlx::AssertSqlSafe(sql))
            .fetch_all(pool)
            .await
            .unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        let plan = plan.join("\n");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
    put(&stand, "wren").await;
    erase(&stand, "wren").await;
    assert!(!remembered(&stand).await.contains(&"put-wren".to_owned()));
}

/// Adds a customer as a process would that knows nothing of ids that are gone.
async fn add(stand: &Stand, id: &str) -> Result<(), String> {
    let added = sqlx::query(
        "insert into customer select $1, 1, now(), now(), null, '', '', '', '', '', false, false, \
         false",
    )
    .bind(id)
    .execute(&stand.database.pool)
    .await;
    match added {
        Ok(_) => Ok(()),
        Err(error) => {
            let constraint = error.as_database_error().and_then(|it| it.constraint());
            Err(constraint.unwrap_or_default().to_owned())
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_gone_is_no_customer_again_whoever_writes() {
    let stand = Stand::start().await;
    for id in ["stays", "merged", "wren", "warb:ler"] {
        put(&stand, id).await;
    }
    let merge = pb::MergeCustomersRequest {
        request_id: String::new(),
        customer_id: "stays".to_owned(),
        merged_customer_id: "merged".to_owned(),
    };
    stand.customers().merge_customers(merge).await.unwrap();
    erase(&stand, "wren").await;
    erase(&stand, "warb:ler").await;
    let refused = |constraint: &str| Err(constraint.to_owned());
    assert_eq!(
        add(&stand, "merged").await,
        refused("customer_no_alias_check")
    );
    for id in ["wren", "warb:ler"] {
        assert_eq!(
            add(&stand, id).await,
            refused("customer_not_erased_check"),
            "{id}"
        );
    }
    assert_eq!(add(&stand, "wren-2").await, Ok(()));
}
