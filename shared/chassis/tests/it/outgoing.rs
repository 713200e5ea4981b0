//! Calls going out: on the caller's time, tried again a little, stopped when hopeless.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use chassis::Context;
use edge::client::{Caller, ClientSettings, refusal};
use kernel::refusal::Kind;
use testkit::fault::{Mode, Proxy, Target};
use tonic::Code;

use crate::echo::{Echo, SOON, ask, ask_through, caller, channel, patient, reason, text, toward};

struct Served {
    echo: Echo,
    running: chassis::RunningService,
}

async fn served() -> Served {
    let echo = Echo::new(None);
    let running = echo.serve(&patient(), &Context::default()).await;
    Served { echo, running }
}

fn calls(served: &Served) -> usize {
    served.echo.state().calls.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_refusal_of_the_other_service_is_understood() {
    let served = served().await;
    let caller = caller(&toward(served.running.uri()));
    assert_eq!(ask_through(&caller, "Ask", "hello").await.unwrap(), "hello");
    let refused = refusal(&ask_through(&caller, "Ask", "refuse").await.unwrap_err());
    assert_eq!(
        (refused.kind, refused.reason),
        (Kind::Refused, "OFFER_EXPIRED")
    );
}

#[tokio::test]
async fn a_failed_call_is_tried_again_only_if_repeating_it_is_harmless() {
    let served = served().await;
    let caller = caller(&toward(served.running.uri()));
    served.echo.state().unavailable.store(2, Ordering::SeqCst);
    assert_eq!(ask_through(&caller, "Ask", "hello").await.unwrap(), "hello");
    assert_eq!(calls(&served), 3);
    served.echo.state().unavailable.store(1, Ordering::SeqCst);
    let status = ask_through(&caller, "Act", "hello").await.unwrap_err();
    assert_eq!((status.code(), calls(&served)), (Code::Unavailable, 4));
    served
        .echo
        .state()
        .unavailable
        .store(usize::MAX, Ordering::SeqCst);
    assert!(ask_through(&caller, "Ask", "hello").await.is_err());
    assert_eq!(calls(&served), 7, "three tries and no more");
}

#[tokio::test]
async fn retries_never_become_the_load() {
    let served = served().await;
    let settings = ClientSettings {
        breaker_failures: u32::MAX,
        ..toward(served.running.uri())
    };
    let caller = caller(&settings);
    served
        .echo
        .state()
        .unavailable
        .store(usize::MAX, Ordering::SeqCst);
    for _ in 0..200 {
        assert!(ask_through(&caller, "Ask", "hello").await.is_err());
    }
    // A tenth of the calls, and the ten that were saved up.
    assert!(calls(&served) <= 200 + 20 + 10, "{}", calls(&served));
}

#[tokio::test]
async fn a_service_that_keeps_failing_is_given_a_pause() {
    let served = served().await;
    let settings = ClientSettings {
        breaker_failures: 5,
        breaker_open_ms: 2_000,
        ..toward(served.running.uri())
    };
    let caller = caller(&settings);
    served
        .echo
        .state()
        .unavailable
        .store(usize::MAX, Ordering::SeqCst);
    for _ in 0..5 {
        assert!(ask_through(&caller, "Act", "hello").await.is_err());
    }
    let before = calls(&served);
    let skipped = ask_through(&caller, "Act", "hello").await.unwrap_err();
    assert_eq!(
        (reason(&skipped).as_str(), calls(&served)),
        ("UPSTREAM_UNAVAILABLE", before)
    );
    served.echo.state().unavailable.store(0, Ordering::SeqCst);
    let started = Instant::now();
    while ask_through(&caller, "Act", "hello").await.is_err() {
        assert!(started.elapsed() < SOON, "it never closes");
        tokio::task::yield_now().await;
    }
    assert!(started.elapsed() > Duration::from_millis(500));
}

#[tokio::test]
async fn the_callers_time_goes_along_less_a_reserve() {
    let far = served().await;
    let near = Echo::new(Some(caller(&toward(far.running.uri()))));
    let near = near.serve(&patient(), &Context::default()).await;
    let mut request = text("forward remaining");
    request.set_timeout(Duration::from_secs(30));
    let seen: u64 = ask(&channel(&near).await, request)
        .await
        .unwrap()
        .parse()
        .unwrap();
    assert!((5_000..29_975).contains(&seen), "{seen}");
}

#[tokio::test]
async fn a_call_without_an_answer_ends_with_its_time_near_and_far() {
    let far = served().await;
    let near = Echo::new(Some(caller(&toward(far.running.uri()))));
    let near = near.serve(&patient(), &Context::default()).await;
    let brief = ClientSettings {
        default_deadline_ms: 300,
        ..toward(near.uri())
    };
    let status = ask_through(&caller(&brief), "Ask", "forward hang")
        .await
        .unwrap_err();
    let seen = (status.code(), reason(&status));
    assert_eq!(
        seen,
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_peer_costs_its_time_and_not_more() {
    let served = served().await;
    let address = served
        .running
        .uri()
        .strip_prefix("http://")
        .unwrap()
        .parse()
        .unwrap();
    let proxy = Proxy::start(Target::Tcp(address)).await;
    let brief = ClientSettings {
        default_deadline_ms: 200,
        breaker_open_ms: 50,
        ..toward(format!("http://{}", proxy.address))
    };
    let caller = caller(&brief);
    until_answered(&caller).await;
    proxy.set(Mode::BlackHole);
    let started = Instant::now();
    let status = ask_through(&caller, "Ask", "hello").await.unwrap_err();
    assert!(
        matches!(status.code(), Code::DeadlineExceeded | Code::Unavailable),
        "{status:?}"
    );
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    proxy.set(Mode::Pass);
    proxy.cut();
    until_answered(&caller).await;
}

async fn until_answered(caller: &Caller) {
    let started = Instant::now();
    while ask_through(caller, "Ask", "hello").await.is_err() {
        assert!(started.elapsed() < SOON, "it does not answer");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_address_among_living_ones_fails_no_call() {
    let (first, second) = (served().await, served().await);
    let uris = format!("{},{}", first.running.uri(), second.running.uri());
    let caller = caller(&toward(uris));
    for _ in 0..10 {
        ask_through(&caller, "Act", "hello").await.unwrap();
    }
    assert!(
        calls(&first) > 0 && calls(&second) > 0,
        "both take their turn"
    );
    first.running.shutdown().await;
    for number in 0..100 {
        let answer = ask_through(&caller, "Act", "hello").await;
        assert!(answer.is_ok(), "call {number}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_was_never_there_is_unavailable_quickly() {
    let caller = caller(&toward("http://127.0.0.1:1"));
    let started = Instant::now();
    let refused = refusal(&ask_through(&caller, "Ask", "hello").await.unwrap_err());
    assert_eq!(
        (refused.kind, refused.reason),
        (Kind::Unavailable, "UPSTREAM_UNAVAILABLE")
    );
    assert!(refused.retry_after.is_some());
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_unsampled_trace_keeps_its_id_on_the_way() {
    let far = served().await;
    let near = Echo::new(Some(caller(&toward(far.running.uri()))));
    let near = near.serve(&patient(), &Context::default()).await;
    let mut request = text("forward trace");
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    request
        .metadata_mut()
        .insert("traceparent", parent.parse().unwrap());
    let seen = ask(&channel(&near).await, request).await.unwrap();
    assert_eq!(seen, "0af7651916cd43dd8448eb211c80319c false");
}

#[test]
fn nonsense_is_not_an_address() {
    let methods = edge::Methods::default();
    for uri in ["", "offers:7103", "ftp://offers", "http://"] {
        let settings = toward(uri);
        let refused = edge::client::Caller::connect_lazy(&settings, &methods);
        assert!(refused.is_err(), "{uri:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_with_too_much_to_do_is_not_given_a_pause() {
    let echo = Echo::new(None);
    let mut settings = patient();
    settings.edge.max_calls_in_flight = 1;
    let running = echo.serve(&settings, &Context::default()).await;
    let client = ClientSettings {
        breaker_failures: 3,
        ..toward(running.uri())
    };
    let caller = caller(&client);
    let waits = tokio::spawn({
        let caller = caller.clone();
        async move { ask_through(&caller, "Act", "wait").await }
    });
    while echo.state().calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..10 {
        let status = ask_through(&caller, "Act", "hello").await.unwrap_err();
        assert_eq!(reason(&status), "OVERLOADED");
    }
    echo.state().gate.add_permits(1);
    assert_eq!(waits.await.unwrap().unwrap(), "waited");
    assert_eq!(ask_through(&caller, "Act", "hello").await.unwrap(), "hello");
}
