//! The wire: requests become commands, results become responses, refusals become statuses.

mod account;
mod call;
mod change;
mod consent;
mod contact_rule;
mod customer;
mod import;
mod incident;
mod parse;
mod render;
mod timeline;

use std::pin::Pin;

use edge::Boundary;
use edge::page::PageTokens;
use futures::Stream;
use kernel::refusal::Refusal;
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};

use crate::usecase::{Profiles, WatchSettings};

/// The edge of this service.
pub(crate) const BOUNDARY: Boundary = Boundary::new("profiles.rekindle");

/// A stream of responses.
type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The gRPC services of the record, over one set of use cases. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Rpc {
    profiles: Profiles,
    page_tokens: PageTokens,
    watch: WatchSettings,
    stop: CancellationToken,
}

impl Rpc {
    /// Puts the services over the use cases. Streams without end are ended by `stop`.
    pub(crate) fn new(
        profiles: Profiles,
        page_tokens: PageTokens,
        watch: WatchSettings,
        stop: CancellationToken,
    ) -> Self {
        Self {
            profiles,
            page_tokens,
            watch,
            stop,
        }
    }
}

/// Renders what a use case said.
fn answer<T, R>(
    result: Result<T, Refusal>,
    render: impl FnOnce(T) -> R,
) -> Result<Response<R>, Status> {
    match result {
        Ok(value) => Ok(Response::new(render(value))),
        Err(refusal) => Err(BOUNDARY.status(refusal)),
    }
}
