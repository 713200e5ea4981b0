//! Redis as a cache: it costs latency when it is gone, and never an answer.

use std::time::{Duration, Instant};

use storage::StoreError;
use storage::redis::{Cache, RedisSettings};
use testkit::redis::Private;
use tokio_util::task::TaskTracker;

const TTL: Duration = Duration::from_mins(1);

fn connect(settings: &RedisSettings) -> Result<Cache, StoreError> {
    Cache::connect_lazy(settings, &TaskTracker::new())
}

fn cache() -> Cache {
    let settings = RedisSettings::at(testkit::redis::url(), testkit::redis::prefix());
    connect(&settings).unwrap()
}

#[tokio::test]
async fn what_was_set_is_read_alone_and_among_others() {
    let cache = cache();
    assert_eq!(cache.get("a").await, None);
    assert!(cache.set_if_newer("a", 1, b"one", TTL).await);
    assert!(cache.set_if_newer("b", 1, b"", TTL).await);
    assert_eq!(cache.get("a").await.as_deref(), Some(&b"one"[..]));
    let together = futures::join!(cache.get("b"), cache.get("missing"), cache.get("a"));
    assert_eq!(together, (Some(vec![]), None, Some(b"one".to_vec())));
}

#[tokio::test]
async fn what_is_asked_for_at_the_same_time_is_one_command() {
    let redis = Private::start();
    let cache = connect(&RedisSettings::at(redis.url(), "")).unwrap();
    assert!(cache.set_if_newer("a", 1, b"one", TTL).await);
    assert_eq!(cache.get("a").await.as_deref(), Some(&b"one"[..]));
    let before = redis.commands("mget");
    let all = futures::future::join_all((0..100).map(|_| cache.get("a"))).await;
    assert!(
        all.iter()
            .all(|value| value.as_deref() == Some(&b"one"[..]))
    );
    assert_eq!(redis.commands("mget") - before, 1);
}

#[tokio::test]
async fn an_older_fill_loses_against_a_newer_value() {
    let cache = cache();
    assert!(cache.set_if_newer("a", 9, b"nine", TTL).await);
    assert!(!cache.set_if_newer("a", 8, b"eight", TTL).await);
    assert!(cache.set_if_newer("a", 9, b"nine again", TTL).await);
    assert!(cache.set_if_newer("a", 10, b"ten", TTL).await);
    assert_eq!(cache.get("a").await.as_deref(), Some(&b"ten"[..]));
}

#[tokio::test]
async fn a_slow_stale_fill_loses_against_an_invalidation() {
    let cache = cache();
    assert!(cache.set_if_newer("a", 5, b"five", TTL).await);
    assert!(cache.tombstone("a", 6, TTL).await);
    assert_eq!(cache.get("a").await, None);
    assert!(!cache.set_if_newer("a", 5, b"five, late", TTL).await);
    assert_eq!(cache.get("a").await, None);
    assert!(cache.set_if_newer("a", 6, b"six", TTL).await);
    assert_eq!(cache.get("a").await.as_deref(), Some(&b"six"[..]));
    // Seen, and without effect: a value of that revision is fresh.
    assert!(cache.tombstone("a", 6, TTL).await && cache.tombstone("a", 2, TTL).await);
    assert_eq!(cache.get("a").await.as_deref(), Some(&b"six"[..]));
}

#[tokio::test]
async fn revisions_beyond_what_lua_counts_exactly_are_compared_exactly() {
    let cache = cache();
    let huge = u64::MAX - 1;
    assert!(cache.set_if_newer("a", huge, b"later", TTL).await);
    assert!(!cache.set_if_newer("a", huge - 1, b"earlier", TTL).await);
    assert!(cache.set_if_newer("a", u64::MAX, b"last", TTL).await);
}

#[tokio::test]
async fn entries_end_with_their_time() {
    let cache = cache();
    assert!(
        cache
            .set_if_newer("a", 1, b"brief", Duration::from_millis(30))
            .await
    );
    let started = Instant::now();
    while cache.get("a").await.is_some() {
        assert!(started.elapsed() < Duration::from_secs(5));
        tokio::task::yield_now().await;
    }
    assert!(started.elapsed() >= Duration::from_millis(15));
}

#[tokio::test]
async fn poisoned_entries_are_misses_and_are_replaced() {
    let redis = Private::start();
    let cache = connect(&RedisSettings::at(redis.url(), "p:")).unwrap();
    let client = redis::Client::open(redis.url()).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let write = redis::cmd("SET")
        .arg("p:a")
        .arg("nonsense of another version")
        .clone();
    write.query_async::<()>(&mut raw).await.unwrap();
    assert_eq!(cache.get("a").await, None);
    assert!(cache.set_if_newer("a", 1, b"one", TTL).await);
    assert_eq!(cache.get("a").await.as_deref(), Some(&b"one"[..]));
    // A key of another type is an error in Redis, and a miss here.
    redis::cmd("RPUSH")
        .arg("p:list")
        .arg("x")
        .query_async::<()>(&mut raw)
        .await
        .unwrap();
    assert_eq!(cache.get("list").await, None);
    assert!(!cache.set_if_newer("list", 1, b"one", TTL).await);
}

/// Asks many times and returns the slowest answer.
async fn slowest(cache: &Cache, times: usize) -> Duration {
    let mut slowest = Duration::ZERO;
    for _ in 0..times {
        let started = Instant::now();
        assert_eq!(cache.get("a").await, None);
        slowest = slowest.max(started.elapsed());
    }
    slowest
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_costs_little_and_soon_nothing() {
    let redis = Private::start();
    let settings = RedisSettings {
        breaker_open_ms: 300,
        ..RedisSettings::at(redis.url(), "")
    };
    let cache = connect(&settings).unwrap();
    assert!(cache.set_if_newer("b", 1, b"before", TTL).await);
    redis.freeze();
    assert!(slowest(&cache, 5).await < Duration::from_millis(100));
    // The breaker is open now: Redis is not even asked.
    assert!(slowest(&cache, 50).await < Duration::from_millis(10));
    redis.thaw();
    let started = Instant::now();
    while cache.get("b").await.is_none() {
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "it does not come back"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_redis_costs_little_and_comes_back_by_itself() {
    let mut redis = Private::start();
    let settings = RedisSettings {
        breaker_open_ms: 300,
        ..RedisSettings::at(redis.url(), "")
    };
    let cache = connect(&settings).unwrap();
    assert!(cache.set_if_newer("b", 1, b"before", TTL).await);
    redis.kill();
    assert!(slowest(&cache, 5).await < Duration::from_millis(100));
    assert!(slowest(&cache, 50).await < Duration::from_millis(10));
    assert!(!cache.set_if_newer("b", 2, b"lost", TTL).await);
    assert!(!cache.tombstone("b", 2, TTL).await, "nobody has seen it");
    redis.restart();
    let started = Instant::now();
    while !cache.set_if_newer("b", 3, b"after", TTL).await {
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "it does not come back"
        );
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_starts_without_redis_and_without_an_address() {
    let absent = RedisSettings::at("redis+unix:///nonexistent/redis.sock", "");
    let cache = connect(&absent).unwrap();
    assert!(slowest(&cache, 20).await < Duration::from_millis(100));
    let none = connect(&RedisSettings::default()).unwrap();
    assert_eq!(none.get("a").await, None);
    assert!(!none.set_if_newer("a", 1, b"one", TTL).await);
    assert!(connect(&RedisSettings::at("nonsense", "")).is_err());
}
