//! The services this one asks, over gRPC.

mod care;
mod contact;
mod customer;
mod evidence;
mod lifecycle;
mod profiles;

pub use care::CareClient;
pub use lifecycle::LifecycleClient;
pub use profiles::ProfilesClient;
