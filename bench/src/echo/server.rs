//! The echo as a process.

use std::convert::Infallible;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use rekindle::failure::Failure;
use rekindle::output::Output;
use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};

use super::client::echo;
use super::{Codec, Message};

/// Serves an echo on a port of its own until the process is stopped, and says where. With `next`,
/// that echo is asked before each answer.
pub(crate) async fn serve(next: Option<&str>, output: Output) -> Result<(), Failure> {
    let failed = |what: &dyn std::fmt::Display| Failure::failed(format!("the echo: {what}"));
    let next = match next {
        Some(uri) => {
            let endpoint = Endpoint::from_shared(uri.to_owned()).map_err(|error| failed(&error))?;
            Some(endpoint.tcp_nodelay(true).connect_lazy())
        }
        None => None,
    };
    let listener = TcpListener::bind(("127.0.0.1", 0))
        .await
        .map_err(|error| failed(&error))?;
    let address = listener.local_addr().map_err(|error| failed(&error))?;
    output.result(&address.port(), ToString::to_string)?;
    Server::builder()
        .add_service(EchoServer { next })
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
        .await
        .map_err(|error| failed(&error))
}

/// Answers what it is asked.
#[derive(Clone)]
struct EchoServer {
    next: Option<Channel>,
}

impl NamedService for EchoServer {
    const NAME: &'static str = "bench.Echo";
}

impl tonic::codegen::Service<Request<Body>> for EchoServer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = self.clone();
        // Whatever the path: the router hands on this service's calls alone.
        Box::pin(async move { Ok(Grpc::new(Codec::default()).unary(service, request).await) })
    }
}

impl UnaryService<Message> for EchoServer {
    type Response = Message;
    type Future = BoxFuture<'static, Result<tonic::Response<Message>, Status>>;

    fn call(&mut self, request: tonic::Request<Message>) -> Self::Future {
        let next = self.next.clone();
        Box::pin(async move {
            let message = request.into_inner();
            let answer = match next {
                Some(channel) => echo(channel, message).await?,
                None => message,
            };
            Ok(tonic::Response::new(answer))
        })
    }
}
