//! More calls than fit: refused at once, with a hint, while the others go on.

use std::time::{Duration, Instant};

use chassis::{Context, ServeSettings};
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt;

use crate::echo::{Echo, SOON, ask, channel, patient, reason, tell, text};

fn small() -> ServeSettings {
    let mut settings = patient();
    settings.edge.max_calls_in_flight = 2;
    settings.edge.max_streams_in_flight = 1;
    settings
}

async fn until_in_flight(echo: &Echo, count: usize) {
    while echo.state().calls.load(std::sync::atomic::Ordering::SeqCst) < count {
        tokio::task::yield_now().await;
    }
}

fn waiting(channel: &Channel) -> tokio::task::JoinHandle<Result<String, tonic::Status>> {
    let channel = channel.clone();
    tokio::spawn(async move { ask(&channel, text("wait")).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_does_not_fit_is_refused_at_once_and_health_still_answers() {
    let echo = Echo::new(None);
    let running = echo.serve(&small(), &Context::default()).await;
    let channel = channel(&running).await;
    let held = [waiting(&channel), waiting(&channel)];
    until_in_flight(&echo, 2).await;

    let mut quickest = Duration::MAX;
    for _ in 0..20 {
        let started = Instant::now();
        let status = ask(&channel, text("hello")).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::Unavailable, "OVERLOADED")
        );
        assert!(
            status
                .get_error_details()
                .retry_info()
                .unwrap()
                .retry_delay
                .is_some()
        );
        quickest = quickest.min(started.elapsed());
    }
    assert!(quickest < Duration::from_millis(10), "{quickest:?}");
    let health = HealthClient::new(channel.clone())
        .check(HealthCheckRequest::default())
        .await;
    assert_eq!(health.unwrap().into_inner().status, 1);

    echo.state().gate.add_permits(2);
    for call in held {
        assert_eq!(call.await.unwrap().unwrap(), "waited");
    }
    assert_eq!(ask(&channel, text("hello")).await.unwrap(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_leaves_frees_its_place() {
    let echo = Echo::new(None);
    let running = echo.serve(&small(), &Context::default()).await;
    let channel = channel(&running).await;
    let held = [waiting(&channel), waiting(&channel)];
    until_in_flight(&echo, 2).await;
    for call in held {
        call.abort();
    }
    let started = Instant::now();
    while ask(&channel, text("hello")).await.is_err() {
        assert!(started.elapsed() < SOON, "the places are lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_holds_its_place_until_its_end_and_takes_none_from_calls() {
    let echo = Echo::new(None);
    let running = echo.serve(&small(), &Context::default()).await;
    let channel = channel(&running).await;
    let mut stream = tell(&channel, text("one wait")).await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("one"));
    let second = tell(&channel, text("one")).await.unwrap_err();
    assert_eq!(reason(&second), "OVERLOADED");
    assert_eq!(ask(&channel, text("hello")).await.unwrap(), "hello");
    echo.state().gate.add_permits(1);
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("waited"));
    assert_eq!(stream.message().await.unwrap(), None);
    let started = Instant::now();
    while tell(&channel, text("one")).await.is_err() {
        assert!(started.elapsed() < SOON, "the place is lost");
    }
}
