//! What every call coming in goes through, before it reaches its handler.
//!
//! In this order: health and reflection pass; an unknown method is refused; the trace is read and
//! a span begun if it is kept; the caller's time is read and clamped; a place among the calls in
//! flight is taken or the call is refused; the handler runs until the deadline, and a panic in it
//! becomes an INTERNAL. The answer's body is watched until its trailers, so that streams count and
//! hold their place for as long as they last.

mod admission;
mod front;
mod routed;
mod settings;

use std::sync::Arc;

use kernel::refusal::{Kind, Refusal};
use tonic::{Code, Status};

pub use front::{Front, FrontLayer};
pub use settings::EdgeSettings;

use crate::boundary::Boundary;
use crate::methods::Methods;

/// Builds the layer for a service: `Server::builder().layer(edge::server::layer(…))`.
///
/// `trace_ratio` is the share of the traces beginning here that is kept; a caller's own decision
/// comes first.
pub fn layer(
    settings: &EdgeSettings,
    boundary: Boundary,
    methods: &Methods,
    trace_ratio: f64,
) -> FrontLayer {
    FrontLayer::new(Arc::new(routed::Shared::new(
        settings,
        boundary,
        methods,
        trace_ratio,
    )))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the edge itself: no refusal of a use case is lost here"
)]
pub(crate) fn panicked() -> Status {
    tracing::error!("call failed: a handler panicked");
    Status::new(
        Code::Internal,
        "internal error; the failure has been logged",
    )
}

/// Says that the caller's time is over.
pub(crate) fn late(millis: u128) -> Refusal {
    Refusal::new(
        Kind::Late,
        "DEADLINE_EXCEEDED",
        "the call's time was over before its answer",
    )
    .with("deadline_ms", millis)
}
