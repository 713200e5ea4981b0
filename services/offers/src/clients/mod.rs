//! The services this one asks, over gRPC.

mod customer;
mod evidence;
mod lifecycle;
mod profiles;

pub use lifecycle::LifecycleClient;
pub use profiles::ProfilesClient;
