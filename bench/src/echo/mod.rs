//! The ceiling: a bare tonic echo, and one that asks another echo first.
//!
//! The message is one of the contract's that happens to hold two texts; the path is nobody's. There
//! are no layers, and each echo is a process of its own, as the services are.

mod client;
mod process;
mod server;

pub(crate) use client::Echo;
pub(crate) use process::EchoProcess;
pub(crate) use server::serve;

use contract::offers::v1::GetSessionRequest;
use tonic_prost::ProstCodec;

/// Where the echo answers.
const PATH: &str = "/bench.Echo/Echo";

/// What is echoed.
type Message = GetSessionRequest;

/// How it travels.
type Codec = ProstCodec<Message, Message>;
