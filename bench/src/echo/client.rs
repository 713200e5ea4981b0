//! Calls to an echo.

use std::sync::Arc;

use http::uri::PathAndQuery;
use tonic::client::Grpc;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::{Codec, Message, PATH};
use crate::connections::Connections;
use crate::load::Shot;

/// An echo, over some connections.
#[derive(Clone)]
pub(crate) struct Echo {
    connections: Connections,
    message: Arc<Message>,
}

impl Echo {
    /// Echoes 64 bytes of text.
    pub(crate) fn at(connections: Connections) -> Self {
        let message = Message {
            customer_id: "c".repeat(24),
            session_id: "s".repeat(36),
        };
        Self {
            connections,
            message: Arc::new(message),
        }
    }
}

impl Shot for Echo {
    async fn fire(&self, number: u64) -> Result<(), String> {
        let message = Message::clone(&self.message);
        match echo(self.connections.of(number), message).await {
            Ok(answer) if answer == *self.message => Ok(()),
            Ok(_) => Err("the echo said something else".to_owned()),
            Err(status) => Err(crate::connections::said(&status)),
        }
    }
}

/// Asks an echo once.
pub(super) async fn echo(channel: Channel, message: Message) -> Result<Message, Status> {
    let mut client = Grpc::new(channel);
    client
        .ready()
        .await
        .map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::from_static(PATH);
    let answer = client
        .unary(Request::new(message), path, Codec::default())
        .await?;
    Ok(answer.into_inner())
}
