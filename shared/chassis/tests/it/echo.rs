//! A small service whose answers depend on the text it is sent, and clients for it.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as TaskContext, Poll};
use std::time::{Duration, Instant};

use chassis::{Context, RunningService, ServeSettings, Service};
use edge::client::{Caller, ClientSettings};
use edge::{Boundary, Methods};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use http::uri::PathAndQuery;
use kernel::refusal::Refusal;
use prost::Message;
use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, MethodOptions,
    ServiceDescriptorProto,
};
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, ServerStreamingService, UnaryService};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

pub(crate) const BOUNDARY: Boundary = Boundary::new("echo.rekindle");

/// Answers to a text; `Ask` may be repeated, `Act` may not.
#[derive(Clone)]
pub(crate) struct Echo(Arc<Shared>);

pub(crate) struct Shared {
    /// How many calls have reached a handler.
    pub(crate) calls: AtomicUsize,
    /// How many more calls answer UNAVAILABLE.
    pub(crate) unavailable: AtomicUsize,
    /// Calls with the text `wait` wait here.
    pub(crate) gate: Semaphore,
    /// Where calls with the text `forward …` go.
    onward: Option<Caller>,
}

/// Settings whose time-outs a starved machine does not reach; a test shortens what it is about.
pub(crate) fn patient() -> ServeSettings {
    let mut settings = ServeSettings {
        drain_ms: 60_000,
        ..ServeSettings::default()
    };
    settings.edge.default_deadline_ms = 60_000;
    settings.edge.max_deadline_ms = 60_000;
    settings
}

/// Patient settings of a client.
pub(crate) fn toward(uri: impl Into<String>) -> ClientSettings {
    ClientSettings {
        default_deadline_ms: 60_000,
        connect_timeout_ms: 10_000,
        keepalive_interval_ms: 20_000,
        keepalive_timeout_ms: 20_000,
        ..ClientSettings::at(uri)
    }
}

/// Within this time something happens that would otherwise take a minute, or for ever.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Encoded once for the whole test process.
pub(crate) fn descriptors() -> &'static [u8] {
    static ENCODED: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    ENCODED.get_or_init(|| {
        let method = |name: &str, level: IdempotencyLevel, streams: bool| MethodDescriptorProto {
            name: Some(name.to_owned()),
            server_streaming: Some(streams),
            input_type: Some(".echo.v1.Text".to_owned()),
            output_type: Some(".echo.v1.Text".to_owned()),
            options: Some(MethodOptions {
                idempotency_level: Some(level as i32),
                ..MethodOptions::default()
            }),
            ..MethodDescriptorProto::default()
        };
        let service = ServiceDescriptorProto {
            name: Some("Echo".to_owned()),
            method: vec![
                method("Ask", IdempotencyLevel::NoSideEffects, false),
                method("Act", IdempotencyLevel::IdempotencyUnknown, false),
                method("Tell", IdempotencyLevel::NoSideEffects, true),
            ],
            ..ServiceDescriptorProto::default()
        };
        let text = prost_types::DescriptorProto {
            name: Some("Text".to_owned()),
            ..Default::default()
        };
        let file = FileDescriptorProto {
            name: Some("echo.proto".to_owned()),
            package: Some("echo.v1".to_owned()),
            syntax: Some("proto3".to_owned()),
            message_type: vec![text],
            service: vec![service],
            ..FileDescriptorProto::default()
        };
        FileDescriptorSet { file: vec![file] }.encode_to_vec()
    })
}

impl Echo {
    pub(crate) fn new(onward: Option<Caller>) -> Self {
        Self(Arc::new(Shared {
            calls: AtomicUsize::new(0),
            unavailable: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            onward,
        }))
    }

    pub(crate) fn state(&self) -> &Shared {
        &self.0
    }

    /// Serves it and says that it is ready.
    pub(crate) async fn serve(
        &self,
        settings: &ServeSettings,
        context: &Context,
    ) -> RunningService {
        let service = Service::new(BOUNDARY, descriptors()).with(self.clone());
        let running = chassis::serve(settings, service, context).await.unwrap();
        running.ready().await;
        running
    }
}

impl Shared {
    async fn answer(&self, text: &str) -> Result<String, Status> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let counted_down =
            self.unavailable
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                });
        if counted_down.is_ok() {
            let refusal = Refusal::unavailable("STORAGE_UNAVAILABLE", "not now", Duration::ZERO);
            return Err(BOUNDARY.status(refusal));
        }
        match text {
            "hang" => std::future::pending().await,
            "panic" => panic!("a defect in a handler"),
            "wait" => {
                self.gate.acquire().await.unwrap().forget();
                Ok("waited".to_owned())
            }
            "remaining" => {
                let deadline = edge::deadline::current().unwrap();
                Ok(deadline.remaining(Instant::now()).as_millis().to_string())
            }
            "trace" => {
                let trace = edge::trace::current().unwrap();
                Ok(format!("{:032x} {}", trace.trace_id, trace.sampled))
            }
            "refuse" => Err(BOUNDARY.status(Refusal::refused("OFFER_EXPIRED", "ask again"))),
            "large" => Ok("x".repeat(8 * 1_024 * 1_024)),
            text => match (text.strip_prefix("forward "), &self.onward) {
                (Some(rest), Some(onward)) => ask_through(onward, "Ask", rest).await,
                _ => Ok(text.to_owned()),
            },
        }
    }
}

impl UnaryService<String> for Echo {
    type Response = String;
    type Future = BoxFuture<'static, Result<Response<String>, Status>>;

    fn call(&mut self, request: Request<String>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(Response::new(shared.answer(request.get_ref()).await?)) })
    }
}

impl ServerStreamingService<String> for Echo {
    type Response = String;
    type ResponseStream = BoxStream<'static, Result<String, Status>>;
    type Future = BoxFuture<'static, Result<Response<Self::ResponseStream>, Status>>;

    /// Answers word by word.
    fn call(&mut self, request: Request<String>) -> Self::Future {
        let shared = Arc::clone(&self.0);
        let words: Vec<String> = request.get_ref().split(' ').map(str::to_owned).collect();
        let answers = futures::stream::iter(words).then(move |word| {
            let shared = Arc::clone(&shared);
            async move { shared.answer(&word).await }
        });
        Box::pin(async move { Ok(Response::new(answers.boxed())) })
    }
}

impl NamedService for Echo {
    const NAME: &'static str = "echo.v1.Echo";
}

impl tower::Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<http::Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let codec = ProstCodec::<String, String>::default();
            let mut grpc = Grpc::new(codec).apply_max_message_size_config(Some(64 * 1_024), None);
            Ok(match request.uri().path() {
                "/echo.v1.Echo/Tell" => grpc.server_streaming(service, request).await,
                _ => grpc.unary(service, request).await,
            })
        })
    }
}

fn path(method: &str) -> PathAndQuery {
    format!("/echo.v1.Echo/{method}").parse().unwrap()
}

/// A plain client, without anything of ours.
pub(crate) async fn channel(running: &RunningService) -> Channel {
    Endpoint::from_shared(running.uri().to_owned())
        .unwrap()
        .connect()
        .await
        .unwrap()
}

/// A client of ours.
pub(crate) fn caller(settings: &ClientSettings) -> Caller {
    Caller::connect_lazy(settings, &Methods::from_descriptors(descriptors()).unwrap()).unwrap()
}

pub(crate) async fn ask(channel: &Channel, request: Request<String>) -> Result<String, Status> {
    send(channel, "Ask", request).await
}

pub(crate) async fn send(
    channel: &Channel,
    method: &str,
    request: Request<String>,
) -> Result<String, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let codec = ProstCodec::<String, String>::default();
    client
        .unary(request, path(method), codec)
        .await
        .map(Response::into_inner)
}

pub(crate) async fn tell(
    channel: &Channel,
    request: Request<String>,
) -> Result<tonic::Streaming<String>, Status> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let codec = ProstCodec::<String, String>::default();
    client
        .server_streaming(request, path("Tell"), codec)
        .await
        .map(Response::into_inner)
}

pub(crate) async fn ask_through(
    caller: &Caller,
    method: &str,
    text: &str,
) -> Result<String, Status> {
    let mut client = tonic::client::Grpc::new(caller.clone());
    client.ready().await.unwrap();
    let codec = ProstCodec::<String, String>::default();
    let request = Request::new(text.to_owned());
    client
        .unary(request, path(method), codec)
        .await
        .map(Response::into_inner)
}

pub(crate) fn text(text: &str) -> Request<String> {
    Request::new(text.to_owned())
}

/// Returns the reason that every error of ours carries.
pub(crate) fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details
        .error_info()
        .unwrap_or_else(|| panic!("no ErrorInfo in {status:?}"))
        .reason
        .clone()
}
