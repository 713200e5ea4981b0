//! A gRPC edge, in and out: what every service does between the wire and its use cases.
//!
//! In: [`server`] gives each call a deadline, a place among the calls in flight, a trace and a
//! count; [`violations`] checks a request, every field at once; [`Boundary`] renders refusals.
//! Out: [`client`] keeps the caller's deadline and trace, retries little, and stops calling what
//! is down.

mod body;
mod boundary;
mod call;
pub mod client;
pub mod deadline;
mod methods;
mod observation;
pub mod page;
pub mod server;
pub mod trace;
pub mod violations;
pub mod wire;

pub use boundary::Boundary;
pub use deadline::Deadline;
pub use methods::Methods;
