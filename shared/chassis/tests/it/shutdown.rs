//! The end: what is under way finishes, what never would is cut off, and it always comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chassis::{Context, ServeSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::echo::{Echo, SOON, ask, channel, patient, tell, text};

fn address(uri: &str) -> String {
    uri.strip_prefix("http://").unwrap().to_owned()
}

/// Tells whether the other side closes the connection soon, whatever it says before.
async fn ends(peer: &mut TcpStream) -> bool {
    let mut said = Vec::new();
    tokio::time::timeout(SOON, peer.read_to_end(&mut said))
        .await
        .is_ok()
}

fn brief() -> ServeSettings {
    ServeSettings {
        drain_ms: 400,
        ..patient()
    }
}

async fn until_called(echo: &Echo) {
    while echo.state().calls.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_spawned_writes_under_way_finish_and_nothing_new_is_accepted() {
    let (echo, context) = (Echo::new(None), Context::default());
    let running = echo.serve(&patient(), &context).await;
    let (uri, channel) = (running.uri().to_owned(), channel(&running).await);
    let call = tokio::spawn(async move { ask(&channel, text("wait")).await });
    until_called(&echo).await;
    let (finish, written) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    context.tracker.spawn({
        let (finish, written) = (Arc::clone(&finish), Arc::clone(&written));
        async move {
            finish.notified().await;
            written.store(true, Ordering::SeqCst);
        }
    });
    let stopping = tokio::spawn(running.shutdown());
    context.stop.cancelled().await;
    while TcpStream::connect(address(&uri)).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(
        !stopping.is_finished(),
        "a call and a write are still under way"
    );
    echo.state().gate.add_permits(1);
    assert_eq!(call.await.unwrap().unwrap(), "waited");
    assert!(!stopping.is_finished(), "a write is still under way");
    finish.notify_one();
    assert!(stopping.await.unwrap(), "nothing had to be cut off");
    assert!(written.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_does_not_hold_the_end_up() {
    let running = Echo::new(None).serve(&brief(), &Context::default()).await;
    let mut silent = TcpStream::connect(address(running.uri())).await.unwrap();
    let started = Instant::now();
    running.shutdown().await;
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    // Its end is told to the peer: the connection's task is gone, too.
    assert!(ends(&mut silent).await, "it is kept open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_stopped_reading_does_not_hold_the_end_up() {
    let running = Echo::new(None).serve(&brief(), &Context::default()).await;
    let channel = channel(&running).await;
    // Never read on, so that the server cannot get rid of the rest.
    let stream = tell(&channel, text(&["large"; 4].join(" "))).await.unwrap();
    let started = Instant::now();
    assert!(!running.shutdown().await, "it had to be cut off");
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    drop(stream);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_or_task_that_never_ends_is_cut_off_after_the_drain_time() {
    let (echo, context) = (Echo::new(None), Context::default());
    let mut settings = brief();
    settings.edge.default_deadline_ms = 60_000;
    settings.edge.max_deadline_ms = 60_000;
    let running = echo.serve(&settings, &context).await;
    let channel = channel(&running).await;
    let call = tokio::spawn(async move { ask(&channel, text("hang")).await });
    until_called(&echo).await;
    let started = Instant::now();
    assert!(!running.shutdown().await);
    let took = started.elapsed();
    assert!(
        took >= Duration::from_millis(400) && took < SOON,
        "{took:?}"
    );
    let status = tokio::time::timeout(SOON, call).await;
    assert!(status.expect("its caller is told").unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn insisting_cuts_off_at_once() {
    let (echo, context) = (Echo::new(None), Context::default());
    let running = echo.serve(&patient(), &context).await;
    context.tracker.spawn(std::future::pending::<()>());
    let started = Instant::now();
    assert!(
        !running
            .shutdown_unless(context.stop.clone().cancelled_owned())
            .await
    );
    assert!(started.elapsed() < SOON);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_says_nothing_is_closed_and_frees_its_place() {
    let settings = ServeSettings {
        first_byte_timeout_ms: 100,
        max_connections: 1,
        ..patient()
    };
    let running = Echo::new(None).serve(&settings, &Context::default()).await;
    let mut silent = TcpStream::connect(address(running.uri())).await.unwrap();
    let answered = ask(&channel(&running).await, text("hello")).await;
    assert_eq!(answered.unwrap(), "hello");
    assert!(ends(&mut silent).await, "it is kept open");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_talks_nonsense_is_closed() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let mut peer = TcpStream::connect(address(running.uri())).await.unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(ends(&mut peer).await, "it is kept open");
}
