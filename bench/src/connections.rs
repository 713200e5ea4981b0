//! The few connections over which the load comes.

use std::sync::Arc;

use rekindle::failure::Failure;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// Some connections to one server; calls take turns.
#[derive(Clone)]
pub(crate) struct Connections {
    channels: Arc<[Channel]>,
}

impl Connections {
    /// Opens `count` connections.
    pub(crate) async fn open(uri: &str, count: usize) -> Result<Self, Failure> {
        let refused = |error: tonic::transport::Error| {
            Failure::unavailable(format!("{uri} cannot be reached: {error}"))
        };
        let mut channels = Vec::with_capacity(count);
        for _ in 0..count.max(1) {
            let endpoint = Endpoint::from_shared(uri.to_owned()).map_err(refused)?;
            let channel = endpoint
                .tcp_nodelay(true)
                .connect()
                .await
                .map_err(refused)?;
            channels.push(channel);
        }
        Ok(Self {
            channels: channels.into(),
        })
    }

    /// The connection whose turn it is.
    pub(crate) fn of(&self, number: u64) -> Channel {
        let turn = usize::try_from(number).unwrap_or_default() % self.channels.len();
        self.channels[turn].clone()
    }
}

/// What a status says, in one line.
pub(crate) fn said(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}
