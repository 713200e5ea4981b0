//! Storage on real parts.
use kernel::time::Deadline;
use std::time::Duration;
use storage::{Postgres, PostgresSettings, StoreError};

#[tokio::test]
async fn probe() {
    let url = std::env::var("DATABASE_URL").unwrap();
    let pg = Postgres::connect_lazy(
        &PostgresSettings::at(url),
        &tokio_util::task::TaskTracker::new(),
    )
    .unwrap();
    let p2 = pg.clone();
    let ids: Vec<String> = vec!["a".into()];
    let fut: std::pin::Pin<Box<dyn Future<Output = Result<i32, StoreError>> + Send>> =
        Box::pin(async move {
            let text = String::from("x");
            p2.read(
                Deadline::within(Duration::from_secs(1)),
                &(text, ids),
                |(text, ids), conn| {
                    Box::pin(async move {
                        let _n: String = sqlx::query_scalar("select $1")
                            .bind(text)
                            .fetch_one(&mut *conn)
                            .await?;
                        let _n: Vec<String> = sqlx::query_scalar("select unnest($1::text[])")
                            .bind(ids)
                            .fetch_all(&mut *conn)
                            .await?;
                        Ok(sqlx::query_scalar("select 1").fetch_one(conn).await?)
                    })
                },
            )
            .await
        });
    assert_eq!(tokio::spawn(fut).await.unwrap().unwrap(), 1);
    let r: Result<i32, StoreError> = storage::write(
        &pg,
        Deadline::within(Duration::from_secs(1)),
        String::from("k"),
        |key, tx| {
            Box::pin(async move {
                storage::order_by_key(tx, &[key, "b"]).await?;
                Ok(sqlx::query_scalar("select 1").fetch_one(tx).await?)
            })
        },
    )
    .await;
    assert_eq!(r.unwrap(), 1);
}
