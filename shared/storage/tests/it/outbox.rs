//! The outbox: a feed without gaps, and work that is done once and in order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::future::join_all;
use sqlx::PgConnection;
use storage::outbox::feed::{self, Partition, Position};
use storage::outbox::queue::{self, Claim};
use storage::outbox::{self, Message};
use storage::{StoreError, order_by_key};

use crate::stage::{Stage, soon, stage};

const LEASE: Duration = Duration::from_mins(1);

fn message<'m>(key: &'m str, payload: &'m str) -> Message<'m> {
    Message {
        topic: "changes",
        key,
        payload: payload.as_bytes(),
    }
}

async fn read(connection: &mut PgConnection, after: Position) -> Vec<feed::Entry> {
    feed::read_after(connection, after, Partition::WHOLE, 1_000)
        .await
        .unwrap()
}

/// Reads until `count` messages are there: transactions of other tests, in other databases of the
/// cluster, hold the feed back.
async fn read_until(
    connection: &mut PgConnection,
    after: Position,
    count: usize,
) -> Vec<feed::Entry> {
    let started = Instant::now();
    loop {
        let entries = read(connection, after).await;
        if entries.len() >= count {
            return entries;
        }
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "messages are missing: {entries:?}"
        );
    }
}

fn payloads(entries: &[feed::Entry]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| str::from_utf8(&entry.payload).unwrap())
        .collect()
}

#[tokio::test]
async fn the_feed_waits_for_a_transaction_that_may_still_commit_earlier_messages() {
    let stage = stage().await;
    let mut slow = stage.postgres.connect().await.unwrap();
    let mut fast = stage.postgres.connect().await.unwrap();
    let mut reader = stage.postgres.connect().await.unwrap();
    sqlx::raw_sql("begin").execute(&mut slow).await.unwrap();
    outbox::append(&mut slow, &[message("a", "slow")])
        .await
        .unwrap();
    outbox::append(&mut fast, &[message("b", "fast")])
        .await
        .unwrap();
    // Paging by id would see "fast" now, and never see "slow".
    assert!(read(&mut reader, Position::START).await.is_empty());
    sqlx::raw_sql("commit").execute(&mut slow).await.unwrap();
    let entries = read_until(&mut reader, Position::START, 2).await;
    assert_eq!(payloads(&entries), ["slow", "fast"]);
    assert_eq!(
        payloads(&read(&mut reader, entries[0].position).await),
        ["fast"]
    );
    assert!(read(&mut reader, entries[1].position).await.is_empty());
}

#[tokio::test]
async fn a_page_ends_nowhere_between_messages_that_were_written_the_other_way_round() {
    let stage = stage().await;
    let mut older = stage.postgres.connect().await.unwrap();
    let mut younger = stage.postgres.connect().await.unwrap();
    let mut reader = stage.postgres.connect().await.unwrap();
    let numbered = "begin; select pg_current_xact_id()";
    sqlx::raw_sql(numbered).execute(&mut older).await.unwrap();
    outbox::append(&mut younger, &[message("b", "written first")])
        .await
        .unwrap();
    outbox::append(&mut older, &[message("a", "written second")])
        .await
        .unwrap();
    sqlx::raw_sql("commit").execute(&mut older).await.unwrap();
    read_until(&mut reader, Position::START, 2).await;
    // In the order of ids the first page would end behind what the second has to begin with.
    let mut pages = Vec::new();
    let mut position = Position::START;
    for _ in 0..3 {
        let page = feed::read_after(&mut reader, position, Partition::WHOLE, 1)
            .await
            .unwrap();
        position = page.last().map_or(position, |entry| entry.position);
        pages.extend(page);
    }
    assert_eq!(payloads(&pages), ["written second", "written first"]);
}

/// Counts one key up, in a transaction that may lose any race.
async fn count_up(stage: &Stage, key: String) {
    storage::write(&stage.postgres, soon(), key, |key, tx| {
        Box::pin(async move {
            order_by_key(tx, &[key, "another", key]).await?;
            let next: i64 = sqlx::query_scalar("select count(*) from effect where name like $1")
                .bind(format!("{key}-%"))
                .fetch_one(&mut *tx)
                .await?;
            crate::stage::insert(tx, &format!("{key}-{next:03}")).await?;
            outbox::append(tx, &[message(key, &format!("{next:03}"))]).await
        })
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_key_are_read_in_the_order_of_their_effects() {
    let stage = stage().await;
    for _ in 0..5 {
        join_all((0..24).map(|number| count_up(&stage, format!("key-{}", number % 3)))).await;
    }
    let mut reader = stage.postgres.connect().await.unwrap();
    read_until(&mut reader, Position::START, 120).await;
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut position = Position::START;
    loop {
        let page = feed::read_after(&mut reader, position, Partition::WHOLE, 7)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        position = last.position;
        for entry in page {
            let payload = String::from_utf8(entry.payload).unwrap();
            seen.entry(entry.key).or_default().push(payload);
        }
    }
    let expected: Vec<String> = (0..40).map(|number| format!("{number:03}")).collect();
    assert_eq!(seen.len(), 3);
    assert!(
        seen.values().all(|payloads| *payloads == expected),
        "{seen:?}"
    );
}

#[tokio::test]
async fn partitions_divide_the_feed_without_loss_or_overlap() {
    let stage = stage().await;
    let mut connection = stage.postgres.connect().await.unwrap();
    let keys: Vec<String> = (0..60).map(|number| format!("c-{number}")).collect();
    let messages: Vec<Message<'_>> = keys.iter().map(|key| message(key, key)).collect();
    outbox::append(&mut connection, &messages).await.unwrap();
    read_until(&mut connection, Position::START, 60).await;
    let mut seen = Vec::new();
    for index in 0..4 {
        let share = Partition { index, of: 4 };
        let entries = feed::read_after(&mut connection, Position::START, share, 1_000)
            .await
            .unwrap();
        assert!(!entries.is_empty() && entries.len() < 60);
        seen.extend(entries.into_iter().map(|entry| entry.key));
    }
    seen.sort();
    let mut expected = keys;
    expected.sort();
    assert_eq!(seen, expected);
}

async fn claim(connection: &mut PgConnection, limit: i64) -> Vec<Claim> {
    queue::claim(connection, "work", LEASE, limit)
        .await
        .unwrap()
}

async fn enqueue(connection: &mut PgConnection, keys: &[&str]) {
    let messages: Vec<Message<'_>> = keys
        .iter()
        .map(|key| Message {
            topic: "work",
            key,
            payload: b"do",
        })
        .collect();
    outbox::enqueue(connection, &messages).await.unwrap();
}

fn keys(claims: &[Claim]) -> Vec<&str> {
    let mut keys: Vec<&str> = claims.iter().map(|claim| claim.key.as_str()).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test]
async fn work_of_one_key_is_claimed_in_order_and_once() {
    let stage = stage().await;
    let mut connection = stage.postgres.connect().await.unwrap();
    enqueue(&mut connection, &["a", "a", "b"]).await;
    outbox::append(&mut connection, &[message("c", "only read")])
        .await
        .unwrap();
    let first = claim(&mut connection, 10).await;
    assert_eq!(keys(&first), ["a", "b"]);
    assert!(
        claim(&mut connection, 10).await.is_empty(),
        "the second of a waits for the first"
    );
    let done = first.iter().find(|claim| claim.key == "a").unwrap();
    assert!(queue::complete(&mut connection, done).await.unwrap());
    assert_eq!(keys(&claim(&mut connection, 10).await), ["a"]);
}

#[tokio::test]
async fn topics_claimed_together_keep_the_order_of_each_key_and_the_oldest_come_first() {
    let stage = stage().await;
    let mut connection = stage.postgres.connect().await.unwrap();
    let orders = [("work", "a"), ("also", "a"), ("also", "b"), ("work", "c")];
    let orders = orders.map(|(topic, key)| Message {
        topic,
        key,
        payload: b"do",
    });
    outbox::enqueue(&mut connection, &orders).await.unwrap();
    let mut claim = async |limit| {
        let topics = ["also", "work"];
        let claimed = queue::claim_topics(&mut connection, &topics, LEASE, limit).await;
        claimed.unwrap()
    };
    let first = claim(2).await;
    assert_eq!(keys(&first), ["a", "b"]);
    assert_eq!(keys(&claim(9).await), ["c"], "the other of a waits");
    let done = first.iter().find(|claim| claim.key == "a").unwrap();
    assert_eq!(done.topic, "work");
    assert!(queue::complete(&mut connection, done).await.unwrap());
    let second = queue::claim_topics(&mut connection, &["also", "work"], LEASE, 9).await;
    assert_eq!(second.unwrap()[0].topic, "also");
}

#[tokio::test(flavor = "multi_thread")]
async fn claimers_at_the_same_time_share_the_work() {
    let stage = stage().await;
    let mut connection = stage.postgres.connect().await.unwrap();
    let all: Vec<String> = (0..100).map(|number| format!("{number:03}")).collect();
    enqueue(
        &mut connection,
        &all.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    let work_off = async || {
        let mut own = stage.postgres.connect().await.unwrap();
        let mut claimed = Vec::new();
        loop {
            let some = claim(&mut own, 7).await;
            if some.is_empty() {
                return claimed;
            }
            claimed.extend(some.into_iter().map(|claim| claim.key));
        }
    };
    let (left, middle, right) = tokio::join!(work_off(), work_off(), work_off());
    let mut claimed = [left, middle, right].concat();
    claimed.sort();
    assert_eq!(claimed, all);
}

#[tokio::test]
async fn poison_is_set_aside_with_its_reason_and_the_rest_goes_on() {
    let stage = stage().await;
    let mut connection = stage.postgres.connect().await.unwrap();
    enqueue(&mut connection, &["a", "a"]).await;
    let poison = claim(&mut connection, 1).await.remove(0);
    queue::set_aside(&mut connection, &poison, "subscription unknown")
        .await
        .unwrap();
    let next = claim(&mut connection, 1).await;
    assert_eq!(keys(&next), ["a"]);
    assert_ne!(next[0].id, poison.id);
    let reason: String = sqlx::query_scalar("select set_aside_reason from outbox where id = $1")
        .bind(poison.id)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(reason, "subscription unknown");
}

#[tokio::test]
async fn work_that_is_put_off_or_abandoned_becomes_due_again() {
    let stage = stage().await;
    let mut connection = stage.postgres.connect().await.unwrap();
    enqueue(&mut connection, &["a"]).await;
    let put_off = claim(&mut connection, 1).await.remove(0);
    queue::retry_after(&mut connection, &put_off, Duration::ZERO)
        .await
        .unwrap();
    let first = queue::claim(&mut connection, "work", Duration::ZERO, 1)
        .await
        .unwrap()
        .remove(0);
    let second = claim(&mut connection, 1).await.remove(0);
    assert_eq!(
        (put_off.attempts, first.attempts, second.attempts),
        (1, 2, 3)
    );
    // The first claimer was too slow: it must not close the second one's claim.
    assert!(!queue::complete(&mut connection, &first).await.unwrap());
    assert!(queue::complete(&mut connection, &second).await.unwrap());
}

#[tokio::test]
async fn old_messages_are_pruned_and_open_work_is_not() {
    let stage = stage().await;
    let mut connection = stage.postgres.connect().await.unwrap();
    outbox::append(&mut connection, &[message("a", "old")])
        .await
        .unwrap();
    enqueue(&mut connection, &["b"]).await;
    let later: jiff_sqlx::Timestamp = sqlx::query_scalar("select now() + interval '1 hour'")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(
        feed::prune(&mut connection, later.to_jiff(), 10)
            .await
            .unwrap(),
        1
    );
    assert_eq!(keys(&claim(&mut connection, 10).await), ["b"]);
}

#[tokio::test]
async fn a_message_without_its_transaction_does_not_exist() {
    let stage = stage().await;
    let failed: Result<(), StoreError> = storage::write(&stage.postgres, soon(), (), |(), tx| {
        Box::pin(async move {
            outbox::append(tx, &[message("a", "never")]).await?;
            Err(StoreError::Timeout)
        })
    })
    .await;
    assert!(failed.is_err());
    let mut reader = stage.postgres.connect().await.unwrap();
    assert!(read(&mut reader, Position::START).await.is_empty());
}
