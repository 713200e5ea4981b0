//! Following a feed: one process at a time, from where the last one stopped.

use std::time::Duration;

use storage::feed_cursor;

use crate::stage::stage;

const LEASE: Duration = Duration::from_mins(1);
const NAME: &str = "profiles/0";

#[tokio::test]
async fn one_holder_at_a_time_goes_on_from_the_last_position() {
    let stage = stage().await;
    let connection = &mut stage.postgres.connect().await.unwrap();
    let first = feed_cursor::acquire(connection, NAME, "first", LEASE)
        .await
        .unwrap();
    assert_eq!(first.as_deref(), Some(""));
    assert_eq!(
        feed_cursor::acquire(connection, NAME, "second", LEASE)
            .await
            .unwrap(),
        None
    );
    assert!(
        feed_cursor::advance(connection, NAME, "first", "12.7")
            .await
            .unwrap()
    );
    assert!(
        !feed_cursor::advance(connection, NAME, "second", "1.1")
            .await
            .unwrap()
    );
    assert!(
        feed_cursor::renew(connection, NAME, "first", LEASE)
            .await
            .unwrap()
    );
    feed_cursor::release(connection, NAME, "first")
        .await
        .unwrap();
    let second = feed_cursor::acquire(connection, NAME, "second", LEASE)
        .await
        .unwrap();
    assert_eq!(second.as_deref(), Some("12.7"));
}

#[tokio::test]
async fn a_holder_whose_lease_is_over_loses_it_to_the_next_and_cannot_advance() {
    let stage = stage().await;
    let connection = &mut stage.postgres.connect().await.unwrap();
    feed_cursor::acquire(connection, NAME, "first", Duration::ZERO)
        .await
        .unwrap();
    let second = feed_cursor::acquire(connection, NAME, "second", LEASE)
        .await
        .unwrap();
    assert!(second.is_some());
    assert!(
        !feed_cursor::renew(connection, NAME, "first", LEASE)
            .await
            .unwrap()
    );
    for moved in [
        feed_cursor::advance(connection, NAME, "first", "9.9").await,
        feed_cursor::catch_up(connection, NAME, "first", "9.9").await,
    ] {
        assert!(!moved.unwrap());
    }
}

#[tokio::test]
async fn who_catches_up_goes_on_there_and_does_not_keep_up_by_that() {
    let stage = stage().await;
    let connection = &mut stage.postgres.connect().await.unwrap();
    feed_cursor::acquire(connection, NAME, "first", LEASE)
        .await
        .unwrap();
    sqlx::raw_sql("update feed_cursor set advanced_at = '-infinity'")
        .execute(&mut *connection)
        .await
        .unwrap();
    let keeps_up = "select advanced_at > '-infinity' from feed_cursor where position = $1";
    assert!(
        feed_cursor::catch_up(connection, NAME, "first", "3.1")
            .await
            .unwrap()
    );
    let behind: bool = sqlx::query_scalar(keeps_up)
        .bind("3.1")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    assert!(!behind);
    assert!(
        feed_cursor::advance(connection, NAME, "first", "4.1")
            .await
            .unwrap()
    );
    let there: bool = sqlx::query_scalar(keeps_up)
        .bind("4.1")
        .fetch_one(connection)
        .await
        .unwrap();
    assert!(there);
}
