use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use contract::profiles::v1 as pb;
use contract::profiles::v1::ChangeKind::{Consent, Customer, Subscription, Timeline};
use tokio::time::timeout;
use tonic::{Code, Streaming};

use crate::builders::{consent, customer, whole_row};
use crate::stand::Stand;
use crate::statuses::{fields, refused};

const PATIENCE: Duration = Duration::from_secs(20);

async fn watch(
    stand: &Stand,
    cursor: &str,
    partition: u32,
    of: u32,
) -> Streaming<pb::WatchChangesResponse> {
    let request = pb::WatchChangesRequest {
        after_cursor: cursor.to_owned(),
        partition,
        partition_count: of,
    };
    stand
        .changes()
        .watch_changes(request)
        .await
        .unwrap()
        .into_inner()
}

/// Reads until `count` changes have come; returns them with the last cursor.
async fn read(
    feed: &mut Streaming<pb::WatchChangesResponse>,
    count: usize,
) -> (Vec<pb::Change>, String) {
    let (mut changes, mut cursor) = (Vec::new(), String::new());
    while changes.len() < count {
        let run = timeout(PATIENCE, feed.message())
            .await
            .expect("changes in time");
        let run = run.unwrap().expect("the feed goes on");
        changes.extend(run.changes);
        cursor = run.cursor;
    }
    (changes, cursor)
}

/// One customer's write, told apart from the one before.
fn version(id: &str, turn: usize) -> pb::Customer {
    pb::Customer {
        display_name: format!("turn {turn}"),
        ..customer(id)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_is_told_once_with_what_it_was_about() {
    let stand = Stand::start().await;
    stand.import(whole_row(1, "c")).await.unwrap();
    stand.upsert(customer("c")).await.unwrap();
    let said = consent(
        "c",
        contract::types::v1::ConsentState::Granted,
        "2026-01-01T00:00:00Z",
    );
    let request = pb::RecordConsentRequest {
        request_id: String::new(),
        consent: Some(said),
    };
    stand.consents().record_consent(request).await.unwrap();
    let (changes, _) = read(&mut watch(&stand, "", 0, 0).await, 2).await;
    let kinds: Vec<Vec<_>> = changes.iter().map(|one| one.kinds().collect()).collect();
    assert_eq!(
        kinds,
        [vec![Customer, Subscription, Timeline], vec![Consent]]
    );
    assert_eq!((changes[0].revision, changes[1].revision), (1, 2));
    assert_eq!(
        changes[1].change_time,
        crate::builders::at(crate::stand::NOW)
    );
}

/// I25: whatever the writers do at the same time, a follower sees every revision of every
/// customer, each once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_writers_leave_no_gap_and_keep_each_customers_order() {
    const CUSTOMERS: usize = 4;
    const WRITERS: usize = 8;
    const WRITES: usize = 40;
    let stand = Stand::start().await;
    let mut feed = watch(&stand, "", 0, 1).await;
    let writes = (0..WRITERS).map(|writer| {
        let stand = &stand;
        async move {
            for turn in 0..WRITES {
                let id = format!("c-{}", (writer + turn) % CUSTOMERS);
                stand
                    .upsert(version(&id, writer * WRITES + turn))
                    .await
                    .unwrap();
            }
        }
    });
    let total = WRITERS * WRITES;
    let (_, (changes, _)) = tokio::join!(futures::future::join_all(writes), read(&mut feed, total));
    let mut revisions: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for change in &changes {
        revisions
            .entry(&change.customer_id)
            .or_default()
            .push(change.revision);
    }
    for (customer_id, seen) in revisions {
        let last = stand.facts(customer_id).await.revision;
        assert_eq!(seen, (1..=last).collect::<Vec<_>>(), "{customer_id}");
    }
}

/// A transaction that began first and commits last must not be passed over.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_transaction_is_waited_for() {
    let stand = Stand::start().await;
    stand.upsert(customer("c-1")).await.unwrap();
    let mut feed = watch(&stand, "", 0, 1).await;
    read(&mut feed, 1).await;
    let mut slow = stand.database.pool.begin().await.unwrap();
    sqlx::query(
        "insert into outbox (topic, key, payload) select topic, 'c-0', payload from outbox",
    )
    .execute(&mut *slow)
    .await
    .unwrap();
    stand.upsert(customer("c-2")).await.unwrap();
    let too_early = timeout(Duration::from_millis(300), read(&mut feed, 1)).await;
    assert!(too_early.is_err(), "a later change overtook one under way");
    slow.commit().await.unwrap();
    let (changes, _) = read(&mut feed, 2).await;
    let ids: Vec<_> = changes.iter().map(|one| &*one.customer_id).collect();
    assert_eq!(ids, ["c-0", "c-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_goes_on_where_it_left_off() {
    let stand = Stand::with(|settings| settings.watch.max_changes = 3).await;
    for turn in 0..10 {
        stand
            .upsert(version(&format!("c-{turn}"), turn))
            .await
            .unwrap();
    }
    let (first, cursor) = read(&mut watch(&stand, "", 0, 1).await, 4).await;
    assert!(first.len() < 10, "the first follower left early");
    let (rest, _) = read(&mut watch(&stand, &cursor, 0, 1).await, 10 - first.len()).await;
    let ids: Vec<_> = first
        .iter()
        .chain(&rest)
        .map(|one| one.customer_id.clone())
        .collect();
    assert_eq!(
        ids,
        (0..10).map(|turn| format!("c-{turn}")).collect::<Vec<_>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_share_the_customers_out() {
    let stand = Stand::start().await;
    let rows = (1..=60).flat_map(|number| whole_row(number, &format!("c-{number}")));
    stand.import(rows.collect()).await.unwrap();
    let (told, mut changes) = tokio::sync::mpsc::unbounded_channel();
    let mut followers = tokio::task::JoinSet::new();
    for partition in 0..3 {
        let (mut feed, told) = (watch(&stand, "", partition, 3).await, told.clone());
        followers.spawn(async move {
            while let Ok(Some(run)) = feed.message().await {
                for change in run.changes {
                    told.send((partition, change.customer_id)).unwrap();
                }
            }
        });
    }
    let (mut seen, mut shares) = (BTreeSet::new(), BTreeSet::new());
    while seen.len() < 60 {
        let told = timeout(PATIENCE, changes.recv())
            .await
            .expect("changes in time");
        let (partition, customer_id) = told.unwrap();
        assert!(seen.insert(customer_id), "told to two followers");
        shares.insert(partition);
    }
    assert_eq!(shares.len(), 3, "each follower has a share");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_broken_by_signs_of_life_that_carry_the_cursor() {
    let stand = Stand::with(|settings| settings.watch.keep_alive_interval_ms = 20).await;
    stand.upsert(customer("c")).await.unwrap();
    let mut feed = watch(&stand, "", 0, 1).await;
    let (_, cursor) = read(&mut feed, 1).await;
    let sign = timeout(PATIENCE, feed.message())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(sign.changes.is_empty());
    assert_eq!((sign.cursor, sign.lag_seconds), (cursor, 0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_ends_when_the_service_stops() {
    let stand = Stand::start().await;
    let mut feed = watch(&stand, "", 0, 1).await;
    let (ended, clean) = tokio::join!(timeout(PATIENCE, feed.message()), stand.running.shutdown());
    assert!(ended.expect("the feed ends").unwrap().is_none());
    assert!(clean, "nothing had to be cut off");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_refused() {
    let stand = Stand::start().await;
    let request = pb::WatchChangesRequest {
        after_cursor: "yesterday".to_owned(),
        partition: 3,
        partition_count: 3,
    };
    let refusal = stand.changes().watch_changes(request).await;
    let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
    assert_eq!(fields(&status), ["after_cursor", "partition"]);
    let request = pb::WatchChangesRequest {
        partition_count: 65,
        ..pb::WatchChangesRequest::default()
    };
    let refusal = stand.changes().watch_changes(request).await;
    let status = refused(refusal, Code::InvalidArgument, "INVALID_FIELD");
    assert_eq!(fields(&status), ["partition_count"]);
}

/// Reads everything that was told so far.
pub(crate) async fn all(stand: &Stand) -> Vec<pb::Change> {
    let mut feed = watch(stand, "", 0, 1).await;
    let mut told = Vec::new();
    loop {
        let run = timeout(PATIENCE, feed.message()).await.expect("in time");
        let run = run.unwrap().expect("the feed goes on");
        told.extend(run.changes);
        if run.lag_seconds <= 0.0 {
            return told;
        }
    }
}
