//! Redis costs latency, never correctness.

use contract::offers::v1 as pb;
use futures::future::join_all;
use storage::redis::RedisSettings;
use testkit::redis::Private;

use crate::neighbours::{facts, outage};
use crate::world::{World, too_expensive, wait_until};

/// Asks until the answers come out of the cache.
async fn warm(world: &mut World) {
    world.wait_for_feed().await;
    let mut calls = 0;
    let (desk, neighbours) = (world.desk.clone(), world.neighbours.clone());
    let mut asked = neighbours.status_calls();
    loop {
        calls += 1;
        assert!(calls < 500, "the cache is never believed");
        let request = too_expensive(&format!("warm-{calls}"));
        desk.clone().request_save_offer(request).await.unwrap();
        let now = neighbours.status_calls();
        if now == asked {
            return;
        }
        asked = now;
    }
}

#[tokio::test]
async fn a_warm_cache_asks_nobody_and_a_change_is_seen_at_once_by_its_revision() {
    let mut world = World::start().await;
    warm(&mut world).await;
    world.neighbours.set_down(true);
    let answer = world.ask(too_expensive("k-1")).await.unwrap();
    assert!(!answer.degraded && answer.customer.is_some());
    world.neighbours.set_down(false);

    let mut angry = facts("c-1");
    angry.revision = 2;
    angry.open_incidents = vec![outage()];
    world.neighbours.put(angry);
    let mut request = too_expensive("k-2");
    request.min_revision = 2;
    let answer = world.ask(request).await.unwrap();
    assert_eq!(answer.customer.unwrap().revision, 2);
    // Without a revision it is the feed that tells.
    world.wait_for_feed().await;
    let answer = world.ask(too_expensive("k-3")).await.unwrap();
    assert_eq!(answer.customer.unwrap().open_incident_count, 1);
}

#[tokio::test]
async fn a_thousand_misses_at_once_ask_once() {
    let world = World::start().await;
    world.wait_for_feed().await;
    world.neighbours.hold_back();
    let before = world.neighbours.status_calls();
    let calls = (0..1_000).map(|index| {
        let mut desk = world.desk.clone();
        async move { desk.request_save_offer(too_expensive(&format!("k-{index}"))).await }
    });
    let (answers, ()) = futures::join!(join_all(calls), async {
        wait_until("somebody asks", async || world.neighbours.status_calls() > before).await;
        world.neighbours.let_through();
    });
    let asked = world.neighbours.status_calls() - before;
    assert!(asked <= 2, "asked {asked} times");
    assert!(answers.iter().filter(|answer| answer.is_ok()).count() > 0);
}

#[tokio::test]
async fn with_redis_dead_frozen_and_back_every_call_is_answered_in_full() {
    let mut redis = Private::start();
    let mut world = World::start_with(RedisSettings::at(redis.url(), "it:")).await;
    warm(&mut world).await;
    redis.kill();
    let answer = world.ask(too_expensive("dead")).await.unwrap();
    assert!(!answer.degraded && !answer.offers.is_empty());
    redis.restart();
    redis.freeze();
    let answer = world.ask(too_expensive("frozen")).await.unwrap();
    assert!(!answer.degraded && !answer.offers.is_empty());
    redis.thaw();
    let answer = world.ask(too_expensive("back")).await.unwrap();
    assert_eq!(answer.outcome(), pb::DecisionOutcome::Present);
}
