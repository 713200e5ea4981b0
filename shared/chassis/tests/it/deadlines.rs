//! Deadlines: read, clamped, kept a little early, told by their right name.

use std::time::Duration;

use chassis::{Context, RunningService, ServeSettings};
use tonic::{Code, Request, Status};

use crate::echo::{Echo, ask, channel, patient, reason, tell, text};

fn within(what: &str, time: Duration) -> Request<String> {
    let mut request = text(what);
    request.set_timeout(time);
    request
}

/// Calls as a peer without timers of its own does, and returns the final headers.
async fn raw_call(running: &RunningService, timeout: &str) -> http::HeaderMap {
    let address = running.uri().strip_prefix("http://").unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("http://{address}/echo.v1.Echo/Ask"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout)
        .body(())
        .unwrap();
    let (answer, mut body) = client.send_request(request, false).unwrap();
    // One message, not compressed, 6 bytes: field 1, 4 bytes.
    let hang = b"\0\0\0\0\x06\x0a\x04hang";
    // Refused at once, the stream may be closed before its message is sent.
    drop(body.send_data(bytes::Bytes::from_static(hang), true));
    answer.await.unwrap().headers().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_takes_too_long_is_deadline_exceeded_and_never_cancelled() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    for timeout in [
        "0m", "1n", "1u", "500u", "1m", "2m", "3m", "5m", "8m", "13m", "50m",
    ] {
        for _ in 0..10 {
            let headers = raw_call(&running, timeout).await;
            let status = Status::from_header_map(&headers).unwrap();
            let seen = (status.code(), reason(&status));
            assert_eq!(
                seen,
                (Code::DeadlineExceeded, "DEADLINE_EXCEEDED".to_owned()),
                "{timeout}"
            );
        }
    }
}

#[tokio::test]
async fn a_malformed_time_is_refused() {
    let echo = Echo::new(None);
    let running = echo.serve(&patient(), &Context::default()).await;
    let channel = channel(&running).await;
    for malformed in ["5", "S", "5s", "123456789S", "-1S"] {
        let mut request = text("hello");
        request
            .metadata_mut()
            .insert("grpc-timeout", malformed.parse().unwrap());
        let status = ask(&channel, request).await.unwrap_err();
        let seen = (status.code(), reason(&status));
        assert_eq!(
            seen,
            (Code::InvalidArgument, "INVALID_FIELD".to_owned()),
            "{malformed}"
        );
    }
    let reached = echo.state().calls.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(reached, 0, "no handler has seen them");
}

async fn remaining(settings: &ServeSettings, request: Request<String>) -> u64 {
    let running = Echo::new(None).serve(settings, &Context::default()).await;
    ask(&channel(&running).await, request)
        .await
        .unwrap()
        .parse()
        .unwrap()
}

#[tokio::test]
async fn the_handler_sees_the_callers_time_the_default_and_the_longest() {
    let mut settings = patient();
    settings.edge.default_deadline_ms = 20_000;
    settings.edge.max_deadline_ms = 40_000;
    let seen = remaining(&settings, text("remaining")).await;
    assert!((5_000..=20_000).contains(&seen), "{seen}");
    let seen = remaining(&settings, within("remaining", Duration::from_secs(30))).await;
    assert!((20_001..30_000).contains(&seen), "{seen}");
    let seen = remaining(&settings, within("remaining", Duration::from_hours(1))).await;
    assert!((30_000..=40_000).contains(&seen), "{seen}");
    let longest = &mut settings.edge.method_deadlines_ms;
    longest.insert("echo.v1.Echo/Ask".to_owned(), 10_000);
    let seen = remaining(&settings, within("remaining", Duration::from_hours(1))).await;
    assert!(seen <= 10_000, "{seen}");
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let channel = channel(&running).await;
    let mut stream = tell(&channel, within("one hang", Duration::from_secs(3)))
        .await
        .unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("one"));
    assert_eq!(
        stream.message().await.unwrap_err().code(),
        Code::DeadlineExceeded
    );
}

#[tokio::test]
async fn a_stream_sees_its_deadline_too() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let request = within("remaining", Duration::from_secs(30));
    let mut stream = tell(&channel(&running).await, request).await.unwrap();
    let seen: u64 = stream.message().await.unwrap().unwrap().parse().unwrap();
    assert!((5_000..30_000).contains(&seen), "{seen}");
    assert_eq!(stream.message().await.unwrap(), None);
}
