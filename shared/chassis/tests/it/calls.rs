//! Ordinary calls and the ways they go wrong.

use chassis::{Context, ServeSettings};
use tonic::{Code, Request};

use crate::echo::{Echo, ask, channel, patient, reason, send, tell, text};

#[tokio::test]
async fn a_call_is_answered_over_tcp_and_over_a_unix_socket() {
    let path = std::env::temp_dir().join(format!("rk-{:08x}.sock", std::process::id()));
    let on_socket = ServeSettings {
        listen: format!("unix://{}", path.display()),
        ..patient()
    };
    for settings in [patient(), on_socket.clone(), on_socket] {
        let running = Echo::new(None).serve(&settings, &Context::default()).await;
        assert_eq!(
            ask(&channel(&running).await, text("hello")).await.unwrap(),
            "hello"
        );
        assert!(running.shutdown().await);
    }
    assert!(!path.exists(), "the socket's file is removed");
}

#[tokio::test]
async fn a_refusal_reaches_the_caller_with_its_reason() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let status = ask(&channel(&running).await, text("refuse"))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::FailedPrecondition, "OFFER_EXPIRED")
    );
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_that_call_alone() {
    let echo = Echo::new(None);
    let running = echo.serve(&patient(), &Context::default()).await;
    let channel = channel(&running).await;
    let waits = tokio::spawn({
        let channel = channel.clone();
        async move { ask(&channel, text("wait")).await }
    });
    let status = ask(&channel, text("panic")).await.unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Internal, "INTERNAL")
    );
    assert!(
        !status.message().contains("defect"),
        "what it said stays inside"
    );
    echo.state().gate.add_permits(1);
    assert_eq!(
        waits.await.unwrap().unwrap(),
        "waited",
        "the connection is whole"
    );
}

#[tokio::test]
async fn a_panic_in_a_stream_ends_that_stream_with_an_internal_error() {
    let echo = Echo::new(None);
    let running = echo.serve(&patient(), &Context::default()).await;
    let channel = channel(&running).await;
    let mut stream = tell(&channel, text("one wait panic two")).await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("one"));
    echo.state().gate.add_permits(1);
    assert_eq!(stream.message().await.unwrap_err().code(), Code::Internal);
    assert_eq!(
        ask(&channel, text("still here")).await.unwrap(),
        "still here"
    );
}

#[tokio::test]
async fn errors_of_the_transport_itself_carry_a_reason_too() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let channel = channel(&running).await;
    let unknown = send(&channel, "Nonsense", text("")).await.unwrap_err();
    assert_eq!(
        (unknown.code(), reason(&unknown).as_str()),
        (Code::Unimplemented, "UNIMPLEMENTED")
    );
    let large = ask(&channel, text(&"x".repeat(100_000))).await.unwrap_err();
    assert_eq!(
        (large.code(), reason(&large).as_str()),
        (Code::ResourceExhausted, "MESSAGE_TOO_LARGE")
    );
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_an_error_with_a_reason() {
    let running = Echo::new(None).serve(&patient(), &Context::default()).await;
    let mut client = tonic::client::Grpc::new(channel(&running).await);
    client.ready().await.unwrap();
    // Bytes where a text is expected, and not UTF-8 either.
    let codec = tonic_prost::ProstCodec::<Vec<u8>, String>::default();
    let path = "/echo.v1.Echo/Ask".parse().unwrap();
    let status = client
        .unary(Request::new(vec![0xff, 0xfe]), path, codec)
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::Internal, "INTERNAL")
    );
}
