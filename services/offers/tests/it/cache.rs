//! Redis costs latency, never correctness.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::Context;
use contract::offers::v1 as pb;
use futures::future::{BoxFuture, join_all};
use kernel::id::CustomerId;
use kernel::refusal::Refusal;
use kernel::time::Deadline;
use offers::cache::CachedCustomers;
use offers::domain::computed_with::ComputedWith;
use offers::usecase::gather::{FeedTrust, Gather};
use offers::usecase::latest::Latest;
use offers::usecase::ports::{Lifecycle, Told};
use storage::redis::{Cache, RedisSettings};
use testkit::redis::Private;
use tokio::sync::Semaphore;

use crate::neighbours::{facts, outage};
use crate::world::{World, too_expensive};

const PATIENCE: Duration = Duration::from_secs(20);

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

/// Asks until lifecycle is asked about the customer again.
async fn ask_until_asked_anew(world: &mut World) {
    let asked = world.neighbours.status_calls();
    let mut calls = 0;
    while world.neighbours.status_calls() == asked {
        calls += 1;
        assert!(calls < 500, "what was computed before is still believed");
        let request = too_expensive(&format!("anew-{asked}-{calls}"));
        world.ask(request).await.unwrap();
    }
}

#[tokio::test]
async fn what_was_computed_before_another_model_was_put_in_use_is_not_believed() {
    let mut world = World::start().await;
    warm(&mut world).await;
    world.neighbours.activate();
    ask_until_asked_anew(&mut world).await;
    // What is kept now was computed with it.
    warm(&mut world).await;
    // While lifecycle is down nobody hears of another one, and the cache answers in full.
    world.neighbours.set_down(true);
    world.neighbours.activate();
    let answer = world.ask(too_expensive("down")).await.unwrap();
    assert!(!answer.degraded && answer.customer.is_some());
    world.neighbours.set_down(false);
    ask_until_asked_anew(&mut world).await;
}

/// A lifecycle service that answers when it is told to, and counts.
struct Gated {
    calls: AtomicUsize,
    gate: Arc<Semaphore>,
}

impl Lifecycle for Gated {
    fn customer(
        &self,
        _: CustomerId,
        _: u64,
        _: Deadline,
    ) -> BoxFuture<'static, Result<Told, Refusal>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let gate = Arc::clone(&self.gate);
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            Err(Refusal::not_found("CUSTOMER_NOT_FOUND", "no such customer"))
        })
    }

    fn in_use(&self, _: Deadline) -> BoxFuture<'static, Result<ComputedWith, Refusal>> {
        Box::pin(async { Ok(ComputedWith::default()) })
    }
}

#[tokio::test]
async fn a_thousand_misses_at_once_ask_once() {
    let lifecycle = Arc::new(Gated {
        calls: AtomicUsize::new(0),
        gate: Arc::new(Semaphore::new(0)),
    });
    let context = Context::default();
    let gather = Gather::new(
        CachedCustomers::new(
            Cache::connect_lazy(&RedisSettings::default(), &context.tracker).unwrap(),
        ),
        lifecycle.clone(),
        context.clock,
        FeedTrust::default(),
        Latest::default(),
        context.tracker,
    );
    let id = CustomerId::parse("c-1").unwrap();
    let asking = (0..1_000).map(|_| gather.customer(&id, 0, Deadline::within(PATIENCE)));
    let (answers, ()) = futures::join!(join_all(asking), async {
        // Polled after every one of the thousand has asked.
        lifecycle.gate.add_permits(1_000);
    });
    assert_eq!(lifecycle.calls.load(Ordering::SeqCst), 1);
    assert!(
        answers
            .iter()
            .all(|answer| answer.as_ref().unwrap_err().reason == "CUSTOMER_NOT_FOUND")
    );
    // Nothing is kept of a refusal: the next one asks again.
    gather
        .customer(&id, 0, Deadline::within(PATIENCE))
        .await
        .unwrap_err();
    assert_eq!(lifecycle.calls.load(Ordering::SeqCst), 2);
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
