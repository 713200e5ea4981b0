//! Messages by their descriptors: every RPC of the contract, sent as bytes.

use contract::{DESCRIPTORS_LIFECYCLE, DESCRIPTORS_OFFERS, DESCRIPTORS_PROFILES};
use prost::bytes::{Buf, BufMut};
use prost_reflect::{DescriptorPool, MessageDescriptor};
use tests::clients::Clients;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Request, Status};

/// One RPC of the contract.
#[derive(Clone, Debug)]
pub(crate) struct Rpc {
    /// The service crate that serves it.
    pub(crate) service: &'static str,
    /// `package.Service/Method`.
    pub(crate) name: String,
    /// The request.
    pub(crate) input: MessageDescriptor,
    /// Either side is a stream.
    pub(crate) streaming: bool,
}

/// Every RPC of the three services.
pub(crate) fn rpcs() -> Vec<Rpc> {
    let sets = [
        ("profiles", DESCRIPTORS_PROFILES),
        ("lifecycle", DESCRIPTORS_LIFECYCLE),
        ("offers", DESCRIPTORS_OFFERS),
    ];
    let mut found = Vec::new();
    for (service, bytes) in sets {
        let pool = DescriptorPool::decode(bytes).unwrap();
        for offered in pool.services() {
            found.extend(offered.methods().map(|method| Rpc {
                service,
                name: format!("{}/{}", offered.full_name(), method.name()),
                input: method.input(),
                streaming: method.is_client_streaming() || method.is_server_streaming(),
            }));
        }
    }
    found
}

/// The RPC of this name.
pub(crate) fn rpc_of<'a>(all: &'a [Rpc], method: &str) -> &'a Rpc {
    let found: Vec<&Rpc> = all.iter().filter(|rpc| rpc.is(method)).collect();
    match found[..] {
        [found] => found,
        _ => panic!("of the name {method} the contract has {}", found.len()),
    }
}

impl Rpc {
    /// Whether it has this name: `Service/Method`, or the method's own where no other has it.
    pub(crate) fn is(&self, method: &str) -> bool {
        let package = self.name.strip_suffix(method);
        package.is_some_and(|package| package.ends_with(['.', '/']))
    }

    /// The method's own name.
    pub(crate) fn method(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }

    /// Sends a request as bytes, and returns the answer as bytes.
    pub(crate) async fn send(&self, clients: &Clients, bytes: Vec<u8>) -> Result<Vec<u8>, Status> {
        let mut grpc = Grpc::new(clients.channel(self.service));
        grpc.ready().await.unwrap();
        let path = PathAndQuery::try_from(format!("/{}", self.name)).unwrap();
        let answer = grpc.unary(Request::new(bytes), path, AsBytes).await?;
        Ok(answer.into_inner())
    }
}

/// Bytes as they are.
#[derive(Clone, Copy, Debug, Default)]
struct AsBytes;

impl Codec for AsBytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for AsBytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for AsBytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}
